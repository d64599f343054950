import { defined } from '../../base/assert.ts';
import { getInt, getInts } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId, Shape, ValueId } from '../../ir/types.ts';
import { mulDims } from '../../ops/dim.ts';
import { rankOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { resultOf } from './fold-affine.ts';
import { sliceParts, type Range } from './slice-parts.ts';

/**
 * Blocks of b × b places that move between space and channels, b² of them for each channel. Numbers of channels are told
 * apart by `order`: which of block row (h), block column (w) and channel (c) varies slowest.
 */
export interface Rearrangement {
  readonly kind: 'space-to-depth' | 'depth-to-space';
  readonly x: ValueId;
  readonly block: number;
  /**
   * Slowest first: `hwc` is SpaceToDepth and DepthToSpace's mode DCR, `chw` its mode CRD. An array: blocks [row, column] in
   * the order in which they stand, each with all its channels.
   */
  readonly order: string | readonly (readonly [number, number])[];
  /** The last node first. */
  readonly nodes: readonly NodeId[];
}

const producerOf = (model: Model, value: ValueId | null | undefined, type: string): Node | null => {
  const producer = value === null || value === undefined ? null : model.getValue(value).producer;
  const node = producer?.index === 0 ? model.getNode(producer.node) : null;
  return node?.opType === type && node.domain === '' ? node : null;
};

/** `INT_MAX` of 32 or 64 bits stands for "to the end". */
const TO_THE_END = 2 ** 31 - 1;

interface Strided {
  readonly x: ValueId;
  /** By axis: 2 and 3. */
  readonly ranges: ReadonlyMap<number, Range>;
  readonly nodes: readonly NodeId[];
}

/** x[:, :, i::s, j::t] written as one Slice or two. */
function stridedSlice(context: PassContext, value: ValueId, graph: Node['graph']): Strided | string | null {
  const ranges = new Map<number, Range>();
  const nodes: NodeId[] = [];
  let at = value;
  while (ranges.size < 2) {
    const node = producerOf(context.model, at, 'Slice');
    if (!node || node.graph !== graph) return null;
    const parts = sliceParts(context, node);
    if (typeof parts === 'string') return parts;
    for (const range of parts.ranges) {
      if ((range.axis !== 2 && range.axis !== 3) || ranges.has(range.axis)) return null;
      ranges.set(range.axis, range);
    }
    nodes.push(node.id);
    at = parts.x;
  }
  return { x: at, ranges, nodes };
}

/** The Focus layer: a Concat along the channels of x[…, i::b, j::b] for all i and j below b. Null: nothing like it. */
export function focusAt(context: PassContext, concat: Node): Rearrangement | string | null {
  const block = Math.sqrt(concat.inputs.length);
  if (block < 2 || !Number.isInteger(block)) return null;
  const order: [number, number][] = [];
  const nodes = new Set<NodeId>([concat.id]);
  let x: ValueId | null = null;
  for (const input of concat.inputs) {
    const found = input === null ? null : stridedSlice(context, input, concat.graph);
    if (found === null || typeof found === 'string') return found;
    if (x !== null && found.x !== x) return null;
    x = found.x;
    for (const node of found.nodes) nodes.add(node);
    const [rows, columns] = [defined(found.ranges.get(2), 'rows'), defined(found.ranges.get(3), 'columns')];
    const reason = stepReason(context, x, block, [rows, columns]);
    if (reason !== null) return reason;
    order.push([rows.start, columns.start]);
  }
  if (x === null || rankOf(context, x) !== 4) return 'what is sliced is not known to have four axes';
  if (getInt(concat, 'axis', 1) !== 1 && getInt(concat, 'axis', 1) !== -3)
    return 'the slices are not joined along the channels';
  if (new Set(order.map((each) => each.join())).size !== block * block)
    return 'a slice repeats, so that places are left out';
  return { kind: 'space-to-depth', x, block, order, nodes: [...nodes] };
}

function stepReason(context: PassContext, x: ValueId, block: number, ranges: readonly Range[]): string | null {
  for (const { axis, start, end, step } of ranges) {
    if (step !== block) return `a slice takes steps of ${step}, and there are ${block * block} slices`;
    if (start < 0 || start >= block) return `a slice starts at ${start}, outside the first block`;
    const size = shapeOf(context, x)?.[axis];
    const whole = end >= TO_THE_END || (typeof size === 'number' && end >= size);
    if (!whole) return 'a slice ends before the axis does';
  }
  return null;
}

/** Reshape to six axes, Transpose, Reshape back to four. Null: nothing like it. */
export function reshapedAt(context: PassContext, last: Node): Rearrangement | string | null {
  const { model } = context;
  const transpose = producerOf(model, last.inputs[0], 'Transpose');
  const first = transpose && producerOf(model, transpose.inputs[0], 'Reshape');
  const perm = transpose && getInts(transpose, 'perm', null);
  if (!first || !transpose || perm?.length !== 6 || first.graph !== last.graph || transpose.graph !== last.graph)
    return null;
  const x = defined(first.inputs[0], 'the input of Reshape');
  const [from, six, to] = [x, resultOf(first), resultOf(last)].map((value) => shapeOf(context, value));
  if (from?.length !== 4 || to?.length !== 4 || six?.length !== 6) return null;
  const parts = { x, nodes: [last.id, transpose.id, first.id] };
  return toDepth(parts, perm, from, six, to) ?? toSpace(parts, perm, from, six, to);
}

type Parts = Pick<Rearrangement, 'x' | 'nodes'>;
type Dims = NonNullable<Shape>;

const same = (a: Dims[number] | undefined, b: Dims[number] | undefined): boolean =>
  a !== null && a !== undefined && a === b;

/** [N, C, h, b, w, b] with the block's axes moved to the channels. */
function toDepth(parts: Parts, perm: readonly number[], from: Dims, six: Dims, to: Dims): Rearrangement | null {
  const [n, c, h, b, w, b2] = six;
  if (typeof b !== 'number' || b < 2 || b !== b2 || perm[0] !== 0 || perm[4] !== 2 || perm[5] !== 4) return null;
  const kept =
    same(n, from[0]) &&
    same(c, from[1]) &&
    same(mulDims(h ?? null, b), from[2]) &&
    same(mulDims(w ?? null, b), from[3]);
  const joined = same(n, to[0]) && same(mulDims(c ?? null, b * b), to[1]) && same(h, to[2]) && same(w, to[3]);
  if (!kept || !joined) return null;
  const order = perm.slice(1, 4).map((axis) => (axis === 1 ? 'c' : axis === 3 ? 'h' : 'w'));
  return { ...parts, kind: 'space-to-depth', block: b, order: order.join('') };
}

/** Channels cut up into three axes, two of which move behind the rows and behind the columns. */
function toSpace(parts: Parts, perm: readonly number[], from: Dims, six: Dims, to: Dims): Rearrangement | null {
  const [zero, channel, rows, blockRow, columns, blockColumn] = perm;
  if (zero !== 0 || rows !== 4 || columns !== 5) return null;
  const [c, b, b2] = [six[channel ?? 0], six[blockRow ?? 0], six[blockColumn ?? 0]];
  if (typeof b !== 'number' || b < 2 || b !== b2) return null;
  const [n, h, w] = [six[0], six[4], six[5]];
  const kept = same(n, from[0]) && same(mulDims(c ?? null, b * b), from[1]) && same(h, from[2]) && same(w, from[3]);
  const joined =
    same(n, to[0]) && same(c, to[1]) && same(mulDims(h ?? null, b), to[2]) && same(mulDims(w ?? null, b), to[3]);
  if (!kept || !joined) return null;
  const order = [1, 2, 3].map((axis) => (axis === channel ? 'c' : axis === blockRow ? 'h' : 'w'));
  return { ...parts, kind: 'depth-to-space', block: b, order: order.join('') };
}

/**
 * Where SpaceToDepth puts each channel of the rearrangement: it numbers them (row·b + column)·C + c (operator
 * specification). Null: where they already are.
 */
export function channelMap({ block, order }: Rearrangement, channels: number): readonly number[] | null {
  if (order === 'hwc') return null;
  const target = (h: number, w: number, c: number): number => (h * block + w) * channels + c;
  const map: number[] = [];
  if (typeof order !== 'string') {
    for (const [h, w] of order) for (let c = 0; c < channels; c++) map.push(target(h, w, c));
  } else {
    const sizes: Record<string, number> = { h: block, w: block, c: channels };
    const [a = 'h', b = 'w', d = 'c'] = order;
    for (let i = 0; i < (sizes[a] ?? 0); i++) {
      for (let j = 0; j < (sizes[b] ?? 0); j++) {
        for (let k = 0; k < (sizes[d] ?? 0); k++) {
          const at: Record<string, number> = { [a]: i, [b]: j, [d]: k };
          map.push(target(at['h'] ?? 0, at['w'] ?? 0, at['c'] ?? 0));
        }
      }
    }
  }
  return map.every((each, i) => each === i) ? null : map;
}
