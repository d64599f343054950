import { getInt, getInts } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { known, mapCoordinates, smallShape, stridesOf } from './contents.ts';
import {
  addDims,
  atLeast,
  ceilDivDims,
  compareDims,
  floorDivDims,
  maxDims,
  minDims,
  mulDims,
  notAbove,
  subDims,
  sumDims,
} from './dim.ts';
import { intsFrom } from './reshape.ts';
import { axesOf, axisOf, firstDtype, mergeShapes, numbersOf, typed, unknownDims } from './shapes.ts';
import type { EvaluateRule, InferContext, OpTable, Types } from './types.ts';
import { free } from './work.ts';

/** One axis of a Slice, as it stands. */
export interface SliceAxis {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
}

/** Reads starts, ends, axes and steps (attributes before opset 10); null: which axes are cut is unknown. */
export function slicesOf(c: InferContext, rank: number): SliceAxis[] | null {
  const starts = intsFrom(c, 'starts', 1);
  const ends = intsFrom(c, 'ends', 2);
  const count = starts?.length ?? ends?.length;
  const given = intsFrom(c, 'axes', 3);
  const steps = intsFrom(c, 'steps', 4);
  if (count === undefined || given === null || steps === null) return null;
  const axes = axesOf(numbersOf(given ?? Array.from({ length: count }, (_, i) => i)) ?? [], rank);
  const stepNumbers = numbersOf(steps ?? Array.from({ length: count }, () => 1));
  if (axes?.length !== count || stepNumbers?.length !== count) return null;
  return axes.map((axis, i) => ({
    axis,
    start: starts?.[i] ?? null,
    end: ends?.[i] ?? null,
    step: stepNumbers[i] ?? 1,
  }));
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** First index and number of elements that a slice takes from an axis of a known size (operator specification). */
export function sliceRange(size: number, start: number, end: number, step: number): { first: number; count: number } {
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const first = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
  const last = step > 0 ? clamp(to, 0, size) : clamp(to, -1, size - 1);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

/**
 * No axis is this long: of single bytes it would take a quarter of WebAssembly's memory. Exporters write a bound of
 * 10⁹, or INT64_MAX, for "to the end".
 */
const BEYOND_ANY_AXIS = 1e9;
/** Longer expressions help nobody; the size is unknown then. */
const LONGEST_EXPRESSION = 64;

/**
 * Size of a sliced axis: max(clamp(end) − clamp(start), 0), bounds clamped to [0, size]. `roomy`: bounds that are
 * symbols are taken to lie inside.
 */
function slicedDim(size: Dim, { start, end, step }: SliceAxis, roomy: boolean): Dim {
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    return sliceRange(size, start, end, step).count;
  }
  if (step < 0) return step === -1 && start === -1 && typeof end === 'number' && end <= -BEYOND_ANY_AXIS ? size : null;
  const open = typeof end === 'number' && end >= BEYOND_ANY_AXIS;
  // The last k elements: min(k, size).
  if (open && typeof start === 'number' && start < 0) return ceilDivDims(minDims(-start, size), step);
  const inside = (bound: Dim): boolean => roomy && typeof bound === 'string' && atLeast(bound, 0);
  const from = inside(start) ? start : clampBound(size, start);
  const to = open ? size : inside(end) ? end : clampBound(size, end);
  const length = from === 0 || notAbove(from, to) ? subDims(to, from) : maxDims(subDims(to, from), 0);
  const steps = ceilDivDims(length, step);
  return typeof steps === 'string' && steps.length > LONGEST_EXPRESSION ? null : steps;
}

/** min(max(bound, 0), size), counted from the end where it is negative; null where its sign is open. */
function clampBound(size: Dim, bound: Dim): Dim {
  if (bound === 0) return 0;
  if (atLeast(bound, 0)) return minDims(bound, size);
  const negative = typeof bound === 'number' || atLeast(subDims(0, bound), 1);
  return negative ? maxDims(addDims(size, bound), 0) : null;
}

function sliceShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return null;
  const slices = slicesOf(c, input.length);
  if (slices === null) return unknownDims(input.length);
  const shape = [...input];
  for (const slice of slices)
    shape[slice.axis] = slicedDim(input[slice.axis] ?? null, slice, takenAsRoomy(c, input, slice));
  return shape;
}

