import { exactDivDims, productDims } from '../../ops/dim.ts';
import type { Dim } from '../../ir/types.ts';

/**
 * A factor of a dimension: the batch, the heads, the positions, the width of a head. Where a Reshape cuts a factor in
 * two, both halves keep the root and get a longer path, so that they are still in order. Factors of size 1 do not
 * exist: an axis of size 1 has none.
 */
export interface Atom {
  readonly root: string;
  readonly path: string;
  readonly size: Dim;
  /** One index of this factor was taken (`qkv[1]`): the tensor behind the step has all of them. */
  readonly fixed?: number;
}

/** A tensor's axes as products of factors, each row-major. */
export type Axes = readonly (readonly Atom[])[];

/** An axis of this size, as factors. */
export const atomsOf = (root: string, size: Dim): readonly Atom[] => (size === 1 ? [] : [{ root, path: '', size }]);

export const sizeOfAtoms = (atoms: readonly Atom[]): Dim => productDims(atoms.map((atom) => atom.size));

export const sameAtoms = (a: readonly Atom[], b: readonly Atom[]): boolean =>
  a.length === b.length && a.every((atom, i) => atom.root === b[i]?.root && atom.path === b[i]?.path);

/** In the order of their roots (as listed) and paths, each once. */
export function inOrder(atoms: readonly Atom[], roots: readonly string[]): boolean {
  const key = (atom: Atom): string => `${String(roots.indexOf(atom.root)).padStart(3, '0')}/${atom.path}`;
  return atoms.every((atom, i) => {
    const before = atoms[i - 1];
    return roots.includes(atom.root) && (before === undefined || key(before) < key(atom));
  });
}

/**
 * The same elements in the same order under other dimensions, as a Reshape sees them: factors are put together and cut
 * where the sizes say so. Null: the sizes do not say it for sure.
 */
export function regroup(atoms: readonly Atom[], dims: readonly Dim[]): Axes | null {
  const rest = [...atoms];
  const axes: Atom[][] = [];
  for (const dim of dims) {
    const axis = fill(rest, dim);
    if (axis === null) return null;
    axes.push(axis);
  }
  return rest.length === 0 ? axes : null;
}

/** Takes factors off the front until their product is `dim`. */
function fill(rest: Atom[], dim: Dim): Atom[] | null {
  const axis: Atom[] = [];
  let left: Dim = dim;
  while (left !== 1) {
    const atom = rest.shift();
    if (!atom || left === null) return null;
    const after: Dim = left === atom.size ? 1 : exactDivDims(left, atom.size);
    if (after !== null) {
      axis.push(atom);
      left = after;
      continue;
    }
    const second: Dim = exactDivDims(atom.size, left);
    if (second === null || atom.fixed !== undefined) return null;
    axis.push({ root: atom.root, path: `${atom.path}0`, size: left });
    rest.unshift({ root: atom.root, path: `${atom.path}1`, size: second });
    left = 1;
  }
  return axis;
}
