import { formatMs, formatRatioInterval } from '../../base/format.ts';
import type { BenchRequest, OptimizerReport } from '../../bench/types.ts';
import type { Command } from '../command.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';

function lines({ ms, whole, optimizers, message }: OptimizerReport): string[] {
  const row = (name: string, { ratio, interval, verdict }: OptimizerReport['whole'], what: string): string[] => [
    name,
    formatRatioInterval(ratio, interval),
    verdict,
    what,
  ];
  return [
    ...table([
      row('all together', whole, `${formatMs(ms)} a run`),
      ...optimizers.map((each) => row(each.name, each, each.what ?? '')),
    ]),
    message,
  ];
}

export const optimizers: Command = {
  name: 'optimizers',
  summary: 'Tells what the runtime itself does to a model on loading, and what each of its optimizers is worth.',
  positionals: ['MODEL'],
  options: {
    backend: { type: 'string', value: 'wasm', help: 'wasm: the only backend of the command line' },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    runs: { type: 'string', value: 'N', help: 'samples of each side (20)' },
    budget: { type: 'string', value: 'SECONDS', help: 'upper bound for the whole measurement (60)' },
  },
  examples: ['whittle optimizers model.onnx --runs 3 --budget 2'],
  async run(args, output, job) {
    args.choice('backend', ['wasm']);
    const request: BenchRequest = {
      backend: 'wasm',
      level: 'all',
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
      runs: args.number('runs', { min: 3, max: 10_000, integer: true }) ?? 20,
      budgetMs: (args.number('budget', { min: 1, max: 3600 }) ?? 60) * 1000,
    };
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    const report = await studio.optimizers({ stop: 0, request }, job);
    output.result(report, lines(report));
    return 0;
  },
};
