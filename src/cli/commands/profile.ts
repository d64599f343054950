import { formatBytes, formatChange, formatMs, formatShare, UNKNOWN } from '../../base/format.ts';
import type { BenchRequest } from '../../bench/types.ts';
import { three, withBounds } from '../../report/profile/bound.ts';
import { chromeTrace } from '../../report/profile/files.ts';
import { linesOf, timelessCounts, type Grouping } from '../../report/profile/group.ts';
import type { ProfileView, Roofline } from '../../report/profile/types.ts';
import type { OptimizationLevel } from '../../runtime/types.ts';
import type { Job } from '../../base/job.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { modelAt } from '../model-at.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';
import { writeFile } from '../write-file.ts';

const LEVELS: readonly OptimizationLevel[] = ['disabled', 'basic', 'extended', 'layout', 'all'];
const GROUPINGS: readonly Grouping[] = ['node', 'operator', 'block'];

const msText = (ms: number | null | undefined): string => (ms === null || ms === undefined ? UNKNOWN : ms.toFixed(3));

function tableOf(profiles: readonly ProfileView[], by: Grouping): string[] {
  const two = profiles.length > 1;
  const heads = two ? ['before, ms', 'after, ms', 'Δ'] : ['ms', 'share'];
  const bounds = by === 'node' && profiles.some(({ roofline }) => roofline !== null);
  const lines = linesOf(profiles, by).filter(({ ms }) => ms.some((each) => each !== null));
  const rows = lines.map(({ label, detail, calls, ms, gflops, bound }) => [
    detail === '' ? label : `${label}  ${detail}`,
    String(calls.at(-1) ?? UNKNOWN),
    ...ms.map(msText),
    two ? formatChange(ms[0] ?? null, ms[1] ?? null) : formatShare((ms[0] ?? 0) / (profiles[0]?.ms ?? NaN)),
    gflops === null ? UNKNOWN : three(gflops),
    ...(bounds ? [bound?.words ?? ''] : []),
  ]);
  const width = 3 + heads.length;
  const head = [by, 'calls', ...heads, 'GFLOP/s', ...(bounds ? ['bound'] : [])];
  return table(
    [head, ...rows],
    Array.from({ length: width - 1 }, (_, column) => column + 1),
  );
}

function summaryOf(view: ProfileView): string[] {
  const { name, ms, kernelsMs, betweenMs, mapped, clockText, runs } = view;
  const { inside, 'on-load': onLoad, untold } = timelessCounts(view);
  return [
    `${name}: ${formatMs(ms)} a run (middle half of ${runs}), ${formatMs(kernelsMs)} in operators, ${formatMs(betweenMs)} between; ${clockText}; ${formatShare(mapped)} on nodes of the graph.`,
    `Nodes without a time: ${inside} computed inside of others, ${onLoad} on loading, ${untold} not told.`,
  ];
}

const rooflineLines = (found: Roofline): string[] => [
  `Device: ${three(found.peakGflops)} GFLOP/s (${found.peakBy}), ${three(found.bandwidthGbs)} GB/s, ${three(found.dispatchUs)} µs a node (${three(found.kernelUs)} µs under the profile).`,
  `By bytes moved: ${found.levels.map(({ bytes, gbs }) => `${formatBytes(bytes)} ${three(gbs)} GB/s`).join(', ')}.`,
];

/** What of a profile is printed as JSON. */
function told(view: ProfileView, by: Grouping) {
  const { rows, timeline: _, roofline, ...rest } = view;
  return { ...rest, by, groups: linesOf([view], by), nodes: rows, device: roofline };
}

function requestOf(args: Arguments): BenchRequest {
  args.choice('backend', ['wasm']);
  return {
    backend: 'wasm',
    level: args.choice('level', LEVELS) ?? 'all',
    threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
    runs: args.number('runs', { min: 3, max: 10_000, integer: true }) ?? 40,
    budgetMs: (args.number('budget', { min: 1, max: 3600 }) ?? 30) * 1000,
  };
}

/** One model, or two in turn, and the device where it is asked for. */
async function profilesOf(path: string, against: string | null, args: Arguments, job: Job): Promise<ProfileView[]> {
  const request = requestOf(args);
  const { studio } = await openStudio(path, job);
  if (against !== null) await studio.openSecond(await modelAt(against), job);
  const views = await studio.profiles({ sides: against === null ? [0] : [0, 'second'], request }, job);
  const roofline = args.flag('roofline') ? await studio.roofline(request, job) : null;
  return views.map((view) => (roofline ? { ...view, roofline, rows: withBounds(view.rows, roofline) } : view));
}

export const profile: Command = {
  name: 'profile',
  summary: 'Tells where the time of a model goes: by node, operator or block, as the runtime runs it.',
  positionals: ['MODEL'],
  options: {
    against: { type: 'string', value: 'OTHER', help: 'another model, laid beside: MODEL is before, OTHER after' },
    by: { type: 'string', value: GROUPINGS.join('|'), help: 'what the table lists (operator)' },
    roofline: { type: 'boolean', help: 'measure the device too, and tell what limits each node' },
    trace: { type: 'string', value: 'FILE', writes: true, help: 'write one run as a Chrome trace' },
    backend: { type: 'string', value: 'wasm', help: 'wasm: the only backend of the command line' },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    runs: { type: 'string', value: 'N', help: 'runs after the warm-up (40)' },
    level: { type: 'string', value: LEVELS.join('|'), help: "the runtime's own optimization on load (all)" },
    budget: { type: 'string', value: 'SECONDS', help: 'upper bound for each model, and for the device (30)' },
  },
  examples: ['whittle profile model.onnx --by operator --runs 5 --budget 1'],
  async run(args, output, job) {
    const by = args.choice('by', GROUPINGS) ?? 'operator';
    const against = args.text('against');
    const views = await profilesOf(args.positionals[0] ?? '', against, args, job);
    const [first, second] = views;
    if (!first) return 1;
    const trace = args.text('trace');
    if (trace !== null) writeFile(trace, chromeTrace(second ?? first));
    const lines = [...tableOf(views, by), ...views.flatMap(summaryOf)];
    const { roofline } = first;
    output.result(
      { ...told(first, by), ...(second ? { against: told(second, by) } : {}) },
      roofline ? [...lines, ...rooflineLines(roofline)] : lines,
    );
    return 0;
  },
};
