import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';
import type { Axes } from './atoms.ts';
import { batchKey, formsOf, headCount, type Form, type Roles } from './heads.ts';
import type { Product } from './products.ts';
import { isShape } from './readers.ts';
import { viewOf, stepForward } from './views.ts';

/** A value behind the last product, and how `[batch, positions, heads·width]` becomes it. */
export interface Merge {
  readonly target: ValueId;
  /** Nodes between the product and the target, and the axes of their results. */
  readonly nodes: readonly Node[];
  readonly axes: readonly Axes[];
  /** Shape before the Transpose: 0 copies a size, −1 takes the rest; null: as it is. */
  readonly reshape: 'split' | 'rows' | null;
  /** Axes of the target in terms of what the operator (and the Reshape to heads) gives. */
  readonly perm: readonly number[] | null;
  readonly heads: number;
  readonly batch: string;
  readonly cost: number;
}

const MOST_MOVES = 8;

/** Every place where the fused operator could take over. */
export function mergesOf(context: PassContext, weighted: Product, roles: Roles): readonly Merge[] {
  const merges: Merge[] = [];
  const nodes: Node[] = [];
  const passed: Axes[] = [];
  let value = weighted.node.outputs[0] ?? null;
  let axes: Axes | null = weighted.axes;
  while (value !== null && axes !== null) {
    merges.push(...readings(value, axes, roles).map((each) => ({ ...each, nodes: [...nodes], axes: [...passed] })));
    const next = nodes.length < MOST_MOVES ? onlyReader(context, value, weighted.node) : null;
    axes = next && stepForward(context, next, axes);
    value = next?.outputs[0] ?? null;
    if (next && axes) {
      nodes.push(next);
      passed.push(axes);
    }
  }
  return merges;
}

/** The one node that reads a value, but for Shape. */
function onlyReader(context: PassContext, value: ValueId, from: Node): Node | null {
  const { model } = context;
  if (model.isGraphOutput(value)) return null;
  const readers = model.getValue(value).uses.map((use) => model.getNode(use.node));
  const [next, ...others] = readers.filter((node) => !isShape(node, from.graph));
  return next && others.length === 0 && next.graph === from.graph && next.inputs[0] === value ? next : null;
}

type Reading = Omit<Merge, 'nodes' | 'axes'>;

function readings(target: ValueId, axes: Axes, roles: Roles): Reading[] {
  const rows = axes.length === 2 ? unstacked(axes, roles) : null;
  const view = viewOf(target, rows ?? axes);
  return formsOf(view, roles)
    .filter((form) => form.to === 'flat' && form.part === null)
    .flatMap((form) => toReading(target, form, rows !== null));
}

function toReading(target: ValueId, form: Form, rows: boolean): Reading[] {
  const heads = headCount(form);
  if (heads === null) return [];
  const moves = form.perm.some((axis, i) => axis !== i);
  const reshape = rows ? 'rows' : form.view.axes.length === 4 ? 'split' : null;
  const perm = moves ? inverse(form.perm) : null;
  return [{ target, reshape, perm, heads, batch: batchKey(form), cost: (reshape ? 1 : 0) + (moves ? 1 : 0) }];
}

const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

/** [batch·positions][heads·width], or positions first, as three axes. */
function unstacked(axes: Axes, roles: Roles): Axes | null {
  const [rows = [], last = []] = axes;
  const positions = rows.filter((atom) => atom.root === roles.position);
  const batch = rows.filter((atom) => atom.root !== roles.position);
  const first = rows[0]?.root === roles.position && batch.length > 0 ? [positions, batch] : [batch, positions];
  return first.flat().every((atom, i) => atom === rows[i]) ? [...first, last] : null;
}
