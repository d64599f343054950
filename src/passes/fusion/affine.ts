import { int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import { DATA_TYPES, isFloat, sizeOf, type DataType, type ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { dtypeOf, staticShapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { otherOperand, type Walk } from '../../rewrite/walk.ts';
import { eagerly, isFoldable } from '../../rewrite/weights.ts';

/** A constant that has to be made is refused beyond this many elements: it would weigh more than it saves. */
export const MOST_ELEMENTS = 1 << 16;

/** What follows a normalised value, in this order: a cast, a scale, a shift; each may be missing. */
export interface Tail {
  readonly cast: Node | null;
  readonly scale: ValueId | null;
  readonly shift: ValueId | null;
  /** The node whose result is that of the whole. */
  readonly end: Node;
  /** Nodes of the tail. */
  readonly nodes: readonly Node[];
}

const outputOf = (node: Node): ValueId => node.outputs[0]!;

/**
 * Whether a value scales or shifts each of the normalised elements: it has their shape, or is a constant that broadcasts
 * to it. `dims`: sizes of the normalised axes, the last ones.
 */
export function fitsAxes(context: PassContext, value: ValueId, dims: readonly number[]): boolean {
  const shape = staticShapeOf(context, value);
  if (!shape) return false;
  if (shape.length === dims.length && shape.every((dim, i) => dim === dims[i])) return true;
  const constant = constantOf(context, value);
  if (!constant || !isFoldable(constant.dtype)) return false;
  const aligned = [...shape].reverse().every((dim, i) => dim === 1 || dim === dims[dims.length - 1 - i]);
  return aligned && (sizeOf(dims) === sizeOf(shape) || sizeOf(dims) <= MOST_ELEMENTS);
}

/**
 * The ways on from a normalised value. Where several nodes read it (or the scaled one), and each of them scales (or
 * shifts), there are as many tails. A string: a constant follows that does not fit.
 */
export function tailsOf(
  walk: Walk,
  last: Node,
  given: { readonly scale: ValueId | null; readonly shift: ValueId | null },
  dims: readonly number[],
  shifts: boolean,
): readonly Tail[] | string {
  const bare: Tail = { cast: null, ...given, end: last, nodes: [] };
  if (given.shift !== null) return [bare];
  const scaled = given.scale === null ? branches(walk, afterCast(walk, bare), 'Mul', dims) : [bare];
  if (typeof scaled === 'string' || !shifts) return scaled;
  const tails: Tail[] = [];
  for (const each of scaled) {
    const found = branches(walk, each, 'Add', dims);
    if (typeof found === 'string') return found;
    tails.push(...found);
  }
  return tails;
}

function afterCast(walk: Walk, tail: Tail): Tail {
  const cast = walk.reader(outputOf(tail.end));
  const to = cast && dtypeOf(walk.context, outputOf(cast));
  if (cast?.opType !== 'Cast' || cast.domain !== '' || !to || !isFloat(to)) return tail;
  return { ...tail, cast, end: cast, nodes: [...tail.nodes, cast] };
}

function branches(walk: Walk, tail: Tail, type: 'Mul' | 'Add', dims: readonly number[]): readonly Tail[] | string {
  const value = outputOf(tail.end);
  const readers = walk.readers(value) ?? [];
  const tails: Tail[] = [];
  for (const node of readers) {
    const other = node.opType === type && node.domain === '' ? otherOperand(node, value) : null;
    if (other === null || other === value) return [tail];
    if (!fitsAxes(walk.context, other, dims)) {
      const constant = constantOf(walk.context, other);
      return constant
        ? `a constant of shape [${constant.shape.join(', ')}] follows, and the normalised axes are [${dims.join(', ')}]`
        : [tail];
    }
    const part = type === 'Mul' ? { scale: other } : { shift: other };
    tails.push({ ...tail, ...part, end: node, nodes: [...tail.nodes, node] });
  }
  return tails.length > 0 ? tails : [tail];
}

/** A scale or shift as the fused node takes it: of the shape of the normalised axes, and of the given type. */
export function affineInput(
  build: Build,
  context: PassContext,
  value: ValueId,
  dims: readonly number[],
  dtype: DataType,
  name: string,
): ValueId {
  const shape = staticShapeOf(context, value);
  const tensor = constantOf(context, value);
  const same = dtypeOf(context, value) === dtype;
  if (same && shape?.length === dims.length && shape.every((dim, i) => dim === dims[i])) return value;
  if (!tensor) return castTo(build, value, dtype, name);
  const fitted =
    same && tensor.size === sizeOf(dims) ? new Tensor(dtype, dims, tensor.source) : stretched(tensor, dims, dtype);
  return build.constant(name, fitted, value);
}

/** A constant whose every element is `fill`, of the shape of the normalised axes. */
export const filled = (build: Build, dims: readonly number[], dtype: DataType, fill: number, name: string): ValueId =>
  build.constant(
    name,
    eagerly(
      dtype,
      dims,
      Array.from({ length: sizeOf(dims) }, () => fill),
    ),
  );

/** A cast in front of or behind the fused node. */
export function castTo(build: Build, value: ValueId, dtype: DataType, name: string): ValueId {
  const node = castNode(build, value, dtype, `${name}-cast`);
  return build.output(node, `${name}-cast`, null);
}

export const castNode = (build: Build, value: ValueId, dtype: DataType, label: string): Node =>
  build.node('Cast', [value], { attributes: [['to', int(DATA_TYPES.indexOf(dtype))]], label });

/** Broadcast to `dims` and converted: both are exact where the type grows. */
function stretched(tensor: Tensor, dims: readonly number[], dtype: DataType): Tensor {
  const data = tensor.numbers();
  const shape = [...dims.map(() => 1), ...tensor.shape].slice(-dims.length);
  const numbers = new Float64Array(sizeOf(dims));
  for (let i = 0; i < numbers.length; i++) {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const [dim, own] = [dims[axis] ?? 1, shape[axis] ?? 1];
      if (own !== 1) at += (rest % dim) * stride;
      rest = Math.floor(rest / dim);
      stride *= own;
    }
    numbers[i] = data[at] ?? 0;
  }
  return eagerly(dtype, dims, numbers);
}
