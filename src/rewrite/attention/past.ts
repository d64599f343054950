import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { GraphId, ValueId } from '../../ir/types.ts';
import { shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { atomsOf, sizeOfAtoms } from './atoms.ts';
import { batchKey, best, formsOf, headCount, type Form, type Roles } from './heads.ts';
import { viewsOf, type View } from './views.ts';

/** Earlier keys (or values), the new ones behind them, and all of them together. */
export interface Side {
  readonly concat: Node;
  /** `[batch, heads, earlier positions, width]` */
  readonly earlier: Form;
  /** `[batch, positions, heads·width]` */
  readonly own: Form;
  /** All of them, and how they are read as heads. */
  readonly all: ValueId;
  readonly form: Form;
}

export interface Past {
  readonly key: Side;
  readonly value: Side;
}

const EARLIER = 'earlier';

/** Keys and values that a Concat puts behind earlier ones: a cache. */
export function pastOf(context: PassContext, graph: GraphId, keys: View, values: View, roles: Roles): readonly Past[] {
  const key = sideOf(context, graph, keys, roles);
  const value = key && sideOf(context, graph, values, roles);
  return key && value && key.concat !== value.concat ? [{ key, value }] : [];
}

function sideOf(context: PassContext, graph: GraphId, start: View, roles: Roles): Side | null {
  for (const view of viewsOf(context, graph, start)) {
    const { producer } = context.model.getValue(view.value);
    const concat = producer && context.model.getNode(producer.node);
    if (concat?.opType !== 'Concat' || concat.domain !== '' || concat.graph !== graph) continue;
    return view.repeated.length > 0 ? null : joined(context, graph, concat, view, roles);
  }
  return null;
}

function joined(context: PassContext, graph: GraphId, concat: Node, view: View, roles: Roles): Side | null {
  const rank = view.axes.length;
  const axis = getInt(concat, 'axis', 0);
  const place = axis < 0 ? axis + rank : axis;
  const [first = null, second = null, ...more] = concat.inputs;
  const positions = view.axes[place];
  if (!positions?.every((atom) => atom.root === roles.position) || first === null || second === null || more.length > 0)
    return null;
  const earlier = pieceOf(context, graph, view, first, place, EARLIER, roles, 'heads');
  const own = pieceOf(context, graph, view, second, place, roles.position, roles, 'flat');
  if (!earlier || !own || headCount(earlier) !== headCount(own) || batchKey(earlier) !== batchKey(own)) return null;
  const form = best(formsOf(view, roles).filter((each) => each.to === 'heads'));
  return form && headCount(form) === headCount(own) ? { concat, earlier, own, all: view.value, form } : null;
}

/** One of the two parts in the form that the operator takes; what scales it must scale the other too. */
function pieceOf(
  context: PassContext,
  graph: GraphId,
  view: View,
  value: ValueId,
  place: number,
  position: string,
  roles: Roles,
  to: Form['to'],
): Form | null {
  const size = shapeOf(context, value)?.[place] ?? null;
  if (size === null) return null;
  const axes = view.axes.map((atoms, i) => (i === place ? atomsOf(position, size) : atoms));
  const forms = viewsOf(context, graph, { ...view, value, axes })
    .filter((each) => each.scale === view.scale && each.repeated.length === 0)
    .flatMap((each) => formsOf(each, { ...roles, position }));
  return best(forms.filter((form) => form.to === to));
}

/** Positions of the new keys, as a size. */
export const ownLength = (side: Side, roles: Roles): ReturnType<typeof sizeOfAtoms> =>
  sizeOfAtoms(side.own.view.axes.flat().filter((atom) => atom.root === roles.position));
