import { expect } from 'vitest';
import { analyze, type Analysis } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import { normal, seeded } from '../base/random.ts';
import { silentJob } from '../base/job.ts';
import type { Model, Node } from '../ir/model.ts';
import { tensorOf, viewAs, type Tensor } from '../ir/tensor.ts';
import { sizeOf, type ValueId } from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { writeModel } from '../onnx/write.ts';
import { Cutter } from '../prune/cut.ts';
import { forecast } from '../prune/forecast.ts';
import { buildForecast } from '../prune/build-forecast.ts';
import { findGroups, type ChannelGraph } from '../prune/groups.ts';
import type { Place } from '../prune/space.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import { testRuntime } from './equivalent.ts';

/** Which atoms of each group stay, by group index. */
export type Kept = readonly ReadonlySet<number>[];

/** Keeps a seeded random choice of about `share` of every group's atoms, at least one. */
export function randomKept(graph: ChannelGraph, share: number, seed: number): Kept {
  const random = seeded(seed);
  return graph.groups.map((group) => {
    const all = group.atoms.map((_, atom) => ({ atom, at: random() })).sort((a, b) => a.at - b.at);
    return new Set(all.slice(0, Math.max(1, Math.round(share * all.length))).map(({ atom }) => atom));
  });
}

/** The model with all groups cut to `kept`, as a copy. */
export function cutModel(model: Model, graph: ChannelGraph, kept: Kept): Model {
  const copy = model.clone();
  const cutter = new Cutter(copy, graph);
  for (const group of graph.groups) cutter.apply(group, kept[group.index] ?? new Set());
  copy.sort();
  verifyModel(copy);
  return copy;
}

/**
 * The model with the same widths as before, in which nobody reads the channels that are to go: the input slices of
 * their consumers are zero. (Masking the channels themselves would not do: a batch norm after them makes them nonzero.)
 */
function maskConsumers(model: Model, graph: ChannelGraph, kept: Kept): Model {
  const copy = model.clone();
  const { space } = graph;
  for (const { axis, kind } of space.touches) {
    const atoms = graph.axes.get(space.root(axis));
    if (kind !== 'consumes' || !atoms) continue;
    const read = new Set(atoms.groups);
    for (const leaf of leavesOf(graph, space.axis(axis).place)) {
      for (const [dim, each] of leaf.axes.entries()) {
        const own = graph.axes.get(space.root(each));
        const gone = (i: number): boolean => {
          const group = own?.groups[i] ?? -1;
          return group >= 0 && read.has(group) && !(kept[group]?.has(own?.atoms[i] ?? -1) ?? true);
        };
        const same = leaf === space.axis(axis).place ? each === axis : true;
        if (own && same) zeroSlices(copy, leaf, dim, gone);
      }
    }
  }
  return copy;
}

/** The constants from which a weight is computed; itself, where it is one. */
function leavesOf(graph: ChannelGraph, weight: Place): Place[] {
  if (weight.tensor) return [weight];
  const { model } = graph.space;
  const producer = model.getValue(weight.value).producer;
  if (!producer) return [];
  const node = model.getNode(producer.node);
  return node.inputs.flatMap((_, index) => {
    const place = graph.space.input(node, index);
    return place ? leavesOf(graph, place) : [];
  });
}

function zeroSlices(model: Model, leaf: Place, dim: number, gone: (index: number) => boolean): void {
  const { use } = leaf;
  if (!use) return;
  const node = model.getNode(use.node);
  const value = node.inputs[use.index] as ValueId;
  const tensor = model.graph.initializers.get(value) ?? (leaf.tensor as Tensor);
  const data = viewAs(tensor.dtype, tensor.bytes().slice());
  const inner = sizeOf(tensor.shape.slice(dim + 1));
  const size = tensor.shape[dim] ?? 1;
  const zero = zeroOf(model, node);
  for (let i = 0; i < data.length; i++) if (gone(Math.floor(i / inner) % size)) data[i] = zero;
  const masked = tensorOf(tensor.dtype, tensor.shape, data);
  model.setInput(node, use.index, model.addInitializer(model.graph, `masked ${node.id} ${use.index}`, masked).id);
}

/** What stands for 0 in a constant that `node` reads: quantized weights have a zero point (here one for all). */
function zeroOf(model: Model, node: Node): number {
  const value = node.opType === 'DequantizeLinear' ? node.inputs[2] : null;
  const point = value ? model.graph.initializers.get(value)?.numbers() : null;
  return point?.[0] ?? 0;
}

/**
 * One seeded normal tensor per float input; small indices for integers (0 and 1: they are segments and masks too). An open
 * first dimension is 1, other open ones `open`.
 */
