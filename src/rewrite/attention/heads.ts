import { inOrder, sizeOfAtoms, type Atom, type Axes } from './atoms.ts';
import type { View } from './views.ts';

/**
 * How a value can be had as `[batch, positions, heads·width]` (`flat`) or `[batch, heads, positions, width]` (`heads`),
 * the two forms that the attention operators take. `perm` brings its axes into the order [batch, positions, heads…,
 * width] or [batch, heads, positions, width].
 */
export interface Form {
  readonly view: View;
  readonly to: 'flat' | 'heads';
  readonly perm: readonly number[];
  /** Its last axis holds `of` such operands side by side; this one is at `index`. */
  readonly part: { readonly index: number; readonly of: number } | null;
  readonly batch: readonly Atom[];
  readonly heads: readonly Atom[];
  /** Nodes that it takes to get there. */
  readonly cost: number;
}

/** Which factors are which: roots of the leading axes, of the positions and of the width. */
export interface Roles {
  readonly outer: readonly string[];
  readonly position: string;
  readonly width: string;
}

/** Every way to read a view as heads. */
export function formsOf(view: View, roles: Roles): readonly Form[] {
  const rank = view.axes.length;
  if (rank !== 3 && rank !== 4) return [];
  return PERMS[rank].flatMap((perm) => {
    const axes = perm.map((axis) => view.axes[axis] ?? []);
    const moves = perm.every((axis, i) => axis === i) ? 0 : 1;
    return rank === 3 ? flat(view, perm, axes, roles, moves) : split(view, perm, axes, roles, moves);
  });
}

const only = (atoms: readonly Atom[] | undefined, roots: readonly string[]): boolean =>
  (atoms ?? []).every((atom) => roots.includes(atom.root));

/** [batch][positions][heads, width] */
function flat(view: View, perm: readonly number[], axes: Axes, roles: Roles, moves: number): Form[] {
  const [batch = [], positions, last = []] = axes;
  const [first] = last;
  const taken = first?.fixed !== undefined && typeof first.size === 'number' ? first : null;
  const inner = taken ? last.slice(1) : last;
  const heads = inner.filter((atom) => atom.root !== roles.width);
  const part = taken ? { index: taken.fixed ?? 0, of: Number(taken.size) } : null;
  const holds =
    only(batch, roles.outer) &&
    only(positions, [roles.position]) &&
    inOrder(inner, [...roles.outer, roles.width]) &&
    inOrder([...batch, ...heads], roles.outer) &&
    inOrder(positions ?? [], [roles.position]);
  if (!holds) return [];
  return [{ view, to: 'flat', perm, part, batch, heads, cost: moves + (part ? 1 : 0) }];
}

/** [batch][positions][heads][width], which a Reshape makes flat, or [batch][heads][positions][width]. */
function split(view: View, perm: readonly number[], axes: Axes, roles: Roles, moves: number): Form[] {
  const forms: Form[] = [];
  for (const to of ['flat', 'heads'] as const) {
    const [batch = [], second = [], third = [], width = []] = axes;
    const [positions, heads] = to === 'flat' ? [second, third] : [third, second];
    const holds =
      only(batch, roles.outer) &&
      only(heads, roles.outer) &&
      inOrder([...batch, ...heads], roles.outer) &&
      inOrder(positions, [roles.position]) &&
      inOrder(width, [roles.width]);
    if (holds) forms.push({ view, to, perm, part: null, batch, heads, cost: moves + (to === 'flat' ? 1 : 0) });
  }
  return forms;
}

const PERMS: Readonly<Record<3 | 4, readonly (readonly number[])[]>> = { 3: permutations(3), 4: permutations(4) };

/** All orders of 0 … n-1, the identity first. */
function permutations(n: number): readonly (readonly number[])[] {
  if (n === 0) return [[]];
  return permutations(n - 1)
    .flatMap((perm) => Array.from({ length: n }, (_, place) => [...perm.slice(0, place), n - 1, ...perm.slice(place)]))
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** Heads as a number; null where their count is not known. */
export function headCount(form: Form): number | null {
  const size = sizeOfAtoms(form.heads);
  return typeof size === 'number' ? size : null;
}

/** The batch, as text that is equal for equal sizes. */
export const batchKey = (form: Form): string => String(sizeOfAtoms(form.batch));

/** Nodes that come, less those that may go. */
export const price = (form: Form): number => form.cost - form.view.steps;

/** The cheapest; of equal ones that with the fewest new nodes. */
export function best(forms: readonly Form[]): Form | null {
  const dearer = (a: Form, b: Form): boolean => price(a) > price(b) || (price(a) === price(b) && a.cost > b.cost);
  return forms.reduce<Form | null>((found, form) => (found === null || dearer(found, form) ? form : found), null);
}
