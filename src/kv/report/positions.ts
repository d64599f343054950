import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { isFloat, type ValueId } from '../../ir/types.ts';
import { shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { rotationsAt, type Mode, type Rotation } from '../../rewrite/rotary/rotation.ts';
import type { Kept } from '../kept/follow.ts';
import { readsOf, type Read } from '../kept/reads.ts';
import type { SeenAttention } from './attentions.ts';

/** A table that a text takes a row of for each position. */
export interface PositionTable {
  readonly name: string;
  readonly rows: number;
}

/** How a position comes into what is computed. */
export type PositionKind =
  /** Queries and keys are turned (Su et al. 2021, arXiv:2104.09864), halves of a head or neighbours together; mode null: not told. */
  | {
      readonly kind: 'rotary';
      readonly mode: Mode | null;
      readonly from: 'table' | 'computed';
      readonly table: PositionTable | null;
    }
  /** Added to tokens: learnt, or sines (Vaswani et al. 2017). */
  | { readonly kind: 'added'; readonly from: 'table' | 'computed'; readonly table: PositionTable | null }
  /** Added to scores by distance, for each head in its own measure (Press et al. 2021, arXiv:2108.12409). */
  | { readonly kind: 'alibi' };

export interface PositionFacts {
  /** Empty: nothing but masks tells positions apart. */
  readonly kinds: readonly PositionKind[];
  /** The table that ends first, also one of a mask; null: none ends. */
  readonly ends: PositionTable | null;
}

type Flow = Pick<Kept, 'data' | 'lengths' | 'scored'>;

/** How positions enter a decoder, and how long a text its tables allow. */
export function positionsOf(context: PassContext, flow: Flow, attentions: readonly SeenAttention[]): PositionFacts {
  const { model } = context;
  const nodes = [...model.graph.nodes].map((id) => model.getNode(id));
  const tables = nodes.flatMap((node) => tableAt(context, flow, node) ?? []);
  const reads = readsOf(context, flow);
  const rotary = rotaryKind(context, nodes) ?? factorKind(context, flow, reads);
  const added = reads.find(({ node }) => node.opType === 'Add' && !isMask(context, node));
  const kinds: PositionKind[] = [];
  if (rotary) kinds.push(rotary);
  if (added) {
    const table = firstBehind(context, flow, added.value);
    kinds.push({ kind: 'added', from: table ? 'table' : 'computed', table });
  }
  if (attentions.some((each) => isAlibi(context, each))) kinds.push({ kind: 'alibi' });
  const [ends = null] = tables.toSorted((a, b) => a.rows - b.rows);
  return { kinds, ends };
}

/** What is added to scores just before their softmax, where the attention is not understood. */
const isMask = ({ model }: PassContext, { outputs }: Node): boolean =>
  outputs.some(
    (output) =>
      output !== null && model.getValue(output).uses.some((use) => model.getNode(use.node).opType === 'Softmax'),
  );

function rotaryKind(context: PassContext, nodes: readonly Node[]): PositionKind | null {
  for (const node of nodes) {
    if (node.opType === 'RotaryEmbedding') return fusedRotary(context, node);
    const [rotation] = [...rotationsAt(context, node)];
    if (rotation) return writtenRotary(context, rotation);
  }
  const grouped = nodes.find((node) => node.opType === 'GroupQueryAttention' && getInt(node, 'do_rotary', 0) === 1);
  return grouped ? fusedRotary(context, grouped, grouped.inputs[7] ?? null, 'rotary_interleaved') : null;
}

function fusedRotary(
  context: PassContext,
  node: Node,
  cos: ValueId | null = node.inputs[node.domain === '' ? 1 : 2] ?? null,
  attribute = 'interleaved',
): PositionKind {
  const mode = getInt(node, attribute, 0) === 1 ? 'pair' : 'half';
  const table = cos === null ? null : tableBehind(context, cos);
  return { kind: 'rotary', mode, from: table ? 'table' : 'computed', table };
}

function writtenRotary(context: PassContext, { cos, mode }: Rotation): PositionKind {
  const table = tableBehind(context, cos);
  return { kind: 'rotary', mode, from: table ? 'table' : 'computed', table };
}

/** Tokens are multiplied by what follows positions: a rotation whose sizes are no longer proven, behind a pass. */
function factorKind(context: PassContext, flow: Flow, reads: readonly Read[]): PositionKind | null {
  const factors = reads.filter(({ node }) => node.opType === 'Mul').map(({ value }) => value);
  const table = factors.map((value) => firstBehind(context, flow, value)).find((found) => found !== null) ?? null;
  const isComputed = factors.some((value) => isCosine(context, flow, value));
  return table || isComputed ? { kind: 'rotary', mode: null, from: table ? 'table' : 'computed', table } : null;
}

function isCosine(context: PassContext, flow: Flow, value: ValueId): boolean {
  for (const node of behind(context, flow, value)) if (node.opType === 'Cos' && node.domain === '') return true;
  return false;
}

const MOVES = /^(Slice|Gather|Cast|Unsqueeze|Squeeze|Transpose|Identity|Reshape|Expand|Concat)$/;
const DEPTH = 24;

/** The constant of two axes or more that rows are taken from, before they are moved; null: they are computed. */
function tableBehind(context: PassContext, value: ValueId, depth = DEPTH): PositionTable | null {
  const { model } = context;
  const constant = constantOf(context, value);
  const shape = shapeOf(context, value);
  if (constant && shape && shape.length >= 2) {
    const rows = Math.max(...shape.slice(0, -1).map(Number));
    return rows > 1 ? { name: model.getValue(value).name, rows } : null;
  }
  const { producer } = model.getValue(value);
  const node = producer && model.getNode(producer.node);
  if (!node || depth === 0 || node.domain !== '' || !MOVES.test(node.opType)) return null;
  const [first = null] = node.inputs;
  return first === null ? null : tableBehind(context, first, depth - 1);
}

/** Nodes that a value is computed by from sizes and positions, the nearest first. */
function* behind({ model }: PassContext, { lengths }: Flow, value: ValueId): Generator<Node> {
  const seen = new Set<ValueId>([value]);
  const queue = [value];
  for (let at = 0; at < queue.length; at++) {
    const { producer } = model.getValue(queue[at]!);
    const node = producer && model.getNode(producer.node);
    if (!node) continue;
    yield node;
    for (const input of node.inputs) {
      if (input === null || seen.has(input) || !lengths.has(input)) continue;
      seen.add(input);
      queue.push(input);
    }
  }
}

/** The first table among all that a value is computed from. */
function firstBehind(context: PassContext, flow: Flow, value: ValueId): PositionTable | null {
  for (const node of behind(context, flow, value)) {
    const table = tableAt(context, flow, node);
    if (table) return table;
  }
  return null;
}

/** A node that takes as many rows of a constant as there are positions, or those at positions. */
function tableAt(context: PassContext, { lengths }: Flow, node: Node): PositionTable | null {
  const [data = null] = node.inputs;
  if (node.domain !== '' || !/^(Gather|Slice)$/.test(node.opType) || data === null) return null;
  const given = node.opType === 'Gather' ? [node.inputs[1]] : [node.inputs[1], node.inputs[2]];
  if (!given.some((input) => input !== null && input !== undefined && lengths.has(input))) return null;
  const shape = shapeOf(context, data);
  const origin = originOf(context, data);
  if (!shape || shape.length < 2 || origin === null) return null;
  const axis = axisOf(context, node, shape.length);
  const rows = axis === null ? null : shape[axis];
  return typeof rows === 'number' && rows > 1 ? { name: origin, rows } : null;
}

/** The name of the constant that a value is cut from; null: it is computed. */
function originOf(context: PassContext, value: ValueId, depth = DEPTH): string | null {
  const { model } = context;
  if (constantOf(context, value)) return model.getValue(value).name;
  const { producer } = model.getValue(value);
  const node = producer && model.getNode(producer.node);
  const first = node?.inputs[0] ?? null;
  return node && first !== null && depth > 0 && node.domain === '' && MOVES.test(node.opType)
    ? originOf(context, first, depth - 1)
    : null;
}

function axisOf(context: PassContext, node: Node, rank: number): number | null {
  if (node.opType === 'Gather') {
    const axis = getInt(node, 'axis', 0);
    return axis < 0 ? axis + rank : axis;
  }
  const axes = node.inputs[3] ?? null;
  const tensor = axes === null ? null : constantOf(context, axes);
  const axis = axes === null ? 0 : tensor && tensor.size === 1 ? Number(tensor.numbers()[0]) : null;
  return axis !== null && axis < 0 ? axis + rank : axis;
}

/** What is added to scores is a product with one number a head, and those differ. */
function isAlibi(context: PassContext, { plan, heads }: SeenAttention): boolean {
  if (!plan || heads === null || heads < 2) return false;
  return plan.scores.stages.some((stage) => stage.kind === 'add' && hasSlopes(context, stage.mask, heads));
}

function hasSlopes(context: PassContext, mask: ValueId, heads: number): boolean {
  const { model } = context;
  const seen = new Set<ValueId>();
  const stack = [mask];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const { producer } = model.getValue(value);
    const node = producer && model.getNode(producer.node);
    const tensor = constantOf(context, value);
    if (tensor && tensor.size === heads && isFloat(tensor.dtype)) {
      const numbers = new Set(Array.from(tensor.numbers(), Number));
      if (numbers.size > 1 && tensor.shape.some((size) => size === heads)) return true;
    }
    if (node) for (const input of node.inputs) if (input !== null) stack.push(input);
  }
  return false;
}
