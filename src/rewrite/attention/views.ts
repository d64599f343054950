import { getInt, getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { GraphId, Shape, ValueId } from '../../ir/types.ts';
import { constantInts, dtypeOf, rankOf, shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { regroup, sizeOfAtoms, type Atom, type Axes } from './atoms.ts';
import { scalarOf } from './scalars.ts';

/** A value that holds the elements of an operand (times `scale`) under other axes. */
export interface View {
  readonly value: ValueId;
  readonly axes: Axes;
  /** operand = view · scale. */
  readonly scale: number;
  /** Factors that the operand repeats and the value has once (heads that share a key). */
  readonly repeated: readonly Atom[];
  /** How many nodes lie between the value and the operand. */
  readonly steps: number;
}

/** A value as it is. */
export const viewOf = (value: ValueId, axes: Axes, repeated: readonly Atom[] = []): View => ({
  value,
  axes,
  scale: 1,
  repeated,
  steps: 0,
});

/** What is in front of a node that only moves elements: its input's axes, from those of its result. Null: not known. */
type Step = (context: PassContext, node: Node, view: View, output: number) => View | null;

const MOST_STEPS = 24;

/** Views of an operand, the operand first, each one step further back in the graph. */
export function viewsOf(context: PassContext, graph: GraphId, start: View): readonly View[] {
  const views = [start];
  for (let view: View | null = start; view !== null && views.length < MOST_STEPS;) {
    view = stepBack(context, graph, view);
    if (view) views.push(view);
  }
  return views;
}

/** One step back; null where elements are computed, chosen in a way that axes do not tell, or given from outside. */
export function stepBack(context: PassContext, graph: GraphId, view: View): View | null {
  const { producer } = context.model.getValue(view.value);
  if (!producer) return null;
  const node = context.model.getNode(producer.node);
  if (node.graph !== graph || node.domain !== '') return null;
  const before = STEPS[node.opType]?.(context, node, view, producer.index) ?? null;
  return before && { ...before, steps: view.steps + 1 };
}

/** The axes of a node's result from those of its first input, for nodes that keep all elements. Null: not known. */
export function stepForward(context: PassContext, node: Node, axes: Axes): Axes | null {
  const result = node.outputs[0] ?? null;
  if (node.domain !== '' || result === null) return null;
  if (node.opType === 'Identity') return axes;
  if (node.opType === 'Transpose') return permOf(node, axes.length).map((axis) => axes[axis] ?? []);
  const shape = shapeOf(context, result);
  return /^(Reshape|Flatten|Squeeze|Unsqueeze)$/.test(node.opType) && shape ? regroup(axes.flat(), shape) : null;
}

const permOf = (node: Node, rank: number): number[] =>
  getInts(node, 'perm', null) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);

function moved(view: View, node: Node, axes: Axes | null): View | null {
  const value = node.inputs[0] ?? null;
  return value === null || axes === null ? null : { ...view, value, axes };
}

const inputShape = (context: PassContext, node: Node): Shape => {
  const input = node.inputs[0] ?? null;
  return input === null ? null : shapeOf(context, input);
};

const transpose: Step = (_, node, view) => {
  const axes: (readonly Atom[])[] = view.axes.map(() => []);
  permOf(node, view.axes.length).forEach((from, to) => (axes[from] = view.axes[to] ?? []));
  return moved(view, node, axes);
};

const reshape: Step = (context, node, view) => {
  const shape = inputShape(context, node);
  return shape && moved(view, node, regroup(view.axes.flat(), shape));
};

/** Axes given as an attribute or, from version 13 on, as an input; null: left out or not constant. */
function axesOf(context: PassContext, node: Node): readonly number[] | null {
  const attribute = getInts(node, 'axes', null);
  if (attribute) return attribute;
  const input = node.inputs[1] ?? null;
  return input === null ? null : constantInts(context, input);
}

const at = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const unsqueeze: Step = (context, node, view) => {
  const rank = view.axes.length;
  const gone = axesOf(context, node)?.map((axis) => at(axis, rank));
  if (!gone || gone.some((axis) => view.axes[axis]?.length !== 0)) return null;
  return moved(
    view,
    node,
    view.axes.filter((_, axis) => !gone.includes(axis)),
  );
};

const squeeze: Step = (context, node, view) => {
  const shape = inputShape(context, node);
  const given = axesOf(context, node);
  if (!shape || (!given && node.inputs[1])) return null;
  const gone = given?.map((axis) => at(axis, shape.length)) ?? shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  if (!given && shape.some((dim) => typeof dim !== 'number')) return null;
  const kept = [...view.axes];
  return moved(
    view,
    node,
    shape.map((_, axis) => (gone.includes(axis) ? [] : (kept.shift() ?? []))),
  );
};

/** y = x·c and y = x/c with one number c. */
const scale =
  (divides: boolean): Step =>
  (context, node, view) => {
    const [left, right] = [node.inputs[0] ?? null, node.inputs[1] ?? null];
    if (left === null || right === null) return null;
    for (const [x, c] of divides ? [[left, right] as const] : [[left, right] as const, [right, left] as const]) {
      const factor = scalarOf(context, c);
      const rank = rankOf(context, c);
      if (factor === null || factor === 0 || !Number.isFinite(factor) || rank === null || rank > view.axes.length)
        continue;
      if (rankOf(context, x) !== view.axes.length) continue;
      return { ...view, value: x, scale: divides ? view.scale / factor : view.scale * factor };
    }
    return null;
  };

/** The part of an axis that starts at `start`, as one index of a factor in front of it. */
function part(view: View, axis: number, start: number, size: number, whole: number): Axes | null {
  if (size === whole) return view.axes;
  if (size <= 0 || start % size !== 0 || whole % size !== 0) return null;
  const atom: Atom = { root: 'part', path: String(view.axes.flat().length), size: whole / size, fixed: start / size };
  return view.axes.map((atoms, i) => (i === axis ? [atom, ...atoms] : atoms));
}

const gather: Step = (context, node, view) => {
  const indices = node.inputs[1] ?? null;
  const shape = inputShape(context, node);
  if (indices === null || !shape || shape.length !== view.axes.length + 1 || rankOf(context, indices) !== 0)
    return null;
  const index = constantInts(context, indices)?.[0];
  const axis = at(getInt(node, 'axis', 0), shape.length);
  const whole = shape[axis];
  if (index === undefined || typeof whole !== 'number') return null;
  const axes = [...view.axes.slice(0, axis), [], ...view.axes.slice(axis)];
  return moved(view, node, part({ ...view, axes }, axis, at(index, whole), 1, whole));
};

const split: Step = (context, node, view, output) => {
  const shape = inputShape(context, node);
  if (!shape) return null;
  const axis = at(getInt(node, 'axis', 0), shape.length);
  const sizes = node.outputs.map((each) => (each === null ? null : (shapeOf(context, each)?.[axis] ?? null)));
  const whole = shape[axis];
  const own = sizes[output];
  const before = sizes.slice(0, output);
  if (typeof whole !== 'number' || typeof own !== 'number') return null;
  // An output that is left out has the size of its neighbours, where all are equal.
  const start = before.reduce<number>((sum, size) => sum + (typeof size === 'number' ? size : own), 0);
  if (before.includes(null) && own * node.outputs.length !== whole) return null;
  return moved(view, node, part(view, axis, start, own, whole));
};

/** Every `of`-th element of an axis, from `start` on. */
function stride(view: View, axis: number, start: number, of: number, whole: number): Axes | null {
  const own = sizeOfAtoms(view.axes[axis] ?? []);
  if (whole % of !== 0 || own !== whole / of || start < 0 || start >= of) return null;
  const atom: Atom = { root: 'part', path: String(view.axes.flat().length), size: of, fixed: start };
  return view.axes.map((atoms, i) => (i === axis ? [...atoms, atom] : atoms));
}

/** One contiguous piece of one axis, or every n-th element. Attributes before version 10. */
const slice: Step = (context, node, view) => {
  const shape = inputShape(context, node);
  const read = (name: string, index: number): readonly number[] | null | undefined => {
    const input = node.inputs[index] ?? null;
    return input === null ? getInts(node, name, undefined) : constantInts(context, input);
  };
  const [starts, axes, steps] = [read('starts', 1), read('axes', 3), read('steps', 4)];
  const axis = axes === undefined ? 0 : axes?.[0];
  const start = starts?.[0];
  if (!shape || axis === undefined || start === undefined || starts?.length !== 1) return null;
  const step = steps === undefined ? 1 : (steps?.[0] ?? 0);
  if (step < 1) return null;
  const index = at(axis, shape.length);
  const whole = shape[index];
  const own = sizeOfAtoms(view.axes[index] ?? []);
  if (typeof whole !== 'number' || typeof own !== 'number') return null;
  const from = at(start, whole);
  return moved(view, node, step === 1 ? part(view, index, from, own, whole) : stride(view, index, from, step, whole));
};

/** An axis of size 1 that is repeated: the factors there are one element of the input. */
const expand: Step = (context, node, view) => {
  const shape = inputShape(context, node);
  if (!shape || shape.length > view.axes.length) return null;
  const lead = view.axes.length - shape.length;
  if (view.axes.slice(0, lead).some((atoms) => atoms.length > 0)) return null;
  const repeated = [...view.repeated];
  const axes: (readonly Atom[])[] = [];
  for (const [i, dim] of shape.entries()) {
    const atoms = view.axes[lead + i] ?? [];
    const same = dim !== null && sizeOfAtoms(atoms) === dim;
    if (!same && dim !== 1) return null;
    if (!same) repeated.push(...atoms);
    axes.push(same ? atoms : []);
  }
  return moved({ ...view, repeated }, node, axes);
};

const cast: Step = (context, node, view) => {
  const input = node.inputs[0] ?? null;
  const same =
    input !== null && dtypeOf(context, input) !== null && dtypeOf(context, input) === dtypeOf(context, view.value);
  return same ? moved(view, node, view.axes) : null;
};

const STEPS: Readonly<Record<string, Step>> = {
  Identity: (_, node, view) => moved(view, node, view.axes),
  Cast: cast,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Mul: scale(false),
  Div: scale(true),
  Gather: gather,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: expand,
};
