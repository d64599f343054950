import type { Job } from '../base/job.ts';
import type { Arguments, Options } from './arguments.ts';
import type { Output } from './output.ts';

/** Exit codes: 0 done, 1 the model or the verdict is bad, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** One line of `--help`, of the documentation, and of a test that runs it. */
export type Example = `whittle ${string}`;

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Names of the arguments; `[B]` may be left out, `MODEL…` stands for one or more. */
  readonly positionals: readonly string[];
  /** What the first argument may be, where it is one of a few words. */
  readonly words?: readonly string[];
  /** Paragraphs that `--help` adds: what the summary and the options leave open. */
  readonly notes?: readonly string[];
  readonly options: Options;
  readonly examples: readonly Example[];
  run(args: Arguments, output: Output, job: Job): Promise<ExitCode>;
}
