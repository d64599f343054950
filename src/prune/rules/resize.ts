import { getInts, getString } from '../../ir/attribute.ts';
import { fromFront } from '../arithmetic.ts';
import type { AxisRule, Relation } from '../relation.ts';
import type { SizeSource } from '../sizes.ts';
import type { Place } from '../space.ts';

/** Resize: an axis passes where its scale is 1 (or, with `sizes`, where its size is unchanged). */
function relateResize(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  if (!x || !y) return;
  if (getString(r.node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize') return r.freezeAll('crops');
  const axes = getInts(r.node, 'axes', null)?.map((axis) => fromFront(axis, x.shape.length));
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
  const axes = given.map((axis) => fromFront(axis, x.shape.length));
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

/** Tile: an axis that is repeated once passes. */
function relateTile(r: Relation): void {
  r.tracer.constants(r.node, 1)?.forEach((repeat, i) => {
    if (repeat === 1) r.same(r.input(0), i, r.output(), i);
  });
}

export const resizeRules: Readonly<Record<string, AxisRule>> = {
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
  Tile: { role: 'moves', why: 'repeats other axes', barrier: 'repeats along this axis', relate: relateTile },
};