/**
 * A constant table (positions, a causal mask, rotary angles) that is cut by symbols is taken to be long enough for
 * them: past its end there is nothing to read, and the model has no meaning there. The assumption is told.
 */
function takenAsRoomy(c: InferContext, input: readonly Dim[], { axis, start, end }: SliceAxis): boolean {
  const furthest = typeof end === 'string' ? end : start;
  if (!c.isFixed(0) || typeof furthest !== 'string' || notAbove(furthest, input[axis] ?? null)) return false;
  c.assume(`${furthest} ≤ ${input[axis]}, the length of a constant table`);
  return true;
}

const sliceContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const input = known(c, 0);
  const slices = input && slicesOf(c, input.shape.length);
  if (!shape || !input || !slices) return [null];
  const strides = stridesOf(input.shape);
  const first = input.shape.map(() => 0);
  const step = input.shape.map(() => 1);
  for (const slice of slices) {
    if (typeof slice.start !== 'number' || typeof slice.end !== 'number') return [null];
    first[slice.axis] = sliceRange(input.shape[slice.axis] ?? 0, slice.start, slice.end, slice.step).first;
    step[slice.axis] = slice.step;
  }
  return [
    mapCoordinates(shape, (at) => {
      const index = at.reduce((sum, each, i) => sum + ((first[i] ?? 0) + each * (step[i] ?? 1)) * (strides[i] ?? 0), 0);
      return input.contents[index] ?? null;
    }),
  ];
};

function concatShape(c: InferContext): Shape {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  const first = shapes.find((shape) => shape !== null) ?? null;
  if (first === null) return null;
  const axis = axisOf(getInt(c.node, 'axis', 1), first.length);
  if (axis === null) {
    c.warn(`axis is outside rank ${first.length}`);
    return null;
  }
  const size = sumDims(shapes.map((shape) => shape?.[axis] ?? null));
  const merged = shapes.reduce<Shape>((all, shape) => mergeShapes(all, shape), first) ?? first;
  tellConcat(c, shapes, axis);
  return merged.with(axis, size);
}

function tellConcat(c: InferContext, shapes: readonly Shape[], axis: number): void {
  const first = shapes[0];
  for (const shape of shapes) {
    const differs = shape?.some((dim, i) => i !== axis && (compareDims(dim, first?.[i] ?? null) ?? 0) !== 0);
    if (differs) c.warn(`shapes [${first?.join(', ')}] and [${shape?.join(', ')}] do not concatenate on axis ${axis}`);
  }
}

const concatContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  if (!shape) return [null];
  if (shape.length === 1) return [concatFlat(c)];
  const inputs = c.node.inputs.map((_, i) => known(c, i));
  const axis = axisOf(getInt(c.node, 'axis', 1), shape.length) ?? 0;
  if (inputs.some((input) => input === null)) return [null];
  return [
    mapCoordinates(shape, (at) => {
      let offset = at[axis] ?? 0;
      for (const input of inputs) {
        const size = input?.shape[axis] ?? 0;
        if (offset >= size) offset -= size;
        else {
          const strides = stridesOf(input?.shape ?? []);
          const index = at.reduce((sum, each, i) => sum + (i === axis ? offset : each) * (strides[i] ?? 0), 0);
          return input?.contents[index] ?? null;
        }
      }
      return null;
    }),
  ];
};

/** Rank 1: an input without known contents leaves unknown elements, the others stay. */
function concatFlat(c: InferContext): Dim[] | null {
  const all: Dim[] = [];
  for (let i = 0; i < c.node.inputs.length; i++) {
    const size = c.shape(i)?.[0];
    if (typeof size !== 'number') return null;
    all.push(...(c.contents(i) ?? unknownDims(size)));
  }
  return all;
}

