import { getInt, getInts, ints } from '../../ir/attribute.ts';
import { int64s } from '../../ir/tensor.ts';
import { fromFront } from '../arithmetic.ts';
import { integers, setAttribute, withElement, type AxisRule, type Relation } from '../relation.ts';
import type { Cut, Place } from '../space.ts';
import { shifted } from './pairs.ts';

function passOthers(r: Relation, x: Place, y: Place | null, axis: number): void {
  x.shape.forEach((_, i) => {
    if (i !== axis) r.same(x, i, y, i);
  });
}

/** Split: part k is a window of the axis; sizes (attribute, input or equal parts) are written out after a cut. */
function relateSplit(r: Relation): void {
  const x = r.input(0);
  if (!x) return;
  const axis = fromFront(getInt(r.node, 'axis', 0), x.shape.length);
  const parts = r.node.outputs.map((_, k) => r.output(k));
  const sizes = parts.map((part) => part?.shape[axis]);
  for (const part of parts) passOthers(r, x, part, axis);
  if (!sizes.every((size) => typeof size === 'number')) return;
  if (r.node.inputs[1] && !r.tracer.constants(r.node, 1)) return r.freeze(x, axis, 'its sizes are computed');
  let offset = 0;
  parts.forEach((part, k) => {
    const size = sizes[k] ?? 0;
    r.map(part, axis, x, axis, shifted(size, offset));
    offset += size;
  });
  rewriteSplit(r, x, axis, sizes);
}

function rewriteSplit(r: Relation, x: Place, axis: number, sizes: readonly number[]): void {
  const id = x.axes[axis];
  const leaf = r.input(1);
  if (id === undefined) return;
  if (leaf) r.own(leaf, [[x, axis]]);
  else if (r.opset >= 13) r.space.added.push({ axes: [id], elements: sizes.length, bytes: sizes.length * 8 });
  r.onCut([[x, axis]], (cut) => {
    const counts = windowCounts(cut.kept(id), sizes);
    if (leaf) cut.setLeaf(leaf, integers(cut.leaf(leaf), counts));
    else if (r.opset < 13) setAttribute(r, cut, 'split', ints(counts));
    else writeSizes(r, cut, counts);
  });
}

function writeSizes(r: Relation, cut: Cut, counts: readonly number[]): void {
  const node = cut.model.getNode(r.node.id);
  const old = node.inputs[1];
  node.attributes.delete('num_outputs');
  if (old) cut.model.setInitializer(old, int64s(counts));
  else {
    const graph = cut.model.getGraph(node.graph);
    const output = node.outputs.find((each) => each !== null);
    const name = `${output ? cut.model.getValue(output).name : node.name}/split`;
    cut.model.setInput(node, 1, cut.model.addInitializer(graph, name, int64s(counts)).id);
  }
}

/** How many kept indices fall into each of the neighbouring windows. */
function windowCounts(kept: readonly number[], sizes: readonly number[]): number[] {
  let start = 0;
  return sizes.map((size) => {
    const [from, to] = [start, start + size];
    start = to;
    return kept.filter((index) => index >= from && index < to).length;
  });
}

interface Window {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** Position of the entry in `starts` and `ends`. */
  readonly entry: number;
}

/** Slice with step 1: a window of the axis. Starts and ends are rewritten; other steps freeze. */
function relateSlice(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  if (!x || !y) return;
  const axes = sliceAxes(r, x.shape.length);
  if (!axes) return r.freezeAll('slices axes that are not known');
  x.shape.forEach((_, i) => {
    if (!axes.includes(i)) r.same(x, i, y, i);
  });
  const [starts, ends] = [sliceEntries(r, 1, 'starts'), sliceEntries(r, 2, 'ends')];
  const steps = r.node.inputs[4] ? r.tracer.constants(r.node, 4) : axes.map(() => 1);
  axes.forEach((axis, entry) => {
    const [start, end, step, size] = [starts?.[entry], ends?.[entry], steps?.[entry], x.shape[axis]];
    if (typeof size !== 'number' || start === undefined || end === undefined || step !== 1) return;
    relateWindow(r, x, y, clampWindow({ axis, start, end, step, entry }, size), size);
  });
}

function relateWindow(r: Relation, x: Place, y: Place, window: Window, size: number): void {
  const { axis, start, end } = window;
  if (end - start === size) r.same(x, axis, y, axis);
  else if (end > start) {
    r.map(y, axis, x, axis, shifted(end - start, start));
    rewriteWindow(r, x, window);
  }
}

const countBelow = (kept: readonly number[], limit: number): number => kept.filter((index) => index < limit).length;

function rewriteWindow(r: Relation, x: Place, { axis, start, end, entry }: Window): void {
  const id = x.axes[axis];
  if (id === undefined) return;
  const bounds = [
    { slot: 1, name: 'starts', at: start },
    { slot: 2, name: 'ends', at: end },
  ];
  for (const { slot, name, at } of bounds) {
    const leaf = r.node.inputs.length > 1 ? r.input(slot) : null;
    if (leaf) r.own(leaf, [[x, axis]]);
    r.onCut([[x, axis]], (cut) => {
      const value = countBelow(cut.kept(id), at);
      if (leaf) cut.setLeaf(leaf, withElement(cut.leaf(leaf), entry, value));
      else setAttribute(r, cut, name, ints(replaced(getInts(cut.model.getNode(r.node.id), name, []), entry, value)));
    });
  }
}

const replaced = (list: readonly number[], at: number, value: number): number[] =>
  list.map((each, i) => (i === at ? value : each));

function clampWindow(window: Window, size: number): Window {
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  return { ...window, start: clamp(window.start), end: clamp(window.end) };
}

function sliceEntries(r: Relation, slot: number, name: string): readonly number[] | null {
  return r.node.inputs.length > 1 ? r.tracer.constants(r.node, slot) : getInts(r.node, name, null);
}

function sliceAxes(r: Relation, rank: number): number[] | null {
  const given = r.node.inputs[3] ? r.tracer.constants(r.node, 3) : getInts(r.node, 'axes', null);
  if (r.node.inputs[3] && !given) return null;
  const count = r.inputs[1]?.shape[0] ?? getInts(r.node, 'starts', []).length;
  const axes = given ?? Array.from({ length: typeof count === 'number' ? count : 0 }, (_, i) => i);
  return axes.map((axis) => fromFront(axis, rank));
}

export const windowRules: Readonly<Record<string, AxisRule>> = {
  Split: {
    role: 'offset map',
    why: 'cuts the channels into neighbouring parts',
    barrier: 'splits this axis',
    relate: relateSplit,
  },
  Slice: {
    role: 'offset map',
    why: 'takes a window of the channels',
    barrier: 'slices this axis',
    relate: relateSlice,
  },
};