export function normalFeeds(model: Model, seed: number, open = 64): Feeds {
  const next = normal(seeded(seed));
  const bit = seeded(seed);
  return Object.fromEntries(
    model.graph.inputs.map((id): [string, HostTensor] => {
      const { name, type } = model.getValue(id);
      if (type?.kind !== 'tensor') throw new Error(`no feed for ${name}`);
      const { dtype } = type;
      const shape = (type.shape ?? []).map((dim, i) => (typeof dim === 'number' ? dim : i === 0 ? 1 : open));
      const length = sizeOf(shape);
      if (dtype === 'float32') return [name, { dtype, shape, data: Float32Array.from({ length }, next) }];
      if (dtype !== 'int64') throw new Error(`no feed for ${name}`);
      return [name, { dtype, shape, data: BigInt64Array.from({ length }, () => BigInt(Math.round(bit()))) }];
    }),
  );
}

/** Runs a model at `disabled` on WASM. */
export async function run(model: Model, feeds: Feeds): Promise<Record<string, HostTensor>> {
  const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
  const session = await testRuntime().createSession(writeModel(model), settings, silentJob());
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** max |a - b| / max |a| over all outputs, the worst; NaN where any is. */
export function worstError(a: Record<string, HostTensor>, b: Record<string, HostTensor>): number {
  let worst = 0;
  expect(Object.keys(b)).toEqual(Object.keys(a));
  for (const [name, left] of Object.entries(a)) {
    const [x, y] = [left.data as Float32Array, b[name]?.data as Float32Array];
    expect(b[name]?.shape).toEqual(left.shape);
    let [error, most] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      error = Math.max(error, Math.abs((x[i] ?? NaN) - (y[i] ?? NaN)));
      most = Math.max(most, Math.abs(x[i] ?? NaN));
    }
    worst = Math.max(worst, error / Math.max(most, 1e-12));
  }
  return worst;
}

/** The relative change of the outputs when every float input moves by one unit in the last place. */
async function noise(model: Model, feeds: Feeds): Promise<number> {
  const moved = Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => {
      if (feed.dtype !== 'float32') return [name, feed];
      const data = Float32Array.from(feed.data as Float32Array, (each) => each * (1 + 2 ** -23));
      return [name, { ...feed, data }];
    }),
  );
  return worstError(await run(model, feeds), await run(model, moved));
}

export interface OracleResult {
  readonly graph: ChannelGraph;
  readonly cut: Model;
  /** Relative error of cut against masked, and of masked against the original (which shows that the mask bites). */
  readonly error: number;
  readonly change: number;
}

/**
 * Mask then run equals cut then run; the forecast equals what is counted in the cut model; the cut model is inferred to
 * the declared shapes.
 */
export async function expectOracle(
  model: Model,
  { share = 0.5, seed = 1, tolerance = 1e-4, feeds = normalFeeds(model, seed) } = {},
): Promise<OracleResult> {
  const analysis = analyze(model);
  const graph = findGroups(model, analysis);
  const kept = randomKept(graph, share, seed);
  const table = buildForecast(model, analysis, graph);
  const cut = cutModel(model, graph, kept);
  expectForecast(graph, table, kept, cut);
  const masked = maskConsumers(model, graph, kept);
  const expected = await run(masked, feeds);
  const error = worstError(expected, await run(cut, feeds));
  // An ill-conditioned model (PP-OCRv2) amplifies the last bit of its input: eight times that is allowed.
  if (error > tolerance) expect(error).toBeLessThanOrEqual(8 * (await noise(masked, feeds)));
  return { graph, cut, error, change: worstError(await run(model, feeds), expected) };
}

/** MACs, parameters, constants' bytes and peak activation of the cut model are the predicted ones, exactly. */
function expectForecast(graph: ChannelGraph, table: ReturnType<typeof buildForecast>, kept: Kept, cut: Model): void {
  const widths = graph.groups.map((group) => ((kept[group.index]?.size ?? 0) * group.channels) / group.atoms.length);
  const channels = graph.groups.map((group) => group.channels);
  const predicted = forecast(table, { channels, kept: widths });
  const analysis = analyze(cut);
  const counted = summarize(cut, analysis, 0);
  const macs = analysis.order.reduce((sum, node) => sum + (analysis.cost(node).macs ?? 0), 0);
  expect(predicted.macs).toBe(macs);
  expect(predicted.parameters).toBe(counted.parameters);
  expect(predicted.activation).toBe(counted.peakActivationBytes);
  expectInferred(cut, analysis);
}

/** Declared shapes are what inference finds. */
function expectInferred(model: Model, analysis: Analysis): void {
  expect(analysis.warnings).toEqual([]);
  for (const value of model.values.values()) {
    const inferred = analysis.shape(value.id);
    const declared = value.type?.kind === 'tensor' ? value.type.shape : null;
    inferred?.forEach((dim, i) => {
      const other = declared?.[i];
      if (typeof dim === 'number' && typeof other === 'number') expect(other, value.name).toBe(dim);
    });
  }
}
