import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantInts, sameShape, shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { otherOperand } from '../../rewrite/walk.ts';
import { isAll } from '../../rewrite/weights.ts';

/** Reshape to [N, G, …], a normalization of each group, Reshape back, then a scale and a shift for each channel. */
export interface Groups {
  readonly x: ValueId;
  readonly norm: Node;
  /** The Reshape back. */
  readonly back: Node;
  readonly scale: Node | null;
  readonly shift: Node | null;
  readonly nodes: readonly Node[];
}

const outputOf = (node: Node): ValueId => node.outputs[0]!;

/** Scale and shift as they are to be, one number a channel. */
export interface Parameters {
  readonly groups: number;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** ((n·s_g + b_g)·γ_c + β_c) = n·(s_g·γ_c) + (b_g·γ_c + β_c), for channel c of group g; or what is missing. */
export function parametersOf(context: PassContext, found: Groups): Parameters | string {
  const { x, back } = found;
  const shape = shapeOf(context, x);
  const channels = shape?.[1];
  if (!shape || shape.length < 3 || typeof channels !== 'number') return 'the channels of its input are not known';
  const groups = groupCount(context, found);
  if (typeof groups === 'string') return groups;
  if (groups < 1 || channels % groups !== 0) return `${groups} groups do not divide ${channels} channels`;
  if (!sameShape(context, x, outputOf(back)))
    return 'its second Reshape is not proven to restore the shape of its input';
  const own = ownParameters(context, found.norm, groups);
  if (typeof own === 'string') return own;
  const factors = channelValues(context, found.scale, found.back, channels, shape.length);
  const offsets = channelValues(context, found.shift, found.scale ?? found.back, channels, shape.length);
  if (!factors || !offsets) return 'its scale or shift is not one number for each channel';
  const scale = new Float64Array(channels);
  const shift = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    const group = Math.floor(c / (channels / groups));
    const factor = found.scale ? factors(c) : 1;
    scale[c] = own.scale(group) * factor;
    shift[c] = own.shift(group) * factor + (found.shift ? offsets(c) : 0);
  }
  return { groups, scale, shift };
}

/** G of [N, G, …], where that is the input seen in groups of whole channels. */
function groupCount(context: PassContext, { x, norm, nodes: [, to] }: Groups): number | string {
  const grouped = shapeOf(context, outputOf(to!));
  const batch = shapeOf(context, x)?.[0] ?? null;
  const groups = grouped?.[1];
  if (!grouped || grouped.length < 3 || typeof groups !== 'number') return 'the number of its groups is not known';
  const target = constantInts(context, to!.inputs[1]!);
  const copied = target?.[0] === 0 && getInt(to!, 'allowzero', 0) === 0;
  if (!copied && (batch === null || batch !== grouped[0])) return 'its first Reshape is not proven to keep the batch';
  if (norm.opType === 'InstanceNormalization') return groups;
  const axis = getInt(norm, 'axis', -1);
  if (axis !== 2 && axis !== 2 - grouped.length) return 'its layer normalization is not over one group';
  return getInt(norm, 'stash_type', 1) === 1 ? groups : 'its statistics are computed in another type than float32';
}

/** What the normalization scales and shifts each group by; a layer norm may only have ones and zeros there. */
function ownParameters(context: PassContext, norm: Node, groups: number) {
  const [scale, shift] = norm.inputs.slice(1).map((each) => (each === null ? null : constantOf(context, each)));
  const constant = norm.inputs.slice(1).every((each) => each === null || constantOf(context, each) !== null);
  if (!constant || !scale) return 'its scale and shift are not constant';
  if (norm.opType === 'LayerNormalization') {
    const plain = isAll(scale, 1) && (!shift || isAll(shift, 0));
    return plain ? { scale: () => 1, shift: () => 0 } : 'its layer normalization has a scale within each group';
  }
  if (scale.size !== groups || shift?.size !== groups) return 'its scale and shift have not one number for each group';
  const [factors, offsets] = [scale.numbers(), shift.numbers()];
  return { scale: (group: number) => factors[group] ?? NaN, shift: (group: number) => offsets[group] ?? NaN };
}

/** The constant operand beside `before`, one number a channel ([C, 1, …] or a scalar); null: it is none such. */
function channelValues(context: PassContext, node: Node | null, before: Node, channels: number, rank: number) {
  if (node === null) return () => 0;
  const other = otherOperand(node, outputOf(before));
  const tensor = other === null ? null : constantOf(context, other);
  if (!tensor || tensor.shape.length > rank) return null;
  const aligned = [...Array.from({ length: rank - tensor.shape.length }, () => 1), ...tensor.shape];
  const own = aligned[1];
  if (aligned.some((dim, axis) => axis !== 1 && dim !== 1) || (own !== 1 && own !== channels)) return null;
  const data = tensor.numbers();
  return (channel: number): number => data[own === 1 ? 0 : channel] ?? NaN;
}
