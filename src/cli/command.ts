import type { Job } from '../base/job.ts';
import type { Arguments, Options } from './arguments.ts';
import type { Output } from './output.ts';

/** Exit codes: 0 done, 1 the model or the verdict is bad, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Names of the arguments; `[B]` may be left out. */
  readonly positionals: readonly string[];
  readonly options: Options;
  run(args: Arguments, output: Output, job: Job): Promise<ExitCode>;
}
