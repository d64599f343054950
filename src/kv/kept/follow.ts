import type { CodedError } from '../../base/error.ts';
import type { Node } from '../../ir/model.ts';
import type { Dim, NodeId, ValueId } from '../../ir/types.ts';
import { viewsOf, viewOf } from '../../rewrite/attention/views.ts';
import { planOf, type Plan } from '../../rewrite/attention/plan.ts';
import { atomsOf } from '../../rewrite/attention/atoms.ts';
import { label, outputsOf } from '../../rewrite/graphs.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { HIDES } from '../flow/follow.ts';
import type { Stuck } from '../flow/types.ts';
import { readDecoderIo } from '../io.ts';
import type { CacheTensor, DecoderIo } from '../types.ts';

/** Keys (or values) of one layer: what was kept, what is new, and both together. */
export interface KeptSide {
  readonly tensor: CacheTensor;
  readonly input: ValueId;
  readonly output: ValueId;
  readonly concat: Node;
  /** What is new. */
  readonly own: ValueId;
  readonly joined: ValueId;
}

export interface KeptLayer {
  readonly plan: Plan;
  readonly key: KeptSide;
  readonly value: KeptSide;
}

/** A decoder that keeps keys and values. */
export interface Kept {
  readonly io: DecoderIo;
  readonly ids: ValueId;
  readonly positions: ValueId | null;
  readonly mask: ValueId | null;
  /** New positions: a symbol, or a number where the graph takes that many at a time. */
  readonly length: Dim;
  /** The symbol of the positions that are kept. */
  readonly past: string;
  readonly layers: readonly KeptLayer[];
  /** Values that follow sizes, masks and positions alone. */
  readonly lengths: ReadonlySet<ValueId>;
  /** Values that follow what the text holds. */
  readonly data: ReadonlySet<ValueId>;
  /** Nodes between products of queries and keys, and softmax: their masks lie over queries and keys. */
  readonly scored: ReadonlySet<NodeId>;
}

const stuck = (reason: string, nodes: readonly NodeId[] = []): Stuck => ({ nodes, reason });

/** Null: the model keeps nothing. */
export function followKept(context: PassContext): Kept | Stuck | null {
  const { model } = context;
  const named = new Map([...model.graph.inputs, ...model.graph.outputs].map((id) => [model.getValue(id).name, id]));
  const io = ioOf(context);
  if (io === null || 'reason' in io) return io;
  const [first] = io.cache;
  const ids = named.get(io.ids.name);
  if (!first || ids === undefined) return null;
  const past = first.shape[first.axes.positions] ?? null;
  const length = shapeOf(context, ids)?.[1] ?? null;
  if (typeof past !== 'string')
    return stuck(`the positions that ${first.input} holds have no name, or are of fixed number`);
  if (length === null || length === past) return stuck(`the positions of ${io.ids.name} have no name of their own`);
  const other = io.cache.find(({ shape, axes }) => shape[axes.positions] !== past);
  if (other) return stuck(`${first.input} and ${other.input} call their positions differently`);
  const idOf = (port: { readonly name: string } | null): ValueId | null => (port && named.get(port.name)) ?? null;
  const [positions, mask] = [idOf(io.positions), idOf(io.mask)];
  const { lengths, data } = sorted(
    context,
    [ids, ...io.cache.map(({ input }) => named.get(input)!)],
    [positions, mask],
  );
  const layers = layersOf(context, io, data, named);
  if ('reason' in layers) return layers;
  const scored = new Set(layers.flatMap(({ plan }) => plan.scores.stages.map(({ node }) => node.id)));
  return { io, ids, positions, mask, length, past, layers, lengths, data, scored };
}

/** Null: it is no decoder with a cache at all. */
function ioOf({ model }: PassContext): DecoderIo | Stuck | null {
  const keeps = model.graph.inputs.some((id) => /past|cache/i.test(model.getValue(id).name));
  if (!keeps) return null;
  try {
    const io = readDecoderIo(model);
    return io.cache.length > 0 ? io : null;
  } catch (error) {
    const { message } = error as CodedError;
    return stuck(message.replace(/^The model is no decoder that can be run by steps: /, '').replace(/\. [^.]*\.$/, ''));
  }
}

