import { invariant } from '../../base/assert.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';

/** Parts of `sizes` along an axis, one after the other. */
export function split(emit: Emit, x: ValueId, axis: number, sizes: readonly number[]): readonly ValueId[] {
  if (sizes.length === 1) return [x];
  const { outputs } = emit.node('Split', [x, emit.ints(sizes)], { axis }, { outputs: sizes.length });
  return outputs.filter((output) => output !== null);
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
