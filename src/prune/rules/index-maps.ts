import { getInt, getInts, getString, ints } from '../../ir/attribute.ts';
import { int64s } from '../../ir/tensor.ts';
import { integers, setAttribute, withElement, type AxisRule, type Relation } from '../relation.ts';
import type { SizeSource } from '../sizes.ts';
import type { Cut, Pairs, Place } from '../space.ts';

const normal = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const shifted =
  (count: number, offset: number): Pairs =>
  (visit) => {
    for (let i = 0; i < count; i++) visit(i, i + offset);
  };

function passOthers(r: Relation, x: Place, y: Place | null, axis: number): void {
  x.shape.forEach((_, i) => {
    if (i !== axis) r.same(x, i, y, i);
  });
}

/** Split: part k is a window of the axis; sizes (attribute, input or equal parts) are written out after a cut. */
function relateSplit(r: Relation): void {
  const x = r.input(0);
  if (!x) return;
  const axis = normal(getInt(r.node, 'axis', 0), x.shape.length);
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
  return axes.map((axis) => normal(axis, rank));
}

/** Gather with a constant vector of indices: entry k of the result is entry indices[k]; indices are renumbered. */
function relateGather(r: Relation): void {
  const [x, indices, y] = [r.input(0), r.input(1), r.output()];
  if (!x || !y || !indices) return;
  const axis = normal(getInt(r.node, 'axis', 0), x.shape.length);
  const grown = indices.shape.length - 1;
  x.shape.forEach((_, i) => {
    if (i !== axis) r.same(x, i, y, i < axis ? i : i + grown);
  });
  const constants = r.tracer.constants(r.node, 1);
  const size = x.shape[axis];
  if (!constants || indices.shape.length !== 1 || typeof size !== 'number') return relateLookup(r, x, axis, y);
  const picked = constants.map((index) => normal(index, size));
  r.same(indices, 0, y, axis);
  r.map(y, axis, x, axis, (visit) => picked.forEach((index, k) => visit(k, index)));
  const [from, to] = [x.axes[axis], y.axes[axis]];
  if (from === undefined || to === undefined) return;
  r.own(indices, [
    [x, axis],
    [y, axis],
  ]);
  r.onCut(
    [
      [x, axis],
      [y, axis],
    ],
    (cut) => {
      const place = new Map(cut.kept(from).map((index, position) => [index, position]));
      const renumbered = cut.kept(to).map((k) => place.get(picked[k] ?? -1) ?? 0);
      cut.setLeaf(indices, integers(indices.tensor ?? cut.leaf(indices), renumbered));
    },
  );
}

/** Indices that come at run time read an embedding table: its other axes are what it makes. */
function relateLookup(r: Relation, x: Place, axis: number, y: Place): void {
  if (!r.constant(x) || !y) return;
  x.shape.forEach((_, i) => {
    if (i !== axis) r.produces(x, i);
  });
  r.weighs(x);
}

/** Resize: an axis passes where its scale is 1 (or, with `sizes`, where its size is unchanged). */
function relateResize(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  if (!x || !y) return;
  if (getString(r.node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize') return r.freezeAll('crops');
  const axes = getInts(r.node, 'axes', null)?.map((axis) => normal(axis, x.shape.length));
  const scales = scalesOf(r);
  const sizes = r.node.inputs[3] ? r.tracer.input(r.node, 3) : null;
  x.shape.forEach((dim, i) => {
    const entry = axes ? axes.indexOf(i) : i;
    if (entry < 0) r.same(x, i, y, i);
    else if (sizes) resizeTo(r, x, y, i, sizes[entry], dim === y.shape[i]);
    else if (scales?.[entry] === 1) r.same(x, i, y, i);
  });
}

function resizeTo(r: Relation, x: Place, y: Place, i: number, size: SizeSource | undefined, equal: boolean): void {
  if (equal) {
    r.same(x, i, y, i);
    r.sized(y, i, size);
  } else if (size?.kind === 'size') r.freeze(r.space.value(size.value), size.dim, 'resizes to the size of this axis');
}

/** Resize has its scales in slot 2 since opset 11, in slot 1 before (as Upsample), or as an attribute. */
function scalesOf(r: Relation): ArrayLike<number> | null {
  const slot = r.node.opType === 'Resize' && r.opset >= 11 ? 2 : 1;
  const attribute = r.node.attributes.get('scales');
  if (attribute?.type === 'floats') return attribute.value;
  const tensor = r.input(slot)?.tensor;
  return tensor && tensor.size > 0 ? tensor.numbers() : null;
}

/** Pad: an axis without padding passes. */
function relatePad(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  if (!x || !y) return;
  const pads = r.node.inputs[1] ? r.tracer.constants(r.node, 1) : getInts(r.node, 'pads', null);
  const given = r.node.inputs[3] ? r.tracer.constants(r.node, 3) : x.shape.map((_, i) => i);
  if (!pads || !given) return r.freezeAll('pads by amounts that are not known');
  const axes = given.map((axis) => normal(axis, x.shape.length));
  x.shape.forEach((_, i) => {
    const entry = axes.indexOf(i);
    if (entry < 0 || (pads[entry] === 0 && pads[entry + axes.length] === 0)) r.same(x, i, y, i);
  });
}

/** Expand: an axis that keeps its size passes, one that grows has the size that the target says. */
function relateExpand(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const target = r.tracer.input(r.node, 1);
  if (!x || !y || !target) return;
  r.exempt(r.input(1), 0);
  const shift = y.shape.length - x.shape.length;
  x.shape.forEach((dim, i) => {
    if (dim === 1 && y.shape[i + shift] !== 1) r.exempt(x, i);
    else r.same(x, i, y, i + shift);
  });
  y.shape.forEach((dim, j) => {
    const entry = target[j - (y.shape.length - target.length)];
    const follows = entry === undefined || (entry.kind === 'constant' && entry.value === 1);
    if (!follows && dim !== 1) r.sized(y, j, entry);
  });
}

/** ConstantOfShape: every axis has the size that the vector says. */
function relateFill(r: Relation): void {
  const y = r.output();
  const target = r.tracer.input(r.node, 0);
  if (!y || !target) return;
  r.exempt(r.input(0), 0);
  y.shape.forEach((_, i) => r.sized(y, i, target[i]));
}

export const indexRules: Readonly<Record<string, AxisRule>> = {
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
  Gather: {
    role: 'index map',
    why: 'picks channels by index',
    barrier: 'gathers along this axis',
    relate: relateGather,
  },
  Resize: {
    role: 'per channel',
    why: 'resizes every channel by itself',
    barrier: 'resizes this axis',
    sizes: [3],
    relate: relateResize,
  },
  Upsample: {
    role: 'per channel',
    why: 'resizes every channel by itself',
    barrier: 'resizes this axis',
    relate: relateResize,
  },
  Pad: { role: 'per channel', why: 'pads every channel by itself', barrier: 'pads this axis', relate: relatePad },
  Expand: {
    role: 'tied',
    why: 'repeats along other axes',
    barrier: 'repeats along this axis',
    sizes: [1],
    relate: relateExpand,
  },
  ConstantOfShape: {
    role: 'per channel',
    why: 'fills a tensor of this size',
    barrier: 'fills this axis',
    sizes: [0],
    relate: relateFill,
  },
};
