import type { Node } from '../../ir/model.ts';
import type { GraphId } from '../../ir/types.ts';
import { sizeOfAtoms, type Atom } from '../../rewrite/attention/atoms.ts';
import { WIDTH } from '../../rewrite/attention/products.ts';
import { viewsOf, type View } from '../../rewrite/attention/views.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Cut } from './types.ts';

const rootOf = (atoms: readonly Atom[]): string | null => atoms[0]?.root ?? null;

/** The place of each of batch, heads, positions and width among four axes; null: they are not told apart. */
function orderOf(view: View, batch: string | null, keys: string): readonly number[] | null {
  if (view.axes.length !== 4 || view.axes.flat().some((atom) => atom.fixed !== undefined)) return null;
  if (view.axes.some((atoms) => new Set(atoms.map(({ root }) => root)).size > 1)) return null;
  const roots = view.axes.map(rootOf);
  const [positions, width] = [roots.indexOf(keys), roots.indexOf(WIDTH)];
  const others = [0, 1, 2, 3].filter((axis) => axis !== positions && axis !== width);
  if (positions < 0 || others.length !== 2) return null;
  // A head of one number has no factor; neither has a batch of one, nor one head.
  if (width < 0) return null;
  const [one = 0, two = 0] = others;
  const first = batch === null || roots[one] === batch || (roots[two] !== batch && roots[one] === null);
  return first ? [one, two, positions, width] : [two, one, positions, width];
}

/**
 * Where keys (or values) are best kept: once for all heads that share them, as near to the product as that allows, in the
 * order `[batch, heads, positions, width]` where they pass through it. `keys`: root of the positions.
 */
export function cutOf(
  context: PassContext,
  graph: GraphId,
  start: View,
  { product, batch, keys }: { readonly product: Node; readonly batch: string | null; readonly keys: string },
): Cut | string {
  const views = viewsOf(context, graph, start);
  const most = Math.max(...views.map(({ repeated }) => repeated.length));
  let found: { readonly cut: Cut; readonly moved: boolean } | null = null;
  const path: Node[] = [product];
  for (const view of views) {
    const order = view.repeated.length === most ? orderOf(view, batch, keys) : null;
    if (order) {
      const [, heads = 0, axis = 0, width = 0] = order;
      const moved = order.some((place, i) => place !== i);
      const sizes = [view.axes[heads] ?? [], view.axes[width] ?? []].map(sizeOfAtoms);
      if (typeof sizes[0] !== 'number' || typeof sizes[1] !== 'number')
        return 'the count or the width of heads is not known';
      // perm[i]: which of batch, heads, positions, width stands at axis i.
      const perm = moved ? [0, 1, 2, 3].map((place) => order.indexOf(place)) : null;
      const cut = { value: view.value, perm, axis, heads: sizes[0], width: sizes[1], path: [...path].reverse() };
      if (!found || (found.moved && !moved)) found = { cut, moved };
      if (!moved) break;
    }
    const producer = context.model.getValue(view.value).producer;
    if (producer) path.push(context.model.getNode(producer.node));
  }
  return found?.cut ?? 'keys and values are not proven to be split into batch, heads, positions and width';
}
