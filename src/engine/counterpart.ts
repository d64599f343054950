import type { Model, Value } from '../ir/model.ts';
import type { Dim, Shape, ValueId } from '../ir/types.ts';

export const shapeOf = ({ type }: Value): Shape => (type?.kind === 'tensor' ? type.shape : null);

/**
 * The value of the earlier model that holds the same; null: there is none. A value that was scaled or sliced in between
 * is not the same.
 */
export function counterpart(before: Model, after: Model, id: ValueId): Value | null {
  const { origin } = after.getValue(id);
  const old = before.values.get(id);
  const isMain = (value: Value | undefined): value is Value => value?.graph === before.graph.id;
  if (isMain(old) && before.graph.outputs.includes(id) && after.graph.outputs.includes(id)) return old;
  if (isMain(old) && (origin === null || origin === old.origin || origin.relation === 'same')) return old;
  if (origin?.relation !== 'same') return null;
  const source = before.values.get(origin.value);
  return isMain(source) ? source : null;
}

/** A dimension that both take; undefined: there is none. */
function commonDim(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a === b ? a : undefined;
  return typeof a === 'number' ? a : b;
}

export function commonShape(a: Shape, b: Shape): readonly Dim[] | null {
  if (a === null || b === null) return a ?? b;
  if (a.length !== b.length) return null;
  const dims = a.map((dim, axis) => commonDim(dim, b[axis] ?? null));
  return dims.every((dim) => dim !== undefined) ? dims : null;
}

/** How many times `a` goes into `b` along axis 0, all other sizes alike; 0: it does not. */
export function partsOf(a: Shape, b: Shape): number {
  const [first, second] = [a?.[0], b?.[0]];
  if (typeof first !== 'number' || typeof second !== 'number' || second % first !== 0) return 0;
  return commonShape(a?.slice(1) ?? null, b?.slice(1) ?? null) === null ? 0 : second / first;
}
