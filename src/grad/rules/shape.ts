import type { ValueId } from '../../ir/types.ts';
import { sizeOf } from '../../ir/types.ts';
import { floats } from '../../ir/tensor.ts';
import { alongAxis, padAxis, placeAxis, reverseAxis } from '../place.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

type Gradients = readonly (ValueId | null)[];

/** The same elements in the same order. */
const reshaped = (c: Vjp): Gradients => c.only(0, () => c.emit.reshape(c.gradient(), c.shape(0)));

function transpose(c: Vjp): Gradients {
  const perm = c.ints('perm') ?? c.shape(0).map((_, axis, all) => all.length - 1 - axis);
  const back = perm.map((_, axis) => perm.indexOf(axis));
  return c.only(0, () => c.emit.transpose(c.gradient(), back));
}

/** Every copy gives back to what it was copied from. */
function tile(c: Vjp): Gradients {
  return c.only(0, () => {
    const shape = c.shape(0);
    const repeats = c.emit.shape(c.output()).map((size, axis) => size / Math.max(1, shape[axis] ?? 1));
    const split = shape.flatMap((size, axis) => [repeats[axis] ?? 1, size]);
    const copies = shape.flatMap((_, axis) => (repeats[axis] === 1 ? [] : [2 * axis]));
    return c.emit.reshape(c.emit.sum(c.emit.reshape(c.gradient(), split), copies), shape);
  });
}

function concat(c: Vjp): Gradients {
  const { emit } = c;
  const axis = c.axis('axis', 1, emit.rank(c.output()));
  let start = 0;
  return c.node.inputs.map((_, index) => {
    const from = start;
    start += c.shape(index)[axis] ?? 0;
    return c.wants(index) ? emit.slice(c.gradient(), [from], [start], [axis]) : null;
  });
}

/** What nothing depends on gives zeros. */
function split(c: Vjp): Gradients {
  const { emit } = c;
  return c.only(0, () => {
    const axis = c.axis('axis', 0, c.rank(0));
    const parts = c.node.outputs.map((output, index) => {
      const gradient = c.gradientOr(index);
      if (gradient !== null) return gradient;
      if (output === null) return c.refuse('one of its outputs has no name');
      return emit.expand(emit.scalar(0), emit.shape(output));
    });
    return emit.op('Concat', parts, { axis });
  });
}

/** Bounds as the specification clamps them: [start, count, step] along an axis of `size`. */
function sliced(size: number, start: number, end: number, step: number): { first: number; count: number } {
  const at = (value: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, value < 0 ? value + size : value));
  const [first, last] =
    step > 0 ? [at(start, 0, size), at(end, 0, size)] : [at(start, 0, size - 1), at(end, -1, size - 1)];
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

function slice(c: Vjp): Gradients {
  const { emit } = c;
  return c.only(0, () => {
    const shape = c.shape(0);
    const starts = c.known(1, 'starts');
    const ends = c.known(2, 'ends');
    const axes = c.has(3) ? c.known(3, 'axes') : starts.map((_, index) => index);
    const steps = c.has(4) ? c.known(4, 'steps') : starts.map(() => 1);
    return axes.reduce<ValueId>((gradient, given, index) => {
      const axis = given < 0 ? given + shape.length : given;
      const size = shape[axis] ?? 1;
      const step = steps[index] ?? 1;
      const { first, count } = sliced(size, starts[index] ?? 0, ends[index] ?? size, step);
      if (count === 0) return c.refuse('it takes nothing');
      if (step > 0) return placeAxis(emit, gradient, axis, { start: first, step, size });
      const start = first + (count - 1) * step;
      return placeAxis(emit, reverseAxis(emit, gradient, axis), axis, { start, step: -step, size });
    }, c.gradient());
  });
}

/** The index that each padded place is copied from; −1: from none. */
function padSources(mode: string, size: number, before: number, behind: number): number[] {
  return Array.from({ length: before + size + behind }, (_, place) => {
    const at = place - before;
    if (at >= 0 && at < size) return at;
    if (mode === 'edge') return at < 0 ? 0 : size - 1;
    if (mode === 'wrap') return ((at % size) + size) % size;
    if (mode !== 'reflect') return -1;
    const period = Math.max(1, 2 * (size - 1));
    const folded = ((at % period) + period) % period;
    return folded < size ? folded : period - folded;
  });
}

function pad(c: Vjp): Gradients {
  const { emit } = c;
  const mode = c.string('mode', 'constant');
  if (c.wants(2)) c.refuse('its constant is learnt');
  return c.only(0, () => {
    const shape = c.shape(0);
    const pads = c.known(1, 'pads');
    const axes = c.has(3)
      ? c.known(3, 'axes').map((axis) => (axis + shape.length) % shape.length)
      : shape.map((_, i) => i);
    return axes.reduce<ValueId>((gradient, axis, index) => {
      const [before, behind] = [pads[index] ?? 0, pads[index + axes.length] ?? 0];
      if (before === 0 && behind === 0) return gradient;
      const size = shape[axis] ?? 1;
      if (mode === 'constant' || (before <= 0 && behind <= 0)) {
        const [start, end] = [
          Math.max(0, before),
          Math.max(0, before) + size + Math.min(0, before) + Math.min(0, behind),
        ];
        const inner = emit.slice(gradient, [start], [end], [axis]);
        return padAxis(emit, inner, axis, Math.max(0, -before), Math.max(0, -behind));
      }
      if (before < 0 || behind < 0) return c.refuse('it pads one end and cuts the other');
      const sources = padSources(mode, size, before, behind);
      const matrix = new Float32Array(sources.length * size);
      sources.forEach((source, place) => {
        if (source >= 0) matrix[place * size + source] = 1;
      });
      return alongAxis(emit, gradient, axis, emit.constant(floats([sources.length, size], matrix)));
    }, c.gradient());
  });
}

const trilu = (c: Vjp): Gradients =>
  c.only(0, () => c.emit.op('Trilu', [c.gradient(), c.optional(1)], { upper: c.int('upper', 1) }));

/** [N, b, b, C, H, W] and its like: the axes that hold the block stand before (DCR) or behind (CRD) the channels. */
function depthToSpace(c: Vjp): Gradients {
  return c.only(0, () => {
    const [n = 1, depth = 1, h = 1, w = 1] = c.shape(0);
    const block = c.int('blocksize', 1);
    const channels = depth / block ** 2;
    const split = c.emit.reshape(c.gradient(), [n, channels, h, block, w, block]);
    const perm = c.string('mode', 'DCR') === 'DCR' ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
    return c.emit.reshape(c.emit.transpose(split, perm), c.shape(0));
  });
}

function spaceToDepth(c: Vjp): Gradients {
  return c.only(0, () => {
    const [n = 1, channels = 1, h = 1, w = 1] = c.shape(0);
    const block = c.int('blocksize', 1);
    const split = c.emit.reshape(c.gradient(), [n, block, block, channels, h / block, w / block]);
    return c.emit.reshape(c.emit.transpose(split, [0, 3, 4, 1, 5, 2]), c.shape(0));
  });
}

const expand = (c: Vjp): Gradients => c.only(0, () => c.emit.sumTo(c.gradient(), c.shape(0)));

function flattened(c: Vjp): Gradients {
  return sizeOf(c.shape(0)) === 0 ? c.refuse('its input is empty') : reshaped(c);
}

/** Operators that move elements and compute nothing. */
export const SHAPE_RULES: VjpTable = {
  Reshape: flattened,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Trilu: trilu,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
