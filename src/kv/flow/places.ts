import { getInt, getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { extremeOf } from '../../ops/dim.ts';
import { atomsOf, regroup, type Atom } from '../../rewrite/attention/atoms.ts';
import { constantInts, intsOf, rankOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Flow, Place } from './types.ts';

export const POSITIONS = 'positions';

/** One node as the rules see it. */
export interface Step {
  readonly context: PassContext;
  readonly node: Node;
  /** Of each input. */
  readonly flows: readonly (Flow | null)[];
  /** The size of the positions. */
  readonly length: string;
}

/** Where positions lie in the first output (all outputs of Split alike); a clause where the node mixes positions. */
export type PlaceRule = (step: Step) => Place | 'last' | string;

const MIXES = 'mixes positions';

const placeAt = ({ flows }: Step, index: number): Place | null => {
  const flow = flows[index];
  return flow?.kind === 'tokens' ? flow.place : null;
};

const rankAt = ({ context, node }: Step, index: number): number | null => {
  const input = node.inputs[index] ?? null;
  return input === null ? null : rankOf(context, input);
};

/** Operands aligned at the end; positions of all lie at the same axis. */
const elementwise: PlaceRule = (step) => {
  const { context, node, flows } = step;
  const output = node.outputs[0] ?? null;
  const rank = output === null ? null : rankOf(context, output);
  if (rank === null) return 'has a result of unknown rank';
  let found: Place | null = null;
  for (const index of flows.keys()) {
    const place = placeAt(step, index);
    const own = rankAt(step, index);
    if (!place) continue;
    if (own === null) return 'has an operand of unknown rank';
    const moved = { axis: place.axis + rank - own, atoms: place.atoms };
    if (found && found.axis !== moved.axis) return MIXES;
    found ??= moved;
  }
  return found ?? 'has no operand that follows the text';
};

/** Along axes other than that of the positions: from `axis` on, or the last one. */
const along =
  (fallback: number, toEnd: (step: Step) => boolean): PlaceRule =>
  (step) => {
    const place = placeAt(step, 0);
    const rank = rankAt(step, 0);
    if (!place || rank === null) return 'has an operand of unknown rank';
    const given = getInt(step.node, 'axis', fallback);
    const axis = given < 0 ? given + rank : given;
    return (toEnd(step) ? place.axis >= axis : place.axis === axis) ? MIXES : place;
  };

/** LayerNorm and its kin, over the last axis; what is added before lies over the first operand. */
const lastAxis: PlaceRule = (step) => {
  const place = elementwise(step);
  if (typeof place === 'string') return place;
  const rank = rankAt(step, 0);
  return rank === null || place.axis === rank - 1 ? MIXES : place;
};

const reduce: PlaceRule = (step) => {
  const { context, node } = step;
  const place = placeAt(step, 0);
  const rank = rankAt(step, 0);
  if (!place || rank === null) return 'has an operand of unknown rank';
  const input = node.inputs[1] ?? null;
  const given = getInts(node, 'axes', null) ?? (input === null ? null : constantInts(context, input));
  if (!given) return getInt(node, 'noop_with_empty_axes', 0) === 1 && input === null ? place : MIXES;
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
  if (axes.includes(place.axis)) return MIXES;
  if (getInt(node, 'keepdims', 1) === 1) return place;
  return { ...place, axis: place.axis - axes.filter((axis) => axis < place.axis).length };
};

const transpose: PlaceRule = (step) => {
  const place = placeAt(step, 0);
  const rank = rankAt(step, 0);
  if (!place || rank === null) return 'has an operand of unknown rank';
  const perm = getInts(step.node, 'perm', null) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  return { ...place, axis: perm.indexOf(place.axis) };
};

/** The same elements in the same order: the factor of the positions must stay whole. */
const reshape: PlaceRule = (step) => {
  const { context, node } = step;
  const place = placeAt(step, 0);
  const [from, to] = [node.inputs[0], node.outputs[0]].map((each) => (each ? shapeOf(context, each) : null));
  if (!place || !from || !to) return 'has a shape that is not known';
  const atoms = from.flatMap((dim, axis): readonly Atom[] =>
    axis === place.axis ? place.atoms : atomsOf(`axis ${axis}`, dim),
  );
  const axes = regroup(atoms, to);
  const axis = axes?.findIndex((each) => each.some(({ root }) => root === POSITIONS)) ?? -1;
  const own = axes?.[axis]?.filter(({ root }) => root === POSITIONS) ?? [];
  if (!axes || axis < 0 || own.length !== 1 || own[0]?.path !== '') return 'is not proven to keep positions whole';
  return { axis, atoms: axes[axis] ?? [] };
};

const matmul: PlaceRule = (step) => {
  const [left, right] = [placeAt(step, 0), placeAt(step, 1)];
  const [a, b] = [rankAt(step, 0), rankAt(step, 1)];
  const output = step.node.outputs[0] ?? null;
  const rank = output === null ? null : rankOf(step.context, output);
  if (a === null || b === null || rank === null) return 'has an operand of unknown rank';
  const operand = left ?? right;
  if ((left && right) || !operand) return `${MIXES}: it multiplies what positions hold by what positions hold`;
  const [own, summed] = left ? [a, a - 1] : [b, b - 2];
  return operand.axis === summed ? MIXES : { ...operand, axis: operand.axis + rank - own };
};

const gemm: PlaceRule = (step) => {
  const [left, right, third] = [placeAt(step, 0), placeAt(step, 1), placeAt(step, 2)];
  if (!left || right || third) return MIXES;
  const rows = getInt(step.node, 'transA', 0) === 1 ? 1 : 0;
  return left.axis === rows ? { ...left, axis: 0 } : MIXES;
};

/** Rows of a table, one for each id; or one index of an axis. */
const gather: PlaceRule = (step) => {
  const { context, node, length } = step;
  const [data, ids] = [placeAt(step, 0), placeAt(step, 1)];
  const [rank, idsRank] = [rankAt(step, 0), rankAt(step, 1)];
  if (rank === null || idsRank === null) return 'has an operand of unknown rank';
  const given = getInt(node, 'axis', 0);
  const axis = given < 0 ? given + rank : given;
  if (ids) return data ? MIXES : { ...ids, axis: ids.axis + axis };
  if (!data) return 'has no operand that follows the text';
  if (data.axis !== axis) return { ...data, axis: data.axis + (axis < data.axis ? idsRank - 1 : 0) };
  const input = node.inputs[1] ?? null;
  const index = input === null ? null : intsOf(context, input);
  const isLast =
    index?.length === 1 && (index[0] === -1 || index[0] === `${length} - 1` || index[0] === `-1 + ${length}`);
  return isLast ? 'last' : MIXES;
};

/** Other axes are cut as one likes; of positions, all or the last one. */
const slice: PlaceRule = (step) => {
  const { context, node, length } = step;
  const place = placeAt(step, 0);
  const output = node.outputs[0] ?? null;
  const shape = output === null ? null : shapeOf(context, output);
  if (!place || !shape) return 'has a shape that is not known';
  if (place.atoms.length === 1 && isLength(shape[place.axis] ?? null, length)) return place;
  const read = (name: string, index: number): readonly unknown[] | null => {
    const input = node.inputs[index] ?? null;
    return getInts(node, name, null) ?? (input === null ? null : intsOf(context, input));
  };
  const [starts, axes] = [read('starts', 1), read('axes', 3)];
  const rank = shape.length;
  const cut = (axes ?? starts?.map((_, i) => i) ?? []).map((axis) => (Number(axis) < 0 ? Number(axis) + rank : axis));
  const at = cut.indexOf(place.axis);
  if (at < 0 && starts && cut.every((axis) => typeof axis === 'number')) return place;
  return place.atoms.length === 1 && starts?.[at] === -1 && shape[place.axis] === 1 ? 'last' : MIXES;
};

const concat: PlaceRule = (step) => {
  const place = elementwise(step);
  if (typeof place === 'string') return place;
  const rank = rankAt(step, 0);
  if (rank === null || step.flows.some((flow) => flow?.kind !== 'tokens'))
    return 'joins what follows the text to what does not';
  const axis = getInt(step.node, 'axis', 0);
  return (axis < 0 ? axis + rank : axis) === place.axis ? MIXES : place;
};

const einsum: PlaceRule = (step) => {
  const equation = (step.node.attributes.get('equation') as { value?: Uint8Array } | undefined)?.value;
  const [inputs = '', output = ''] = new TextDecoder().decode(equation).replace(/\s/g, '').split('->');
  const terms = inputs.split(',');
  const letters = terms.map((term, i) => {
    const place = placeAt(step, i);
    return place ? { letter: term[place.axis], place } : null;
  });
  const [only, ...more] = letters.filter((each) => each !== null);
  if (!only?.letter || more.length > 0 || inputs.includes('.')) return MIXES;
  const others = terms.filter((_, i) => letters[i] === null);
  const axis = output.indexOf(only.letter);
  return axis < 0 || others.some((term) => term.includes(only.letter ?? '')) ? MIXES : { ...only.place, axis };
};

/** What the first operand alone decides. */
const first: PlaceRule = (step) => placeAt(step, 0) ?? 'has no operand that follows the text';

const all = (names: string, rule: PlaceRule): Readonly<Record<string, PlaceRule>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** Before opset 13 softmax took all axes from `axis` on for one. */
const softmax: PlaceRule = (step) => {
  const old = step.context.model.opset() < 13;
  return along(old ? 1 : -1, () => old)(step);
};

export const PLACE_RULES: Readonly<Record<string, PlaceRule>> = {
  ...all(
    'Abs Neg Ceil Floor Round Sqrt Reciprocal Exp Log Erf Sign Sin Cos Tan Sinh Cosh Not IsNaN IsInf Identity Relu ' +
      'LeakyRelu Elu Celu Selu Sigmoid HardSigmoid HardSwish Swish Mish Gelu Tanh Softplus Softsign Clip Cast CastLike ' +
      'Dropout ThresholdedRelu',
    first,
  ),
  ...all(
    'Add Sub Mul Div Mod Pow PRelu Max Min Sum Mean Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Where',
    elementwise,
  ),
  ...all('com.microsoft.Gelu com.microsoft.QuickGelu', first),
  ...all('com.microsoft.BiasGelu com.microsoft.FastGelu', elementwise),
  ...all(
    'com.microsoft.SkipLayerNormalization com.microsoft.SkipSimplifiedLayerNormalization com.microsoft.SimplifiedLayerNormalization',
    lastAxis,
  ),
  ...all(
    'LayerNormalization RMSNormalization SimplifiedLayerNormalization',
    along(-1, () => true),
  ),
  ...all('Softmax LogSoftmax', softmax),
  ...all('ArgMax ArgMin', (step) => {
    const place = along(0, () => false)(step);
    return typeof place === 'string' || getInt(step.node, 'keepdims', 1) === 1 ? place : 'loses an axis';
  }),
  ...all(
    'ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp',
    reduce,
  ),
  ...all('Reshape Flatten Squeeze Unsqueeze', reshape),
  ...all('Expand Tile', (step) => {
    const place = placeAt(step, 0);
    const output = step.node.outputs[0] ?? null;
    const [rank, own] = [output === null ? null : rankOf(step.context, output), rankAt(step, 0)];
    const shape = output === null ? null : shapeOf(step.context, output);
    if (!place || rank === null || own === null) return 'has an operand of unknown rank';
    const axis = place.axis + rank - own;
    return isLength(shape?.[axis] ?? null, step.length) ? { ...place, axis } : 'is not proven to keep positions whole';
  }),
  Transpose: transpose,
  MatMul: matmul,
  Gemm: gemm,
  Gather: gather,
  Slice: slice,
  Split: (step) => along(0, () => false)(step),
  Concat: concat,
  Einsum: einsum,
};

/** Operands that say how, not what: shapes, limits, axes. By operator, places of inputs. */
const STRUCTURE: Readonly<Record<string, readonly number[]>> = {
  Reshape: [1],
  Expand: [1],
  Tile: [1],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Squeeze: [1],
  Unsqueeze: [1],
  ReduceMean: [1],
  ReduceSum: [1],
  ReduceMax: [1],
  ReduceMin: [1],
  ReduceProd: [1],
  ReduceL1: [1],
  ReduceL2: [1],
  ReduceSumSquare: [1],
  ReduceLogSumExp: [1],
};

export const isStructure = (node: Node, index: number): boolean =>
  node.domain === '' && (STRUCTURE[node.opType]?.includes(index) ?? false);

/** Positions of a value as the graph gives it: the whole of one axis. */
export const wholeAxis = (axis: number, length: string): Place => ({ axis, atoms: atomsOf(POSITIONS, length) });

/** As long as the text, or a table that is cut to the text: the text is never longer, or the runtime refuses it. */
export function isLength(dim: Dim, length: string): boolean {
  if (dim === length) return true;
  const extreme = extremeOf(dim);
  return (
    extreme?.kind === 'min' && extreme.parts.includes(length) && extreme.parts.some((part) => typeof part === 'number')
  );
}

/** The axes of a value that are as long as the text; null: a size of it follows the text otherwise, or is not known. */
export function lengthAxes(
  context: PassContext,
  value: ValueId,
  length: string,
  follows: (dim: string) => boolean,
): readonly number[] | null {
  const shape = shapeOf(context, value);
  if (!shape) return null;
  const axes: number[] = [];
  for (const [axis, dim] of shape.entries()) {
    if (isLength(dim, length)) axes.push(axis);
    else if (dim === null || (typeof dim === 'string' && follows(dim))) return null;
  }
  return axes;
}