/** Sizes of a Split along its axis. */
function splitSizes(c: InferContext, size: Dim): readonly Dim[] {
  const given = intsFrom(c, 'split', 1);
  const parts = c.node.outputs.length;
  if (given) return given;
  if (given === null) return unknownDims(parts);
  const count = getInt(c.node, 'num_outputs', parts);
  // Before num_outputs (opset 18) the parts are equal; since then the last one takes what is left.
  if (!c.node.attributes.has('num_outputs')) return Array.from({ length: count }, () => floorDivDims(size, count));
  const chunk = ceilDivDims(size, count);
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? chunk : subDims(size, mulDims(chunk, count - 1))));
}

function splitTypes(c: InferContext): Types {
  const input = c.shape(0);
  const axis = input && axisOf(getInt(c.node, 'axis', 0), input.length);
  if (input === null || axis === null) return c.node.outputs.map(() => typed(c.dtype(0), null));
  const sizes = splitSizes(c, input[axis] ?? null);
  return c.node.outputs.map((_, i) => typed(c.dtype(0), input.with(axis, sizes[i] ?? null)));
}

const splitContents: EvaluateRule = (c, outputs) => {
  const input = known(c, 0);
  if (input?.shape.length !== 1) return outputs.map(() => null);
  let offset = 0;
  return outputs.map((_, i) => {
    const shape = smallShape([outputs[i] ?? null]);
    if (!shape || Number.isNaN(offset)) {
      offset = NaN;
      return null;
    }
    const size = shape[0] ?? 0;
    const part = input.contents.slice(offset, offset + size);
    offset += size;
    return part;
  });
};

/** Padding of each axis: [begin, end]; null: unknown. */
function padsOf(c: InferContext, rank: number): readonly (readonly [Dim, Dim])[] | null {
  const pads = getInts(c.node, 'paddings', null) ?? intsFrom(c, 'pads', 1);
  const given = c.has(3) ? numbersOf(c.contents(3)) : Array.from({ length: rank }, (_, i) => i);
  const axes = given && axesOf(given, rank);
  if (!pads || !axes || pads.length !== 2 * axes.length) return null;
  const all: [Dim, Dim][] = Array.from({ length: rank }, () => [0, 0]);
  axes.forEach((axis, i) => (all[axis] = [pads[i] ?? null, pads[i + axes.length] ?? null]));
  return all;
}

function padShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return null;
  const pads = padsOf(c, input.length);
  return input.map((dim, i) => {
    const [begin, end] = pads?.[i] ?? [null, null];
    return addDims(dim, addDims(begin, end));
  });
}

export const SLICING: OpTable = {
  Slice: {
    family: 'shape',
    signature: 'data starts? ends? axes? steps? → output',
    since: [1, 10, 11, 13],
    infer: (c) => [typed(c.dtype(0), sliceShape(c))],
    evaluate: sliceContents,
    work: free,
  },
  Concat: {
    family: 'shape',
    signature: 'inputs… → concat_result',
    since: [1, 4, 11, 13],
    infer: (c) => [typed(firstDtype(c, ...c.node.inputs.keys()), concatShape(c))],
    evaluate: concatContents,
    work: free,
  },
  Split: {
    family: 'shape',
    signature: 'input split? → outputs…',
    since: [1, 2, 11, 13, 18],
    infer: splitTypes,
    evaluate: splitContents,
    work: free,
  },
  Pad: {
    family: 'shape',
    signature: 'data pads? constant_value? axes? → output',
    since: [1, 2, 11, 13, 18, 19, 21, 23, 24, 25],
    infer: (c) => [typed(c.dtype(0), padShape(c))],
    work: free,
  },
  CenterCropPad: {
    family: 'shape',
    signature: 'input_data shape → output_data',
    since: [18],
    infer: (c) => {
      const input = c.shape(0);
      const target = c.contents(1);
      if (input === null) return [typed(c.dtype(0), null)];
      const axes = axesOf(getInts(c.node, 'axes', [...input.keys()]), input.length) ?? [];
      return [
        typed(
          c.dtype(0),
          input.map((dim, i) => (axes.includes(i) ? (target?.[axes.indexOf(i)] ?? null) : dim)),
        ),
      ];
    },
    work: free,
  },
};
