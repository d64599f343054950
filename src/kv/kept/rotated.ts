import type { Node } from '../../ir/model.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { atomsOf } from '../../rewrite/attention/atoms.ts';
import { viewOf, viewsOf, type View } from '../../rewrite/attention/views.ts';
import { label, outputsOf } from '../../rewrite/graphs.ts';
import { sameShape, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { rotationsAt } from '../../rewrite/rotary/rotation.ts';
import type { Kept, KeptSide } from './follow.ts';

/** New keys, rotated, then moved to where they are put behind those that are kept. */
export interface Rotated {
  readonly side: KeptSide;
  /** Keys before they are rotated. */
  readonly x: ValueId;
  /** Axis i of x is axis `perm[i]` of what is kept. */
  readonly perm: readonly number[];
  /** What rotates and what moves, in running order. */
  readonly nodes: readonly Node[];
  /** Readers of kept and new keys on the way to the product. */
  readonly readers: readonly Node[];
}

/** Null: new keys are not rotated. A clause: they are, but not so that it can be put off. */
export function rotatedOf(
  context: PassContext,
  kept: Kept,
  { plan, key }: Kept['layers'][number],
): Rotated | string | null {
  const { model } = context;
  const shape = shapeOf(context, key.own);
  if (!shape) return 'the shape of its keys is not known';
  const axes = shape.map((dim, i) => atomsOf(`a${i}`, dim));
  for (const view of viewsOf(context, key.concat.graph, viewOf(key.own, axes))) {
    const { producer } = model.getValue(view.value);
    const last = producer && model.getNode(producer.node);
    if (!last) return null;
    const [rotation] = [...rotationsAt(context, last)];
    if (!rotation) continue;
    const { x } = rotation;
    if (!sameShape(context, x, view.value)) return `${label(model, last)} is not proven to keep the shape of keys`;
    const perm = movedAxes(view.axes, shape);
    if (view.scale !== 1 || !perm)
      return 'what lies between the rotation of keys and what is kept does more than move axes';
    const nodes = between(context, kept, x, key.own);
    if (typeof nodes === 'string') return nodes;
    return { side: key, x, perm, nodes, readers: readersOf(context, key.joined, plan.scores.product.node) };
  }
  return null;
}

/** Where each axis of a view comes from; null: it is no whole axis of `shape`. Axes of 1 hold nothing: any will do. */
function movedAxes(axes: View['axes'], shape: readonly Dim[]): readonly number[] | null {
  const units = shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  const moved = axes.map(([atom, ...others]) => {
    if (!atom) return units.shift() ?? -1;
    return others.length === 0 && atom.path === '' ? Number(atom.root.slice(1)) : -1;
  });
  const isWhole = moved.length === shape.length && new Set(moved).size === shape.length && !moved.includes(-1);
  return isWhole ? moved : null;
}

/** Nodes between two values; a clause where they read, or are read by, something else that the text flows through. */
function between({ model }: PassContext, kept: Kept, from: ValueId, to: ValueId): readonly Node[] | string {
  const found = new Set<Node>();
  const stack = [to];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    const { producer, name } = model.getValue(value);
    if (value === from || !kept.data.has(value)) continue;
    const node = producer && model.getNode(producer.node);
    if (!node) return `its rotation reads ${name} too`;
    if (found.has(node)) continue;
    found.add(node);
    for (const input of node.inputs) if (input !== null) stack.push(input);
  }
  for (const node of found) {
    for (const output of outputsOf(node)) {
      if (output === to) continue;
      const other = model.getValue(output).uses.find((use) => !found.has(model.getNode(use.node)));
      if (other || model.isGraphOutput(output)) return `the result of ${label(model, node)} is read elsewhere too`;
    }
  }
  return [...model.graph.nodes].map((id) => model.getNode(id)).filter((node) => found.has(node));
}

/** Readers of a value from which a node can be reached. */
function readersOf({ model }: PassContext, value: ValueId, to: Node): readonly Node[] {
  const behind = new Set([to]);
  const stack = [to];
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const input of node.inputs) {
      const producer = input === null || input === value ? null : model.getValue(input).producer;
      const before = producer && model.getNode(producer.node);
      if (before && !behind.has(before)) {
        behind.add(before);
        stack.push(before);
      }
    }
  }
  return model
    .getValue(value)
    .uses.map((use) => model.getNode(use.node))
    .filter((node) => behind.has(node));
}
