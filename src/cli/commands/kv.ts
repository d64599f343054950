import { UsageError, type Arguments } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { runSimulate, SIMULATE_OPTIONS } from '../kv/simulate.ts';
import type { Output } from '../output.ts';

type Run = (args: Arguments, output: Output) => ExitCode;

/** What `whittle kv` can do, by the word behind it. */
const RUNS: Readonly<Record<string, Run>> = {
  simulate: runSimulate,
};

export const kv: Command = {
  name: 'kv',
  summary: 'Keys and values of decoders. simulate: many requests in one memory, reserved whole or in pages.',
  positionals: ['WHAT'],
  options: SIMULATE_OPTIONS,
  async run(args, output) {
    const what = args.positionals[0] ?? '';
    const run = RUNS[what];
    if (!run) throw new UsageError(`whittle kv does ${Object.keys(RUNS).join(', ')}, not ${what}.`);
    return run(args, output);
  },
};
