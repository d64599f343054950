import { getInt, getInts, getString } from '../../../ir/attribute.ts';
import { fromFront } from '../../arithmetic.ts';
import { known, type Known } from '../known.ts';
import { first, type ConstantRule, type Look } from '../look.ts';

/** What is the same at every position of axes that change passes; null: it is not. */
function flat(value: Known | null, axes: Iterable<number>): Known | null {
  if (!value) return null;
  for (const axis of axes) if (value.shape[axis] !== 1) return null;
  return value;
}

/** Only what is 0 stays: elsewhere a 0 of the padding would come between. */
const zerosOf = (value: Known | null, padding = 0): Known | null =>
  value &&
  known(
    value.shape,
    value.values.map((each) => (each === padding ? each : NaN)),
  );

const spatial = (at: Look): number[] => (at.shape(0) ?? []).map((_, axis) => axis).slice(2);
const isPadded = ({ node }: Look): boolean =>
  getInts(node, 'pads', []).some((pad) => pad !== 0) || getString(node, 'auto_pad', 'NOTSET').startsWith('SAME');

/** The mean of a constant; padding counts only where it is told to, and so may a window that hangs over the end. */
function averagePool(at: Look): Known | null {
  const value = flat(at.known(0), spatial(at));
  const counts =
    getInt(at.node, 'count_include_pad', 0) !== 0 && (isPadded(at) || getInt(at.node, 'ceil_mode', 0) !== 0);
  return counts ? zerosOf(value) : value;
}

/** Padding never wins; with dilations a window could lie in it altogether. */
function maxPool(at: Look): Known | null {
  const dilated = getInts(at.node, 'dilations', []).some((each) => each !== 1);
  return dilated && isPadded(at) ? null : flat(at.known(0), spatial(at));
}

/** Axes come as an attribute or, later, as an input; none given: all. */
function reduce(at: Look): Known | null {
  const [value, shape] = [at.known(0), at.shape(0)];
  const given = at.has(1) ? at.ints(1) : getInts(at.node, 'axes', []);
  if (!value || !shape || !given) return null;
  if (given.length === 0 && getInt(at.node, 'noop_with_empty_axes', 0) !== 0) return value;
  const axes = given.length === 0 ? shape.map((_, i) => i) : given.map((axis) => fromFront(axis, shape.length));
  const kept = flat(value, axes);
  if (!kept || getInt(at.node, 'keepdims', 1) !== 0) return kept;
  return { shape: kept.shape.filter((_, i) => !axes.includes(i)), values: kept.values };
}

/** Weights of an interpolation sum to 1, unless it reads from outside. */
function resize(at: Look): Known | null {
  const [from, to] = [at.shape(0), at.outputShape()];
  const mode = getString(at.node, 'mode', 'nearest');
  const crops = getString(at.node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  if (!from || !to || crops || !['nearest', 'linear', 'bilinear'].includes(mode)) return null;
  return flat(at.known(0), [...spatial(at), ...moved(from, to)]);
}

const moved = (from: readonly unknown[], to: readonly unknown[]): number[] =>
  from.flatMap((size, i) => (typeof size === 'number' && size === to[i] ? [] : [i]));

/** With a constant around it, only what equals that constant stays one. */
function pad(at: Look): Known | null {
  const shape = at.shape(0);
  const pads = at.has(1) ? at.ints(1) : getInts(at.node, 'pads', null);
  const given = at.has(3) ? at.ints(3) : shape?.map((_, i) => i);
  if (!shape || !pads || !given) return null;
  const axes = given.map((axis) => fromFront(axis, shape.length));
  const padded = axes.filter((_, i) => pads[i] !== 0 || pads[i + axes.length] !== 0);
  const value = flat(at.known(0), padded);
  if (getString(at.node, 'mode', 'constant') !== 'constant' || padded.length === 0) return value;
  const filler = at.has(2) ? at.floats(2)?.[0] : at.node.attributes.has('value') ? undefined : 0;
  return filler === undefined ? null : zerosOf(value, filler);
}

const globally = first((at) => flat(at.known(0), spatial(at)));

export const windowConstants: Readonly<Record<string, ConstantRule>> = {
  AveragePool: first(averagePool),
  MaxPool: first(maxPool),
  GlobalAveragePool: globally,
  GlobalMaxPool: globally,
  ReduceMean: first(reduce),
  ReduceMax: first(reduce),
  ReduceMin: first(reduce),
  Resize: first(resize),
  Upsample: first(resize),
  Pad: first(pad),
};
