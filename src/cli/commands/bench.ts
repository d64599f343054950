import { formatMs, formatRatio } from '../../base/format.ts';
import type { BenchRequest, BenchResult, Timing } from '../../bench/types.ts';
import { nodePort } from '../../engine/node.ts';
import { openStudio } from '../studio.ts';
import { readSessionFile } from '../session-file.ts';
import { table } from '../output.ts';
import type { Command } from '../command.ts';

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;

export function benchLines({ a, b, ratio, interval, message }: BenchResult): string[] {
  const row = (name: string, timing: Timing): string[] => [
    name,
    `median ${formatMs(timing.median)}`,
    `p95 ${formatMs(timing.p95)}`,
    `min ${formatMs(timing.min)}`,
    `start ${formatMs(timing.startMs)}`,
    `first run ${formatMs(timing.firstRunMs)}`,
  ];
  const rows = b ? [row('A', a), row('B', b)] : [row('A', a)];
  const speed =
    ratio && interval ? [`${formatRatio(ratio)}, ${interval.map((each) => formatRatio(each)).join(' to ')}`] : [];
  return [...table(rows), ...speed, message];
}

export const bench: Command = {
  name: 'bench',
  summary: 'Times one model, or two against each other, interleaved.',
  positionals: ['A', '[B]'],
  options: {
    backend: { type: 'string', value: 'wasm', help: 'wasm: the only backend of the command line' },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    runs: { type: 'string', value: 'N', help: 'samples of each model (50)' },
    level: { type: 'string', value: LEVELS.join('|'), help: "the runtime's own optimization on load (all)" },
    budget: { type: 'string', value: 'SECONDS', help: 'upper bound for the whole measurement (60)' },
  },
  async run(args, output, job) {
    const [a, b] = args.positionals;
    args.choice('backend', ['wasm']);
    const request: BenchRequest = {
      backend: 'wasm',
      level: args.choice('level', LEVELS) ?? 'all',
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
      runs: args.number('runs', { min: 3, max: 10_000, integer: true }) ?? 50,
      budgetMs: (args.number('budget', { min: 1, max: 3600 }) ?? 60) * 1000,
    };
    const sessions = [a, b].map((path) => (path === undefined ? null : readSessionFile(path)));
    for (const session of sessions) if (session) output.note(`Loaded with the options in ${session.path}.`);
    const loads = { ...(sessions[0] ? { a: sessions[0].load } : {}), ...(sessions[1] ? { b: sessions[1].load } : {}) };
    const left = await openStudio(a ?? '', job);
    const right = b === undefined ? null : await openStudio(b, job);
    const parcels = [left.studio.exportModel(), right?.studio.exportModel() ?? null] as const;
    const result = await nodePort().bench(...parcels, { ...request, loads }, job);
    output.result(result, benchLines(result));
    return 0;
  },
};
