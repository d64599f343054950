import { placeName } from '../../base/backends.ts';
import { formatBytes, formatMs, formatRatio, UNKNOWN } from '../../base/format.ts';
import type { BenchMatrix, BenchResult, Timing } from '../../bench/types.ts';
import { BENCH_OPTIONS, benchRequests } from '../bench-settings.ts';
import { openStudio } from '../studio.ts';
import { readSessionFile } from '../session-file.ts';
import { table } from '../output.ts';
import type { Command } from '../command.ts';
import { modelAt } from '../model-at.ts';

export function benchLines({ a, b, ratio, interval, message, conditions }: BenchResult): string[] {
  const row = (name: string, timing: Timing): string[] => [
    name,
    `median ${formatMs(timing.median)}`,
    `p95 ${formatMs(timing.p95)}`,
    `min ${formatMs(timing.min)}`,
    `start ${formatMs(timing.startMs)}`,
    `first run ${formatMs(timing.firstRunMs)}`,
    `memory ${timing.heapBytes === null ? UNKNOWN : formatBytes(timing.heapBytes)}`,
  ];
  const rows = b ? [row('A', a), row('B', b)] : [row('A', a)];
  const speed =
    ratio && interval ? [`${formatRatio(ratio)}, ${interval.map((each) => formatRatio(each)).join(' to ')}`] : [];
  return [...table(rows), ...speed, message, ...conditions.warnings];
}

/** Each setting with how it does against the first. */
function matrixLines({ cells, across }: BenchMatrix): string[] {
  return cells.flatMap((cell, index) => {
    const { ratio, interval, verdict } = across[index] ?? { ratio: NaN, interval: [NaN, NaN], verdict: null };
    const against = verdict
      ? [`against the first setting: ${formatRatio(ratio)}, ${interval.map(formatRatio).join(' to ')}, ${verdict}`]
      : [];
    return [`${placeName(cell.backend, cell.threads)}:`, ...benchLines(cell), ...against, ''];
  });
}

export const bench: Command = {
  name: 'bench',
  summary: 'Times one model, or two against each other, interleaved.',
  positionals: ['A', '[B]'],
  options: BENCH_OPTIONS,
  examples: ['whittle bench model.onnx small.onnx --runs 6 --within 0 --budget 5'],
  async run(args, output, job) {
    const [a, b] = args.positionals;
    const sessions = [a, b].map((path) => (path === undefined ? null : readSessionFile(path)));
    for (const session of sessions) if (session) output.note(`Loaded with the options in ${session.path}.`);
    const requests = benchRequests(
      args,
      sessions.map((session) => session?.load ?? null),
    );
    const { studio } = await openStudio(a ?? '', job);
    if (b !== undefined) {
      const { missing } = await studio.openSecond(await modelAt(b), job);
      for (const location of missing) output.note(`External data ${location} is missing beside ${b}.`);
    }
    const sides = { a: 0, b: b === undefined ? null : ('second' as const) };
    const [request] = requests;
    if (requests.length > 1) {
      const matrix = await studio.benchMatrix({ ...sides, requests }, job);
      output.result(matrix, matrixLines(matrix));
    } else if (request) {
      const result = await studio.bench({ ...sides, request }, job);
      output.result(result, benchLines(result));
    }
    return 0;
  },
};
