import { liveBytes } from '../analysis/memory.ts';
import { placeName } from '../base/backends.ts';
import { formatBytes, formatCount, formatMs, formatShare, plural } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { BenchRequest, Profile } from '../bench/types.ts';
import type { Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { isFloat, isInteger, type ValueId } from '../ir/types.ts';
import { deadChannels } from '../prune/dead/find.ts';
import { countsOf } from '../prune/dead/decide.ts';
import { deadShares } from '../prune/dead/shares.ts';
import { channelGraph, planView } from '../prune/plan.ts';
import type { Stop } from './document.ts';
import { nodeTimes } from './node-times.ts';
import type { RuntimePort } from './ports.ts';
import type { AskedOverlay, OverlayValues } from './types.ts';

export interface OverlayContext {
  readonly stop: Stop;
  readonly name: string;
  readonly port: RuntimePort;
  /** How the model is run for `time`. */
  readonly request: BenchRequest;
  readonly job: Job;
}

type Told = Pick<OverlayValues, 'values' | 'note'>;

const OVERLAYS: Readonly<Record<AskedOverlay, (context: OverlayContext) => Promise<Told>>> = {
  memory,
  sparsity,
  importance,
  dead,
  time,
};

/** What an overlay says of every node of a stop. */
export async function overlayValues(overlay: AskedOverlay, context: OverlayContext): Promise<OverlayValues> {
  const { analysis, revision } = context.stop;
  const nodes = Int32Array.from(analysis.order, (node) => node.id);
  return { overlay, revision, nodes, ...(await OVERLAYS[overlay](context)) };
}

/** Bytes of activations that are alive while a node runs. */
function memory({ stop: { analysis } }: OverlayContext): Promise<Told> {
  const live = liveBytes(analysis);
  if (!live) {
    const values = new Float64Array(analysis.order.length).fill(NaN);
    return Promise.resolve({ values, note: 'Some shape is unknown, so what is alive cannot be counted.' });
  }
  const open = analysis.symbols.length > 0 ? ` ${analysis.symbols.join(', ')} taken as 1.` : '';
  const peak = live.reduce((most, each) => Math.max(most, each), 0);
  return Promise.resolve({ values: live, note: `Counted in file order; peak ${formatBytes(peak)}.${open}` });
}

/** Share of zeros among the constants that a node reads. */
async function sparsity({ stop: { analysis }, job }: OverlayContext): Promise<Told> {
  const known = new Map<ValueId, { readonly zeros: number; readonly elements: number }>();
  const values = new Float64Array(analysis.order.length).fill(NaN);
  const total = { zeros: 0, elements: 0 };
  for (const [row, node] of analysis.order.entries()) {
    job.progress({ stage: 'Counting zeros', done: row, total: values.length });
    await job.checkpoint();
    const own = { zeros: 0, elements: 0 };
    for (const value of constantsOf(node)) {
      const tensor = analysis.constant(value);
      if (!tensor || !(isFloat(tensor.dtype) || isInteger(tensor.dtype))) continue;
      const first = !known.has(value);
      const counted = known.get(value) ?? (await countZeros(tensor, job));
      known.set(value, counted);
      own.zeros += counted.zeros;
      own.elements += counted.elements;
      if (first) total.zeros += counted.zeros;
      if (first) total.elements += counted.elements;
    }
    if (own.elements > 0) values[row] = own.zeros / own.elements;
  }
  const share = total.elements > 0 ? formatShare(total.zeros / total.elements) : '0 %';
  return { values, note: `Zeros among a node's constants; ${share} of ${formatCount(total.elements)} in all.` };
}

const constantsOf = (node: Node): Set<ValueId> => new Set(node.inputs.filter((value) => value !== null));

const CHUNK = 1 << 20;

async function countZeros(tensor: Tensor, job: Job): Promise<{ zeros: number; elements: number }> {
  const elements = tensor.numbers();
  let zeros = 0;
  for (let from = 0; from < elements.length; from += CHUNK) {
    await job.checkpoint();
    const end = Math.min(elements.length, from + CHUNK);
    for (let i = from; i < end; i++) if (elements[i] === 0) zeros += 1;
  }
  return { zeros, elements: elements.length };
}

/** Of a layer's importance (L2, group-wise), this share has to be held by the channels that are counted. */
const HELD = 0.9;

/**
 * Share of a layer's output channels that hold 90 % of its importance: low where few channels do the work and the rest
 * can go. A node takes the group that its output channels are in.
 */
async function importance({ stop: { model, analysis }, job }: OverlayContext): Promise<Told> {
  job.progress({ stage: 'Weighing channels' });
  await job.checkpoint();
  const plan = planView(model, analysis, { importance: 'l2', seed: 0 });
  const shares = new Map<number, number>();
  for (const group of plan.groups) {
    const share = shareHolding(group.importance, HELD);
    for (const { node, role } of group.members) if (isOutput(role)) shares.set(node, share);
  }
  return {
    values: Float64Array.from(analysis.order, (node) => shares.get(node.id) ?? NaN),
    note: `Channels that hold 90 % of a layer's L2 importance; ${plural(plan.groups.length, 'group')} can be cut.`,
  };
}

/** Roles that name a node's own channels, not those that it reads. */
const isOutput = (role: string): boolean => !role.startsWith('in axis');

/** The least share of entries whose sum reaches `held` of the whole. */
export function shareHolding(importance: ArrayLike<number>, held: number): number {
  const sorted = Float64Array.from(importance).sort().reverse();
  const whole = sorted.reduce((sum, each) => sum + each, 0);
  if (whole === 0) return 1;
  let sum = 0;
  const count = sorted.findIndex((each) => (sum += each) >= held * whole * (1 - 1e-12));
  return (count + 1) / sorted.length;
}

/** Share of the channels that a layer makes which add nothing, whatever the inputs are. */
async function dead({ stop: { model, analysis }, job }: OverlayContext): Promise<Told> {
  job.progress({ stage: 'Looking for dead channels' });
  await job.checkpoint();
  const graph = channelGraph(model, analysis);
  const found = deadChannels(graph);
  const shares = deadShares(graph, found);
  const counts = found.flatMap((each) => Object.values(countsOf(each)));
  const total = counts.reduce((sum, each) => sum + each, 0);
  const channels = graph.groups.reduce((sum, group) => sum + group.channels, 0);
  return {
    values: Float64Array.from(analysis.order, (node) => shares.get(node.id) ?? NaN),
    note: `Proven by the weights: constant, unread, or copies of others; ${formatCount(total)} of ${plural(channels, 'channel')} can go.`,
  };
}

/** Measured time of each node, ms, as the runtime runs it: what it fused into another node has none of its own. */
async function time({ stop: { model, analysis }, name, port, request, job }: OverlayContext): Promise<Told> {
  const { profile, times, rest } = await nodeTimes(model, name, request, port, job);
  const all = profile.kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
  return {
    values: Float64Array.from(analysis.order, (node) => times.get(node.id) ?? NaN),
    note: profileNote(profile, all, rest),
  };
}

function profileNote({ device, backend, level, threads, runs, ms }: Profile, kernels: number, untold: number): string {
  const place = placeName(backend, threads, device);
  const made = untold > 0.005 * kernels ? ` ${formatMs(untold)} in nodes that the runtime made itself.` : '';
  return `Measured: ${place}, “${level}”, mean of the middle half of ${plural(runs, 'run')}, ${formatMs(ms)} a run.${made}`;
}
