import { invariant } from '../../base/assert.ts';
import type { ValueId } from '../../ir/types.ts';
import { CONTENTS_LIMIT } from '../../ops/types.ts';
import type { Emit } from '../emit.ts';

/** Parts of `sizes` along an axis, one after the other; more than are followed in a constant are of one size. */
export function split(emit: Emit, x: ValueId, axis: number, sizes: readonly number[]): readonly ValueId[] {
  if (sizes.length === 1) return [x];
  const many = sizes.length > CONTENTS_LIMIT;
  const inputs = many ? [x] : [x, emit.ints(sizes)];
  const attributes = many ? { axis, num_outputs: sizes.length } : { axis };
  return emit.node('Split', inputs, attributes, { outputs: sizes.length }).outputs.filter((output) => output !== null);
}

/** `split` into three. */
export function splitInThree(
  emit: Emit,
  x: ValueId,
  axis: number,
  sizes: readonly [number, number, number],
): readonly [ValueId, ValueId, ValueId] {
  const [first, second, third] = split(emit, x, axis, sizes);
  invariant(first !== undefined && second !== undefined && third !== undefined, 'three parts');
  return [first, second, third];
}

export const concat = (emit: Emit, parts: readonly ValueId[], axis: number): ValueId =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : emit.op('Concat', parts, { axis });

export const square = (emit: Emit, x: ValueId): ValueId => emit.mul(x, x);

/** |x| */
export const absolute = (emit: Emit, x: ValueId): ValueId => emit.op('Max', [x, emit.neg(x)]);
