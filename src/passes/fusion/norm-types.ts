import type { Node } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { Walk } from '../../rewrite/walk.ts';
import { isFoldable } from '../../rewrite/weights.ts';
import type { Tail } from './affine.ts';

/** How one tail is computed: which value is normalised, and in which types. */
export interface Plan {
  readonly tail: Tail;
  readonly input: ValueId;
  /** The cast that `input` saves. */
  readonly absorbed: Node | null;
  /** Type of the input; it is cast where it is another. */
  readonly from: DataType;
  /** Type of scale, shift and the fused node's result; that is cast where `to` is another. */
  readonly inner: DataType;
  readonly to: DataType;
}

/** The value that is normalised, and the float16 value that it was cast from, if that is all it is. */
export interface Source {
  readonly x: ValueId;
  readonly cast: Node | null;
  readonly narrow: ValueId | null;
}

/** `nodes`: those of the normalization, the only readers of the cast if it is to go. */
export function sourceOf(walk: Walk, x: ValueId, nodes: ReadonlySet<Node>): Source {
  const cast = walk.producer(x, 'Cast');
  const narrow = cast?.inputs[0] ?? null;
  const alone = walk.readers(x)?.every((reader) => nodes.has(reader)) ?? false;
  const widens =
    narrow !== null && dtypeOf(walk.context, narrow) === 'float16' && dtypeOf(walk.context, x) === 'float32';
  return alone && widens ? { x, cast, narrow } : { x, cast: null, narrow: null };
}

/**
 * float16 models compute their statistics in float32 between two casts, as the fused operators do by themselves: both
 * casts go where the result has the type of what was cast. Where it has not, an operator that takes mixed types keeps
 * the casts away too, and else they stay outside.
 *
 * @param bare the tail without a cast, where neither scale nor shift follows that
 * @param quotient type in which the quotient was computed
 * @param mixed whether the operator takes an input of one type and a scale of another
 */
export function planOf(
  walk: Walk,
  tail: Tail,
  source: Source,
  bare: Tail,
  quotient: DataType,
  mixed: boolean,
): Plan | string {
  const { context } = walk;
  const to = dtypeOf(context, tail.end.outputs[0]!);
  const type = dtypeOf(context, source.x);
  if (!isFoldable(to) || !isFoldable(type)) return `it is computed in ${to ?? type ?? 'an unknown type'}`;
  if (context.backend === 'webgpu' && [to, type].includes('float64')) return 'WebGPU has no float64';
  const narrow =
    source.narrow === null ? null : { input: source.narrow, absorbed: source.cast, from: 'float16' as const };
  if (narrow && to === 'float16') return { tail, ...narrow, inner: to, to };
  const wide = { input: source.x, absorbed: null, from: type };
  const affine = tail.scale !== null || tail.shift !== null;
  if (mixed && affine && narrow) return { tail, ...narrow, inner: to, to };
  if (type === to) return { tail, ...wide, inner: to, to };
  if (mixed && affine) return { tail, ...wide, inner: to, to };
  const computed = { ...wide, from: quotient, inner: quotient };
  return tail.cast !== null && !affine ? { tail: bare, ...computed, to: quotient } : { tail, ...computed, to };
}