/** What follows what the text holds, and what follows sizes, masks and positions alone. */
export function sorted(
  context: PassContext,
  text: readonly ValueId[],
  sizes: readonly (ValueId | null)[],
): Pick<Kept, 'lengths' | 'data'> {
  const data = new Set<ValueId>(text);
  const lengths = new Set<ValueId>(sizes.filter((each) => each !== null));
  for (const id of context.model.graph.nodes) {
    const node = context.model.getNode(id);
    const has = (set: ReadonlySet<ValueId>): boolean => node.inputs.some((input) => input !== null && set.has(input));
    const isSize = node.opType === 'Shape' || node.opType === 'Size';
    const into = has(data) && !isSize ? data : has(data) || has(lengths) ? lengths : null;
    if (into) for (const output of outputsOf(node)) into.add(output);
  }
  return { lengths, data };
}

function layersOf(
  context: PassContext,
  io: DecoderIo,
  data: ReadonlySet<ValueId>,
  named: ReadonlyMap<string, ValueId>,
): readonly KeptLayer[] | Stuck {
  const { model } = context;
  const sides = new Map<string, Omit<KeptSide, 'tensor'>>();
  const layers: KeptLayer[] = [];
  let miss: Stuck | null = null;
  for (const id of model.graph.nodes) {
    const node = model.getNode(id);
    if (
      node.opType !== 'Softmax' ||
      node.domain !== '' ||
      !node.inputs.some((input) => input !== null && data.has(input))
    )
      continue;
    const plan = planOf(context, node, HIDES);
    if (plan === null || typeof plan === 'string') {
      miss ??= plan === null ? null : stuck(`the attention at ${label(model, node)} is not understood: ${plan}`, [id]);
      continue;
    }
    const key = sideBehind(context, io, data, named, plan.scores.product.right.value);
    const value = sideBehind(context, io, data, named, plan.weighted.right.value);
    if (key && value) layers.push({ plan, key, value });
    else miss ??= stuck(`the attention at ${label(model, node)} does not read keys and values behind kept ones`, [id]);
  }
  for (const { key, value } of layers) for (const side of [key, value]) sides.set(side.tensor.input, side);
  const lonely = io.cache.find(({ input }) => !sides.has(input));
  if (lonely) return miss ?? stuck(`no attention that is written out reads ${lonely.input}`);
  return layers;
}

/** Walks back to where new keys (or values) are put behind those that were kept. */
function sideBehind(
  context: PassContext,
  io: DecoderIo,
  data: ReadonlySet<ValueId>,
  named: ReadonlyMap<string, ValueId>,
  from: ValueId,
): KeptSide | null {
  const { model } = context;
  const seen = new Set<ValueId>();
  const stack = [from];
  let found: KeptSide | null = null;
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value) || !data.has(value)) continue;
    seen.add(value);
    const { producer } = model.getValue(value);
    const node = producer && model.getNode(producer.node);
    if (!node) continue;
    const side = node.opType === 'Concat' ? joinOf(context, io, named, node) : null;
    if (side && found && side.tensor !== found.tensor) return null;
    if (side) found = side;
    else for (const input of node.inputs) if (input !== null) stack.push(input);
  }
  return found;
}

/** A Concat whose first operand is a cache input, moved about. */
function joinOf(
  context: PassContext,
  io: DecoderIo,
  named: ReadonlyMap<string, ValueId>,
  concat: Node,
): KeptSide | null {
  const [kept = null, own = null, ...more] = concat.inputs;
  const joined = concat.outputs[0] ?? null;
  if (kept === null || own === null || joined === null || more.length > 0) return null;
  const shape = shapeOf(context, kept);
  if (!shape) return null;
  const axes = shape.map((dim, i) => atomsOf(`a${i}`, dim));
  const behind = new Set(viewsOf(context, concat.graph, viewOf(kept, axes)).map(({ value }) => value));
  const tensor = io.cache.find(({ input }) => behind.has(named.get(input)!));
  const [input, output] = [tensor && named.get(tensor.input), tensor && named.get(tensor.output)];
  return tensor && input !== undefined && output !== undefined ? { tensor, input, output, concat, own, joined } : null;
}
