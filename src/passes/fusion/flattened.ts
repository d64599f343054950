import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';

/** K and N: sizes of the last axis before and after. */
type Sizes = readonly [Dim, Dim];

/** The shape as constants that Reshape takes: one size that is no number is left for it to find out (-1). */
function target(leading: readonly Dim[], last: Dim): number[] | null {
  const unknown = leading.filter((dim) => typeof dim !== 'number').length;
  if (unknown > 1 || typeof last !== 'number') return null;
  return [...leading.map((dim) => (typeof dim === 'number' ? dim : -1)), last];
}

/**
 * Why the leading axes of a value [d…, K] cannot be made one axis before, and be themselves again after, something that
 * turns rows [M, K] into rows [M, N]; null: they can.
 */
export function flattenRefusal(shape: readonly Dim[], [before, after]: Sizes): string | null {
  const back = target(shape.slice(0, -1), after);
  if (!back || typeof before !== 'number') return 'more than one of its sizes is not known';
  return [...back, before].includes(0) ? 'it may be empty, and a Reshape takes a size of 0 for another' : null;
}

/** Reshape to [M, K], rows to rows, and Reshape to [d…, N]; gives the node whose result is to be taken. */
export function flattened(
  build: Build,
  x: ValueId,
  { shape, sizes: [before, after] }: { readonly shape: readonly Dim[]; readonly sizes: Sizes },
  rowsToRows: (rows: ValueId) => Node,
): Node {
  const reshape = (value: ValueId, sizes: readonly number[], name: string): Node =>
    build.node('Reshape', [value, build.constant(`${name}-shape`, int64s(sizes))], { label: name });
  const rows = reshape(x, [shape.length === 1 ? 1 : -1, Number(before)], 'rows');
  const made = rowsToRows(build.output(rows, 'rows', null));
  return reshape(build.output(made, 'result-rows', null), target(shape.slice(0, -1), after) ?? [], 'axes');
}
