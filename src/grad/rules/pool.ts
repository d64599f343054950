import { floats } from '../../ir/tensor.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import { alongAxis, placeAxis } from '../place.ts';
import { tapsOf, windowAxes, type WindowAxis } from '../windows.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

type Gradients = readonly (ValueId | null)[];

const axesOf = (c: Vjp): readonly WindowAxis[] => windowAxes(c, [], c.shape(0), c.emit.shape(c.output()));

/** Windows that lie side by side and cover the input exactly. */
const tiles = (axes: readonly WindowAxis[]): boolean =>
  axes.every(({ kernel, stride, dilation, begin, end, size, count }) => {
    return stride === kernel && dilation === 1 && begin === 0 && end === 0 && size === count * kernel;
  });

/** [N, C, windows, 1, …]: each window's number beside an axis for its elements. */
const apart = (emit: Emit, a: ValueId): ValueId => {
  const [n = 1, channels = 1, ...space] = emit.shape(a);
  return emit.reshape(a, [n, channels, ...space.flatMap((count) => [count, 1])]);
};

/**
 * The largest of a window gets all of its gradient. On WASM the kernel tells where it was, and of equal ones the first
 * gets all: to compare a window with its largest takes twenty times as long. WebGPU's does not; of equal ones each gets
 * a share.
 */
function maxPool(c: Vjp): Gradients {
  const { emit } = c;
  return c.only(0, () => {
    if (emit.backend === 'wasm' && c.int('storage_order', 0) === 0) return atIndices(c);
    const axes = axesOf(c);
    const [x, y] = [c.input(0), c.output()];
    if (tiles(axes)) {
      const shape = c.shape(0);
      const windows = emit.reshape(x, [...shape.slice(0, 2), ...axes.flatMap(({ count, kernel }) => [count, kernel])]);
      const chosen = emit.mask(emit.op('Equal', [windows, apart(emit, y)]));
      const count = emit.sum(
        chosen,
        axes.map((_, i) => 2 * i + 3),
      );
      const share = emit.div(apart(emit, c.gradient()), count);
      return emit.reshape(emit.mul(chosen, share), shape);
    }
    return overlapping(c, axes);
  });
}

/** Indices count through all elements of the input; windows that overlap may have chosen one element twice. */
function atIndices(c: Vjp): ValueId {
  const { emit } = c;
  const all = emit.expand(emit.scalar(0), [emit.size(c.input(0))]);
  const flat = (a: ValueId): ValueId => emit.reshape(a, [emit.size(a)]);
  const placed = emit.op('ScatterElements', [all, flat(emit.further(c.node, 1)), flat(c.gradient())], {
    reduction: 'add',
  });
  return emit.reshape(placed, c.shape(0));
}

/** Tap by tap: where the element that a tap saw is the largest, the window's gradient goes back to its place. */
function overlapping(c: Vjp, axes: readonly WindowAxis[]): ValueId {
  const { emit } = c;
  const low = emit.scalar(-3.4e38);
  const padded = axes.reduce((value, window) => {
    const { axis } = window;
    const { before, behind } = roomOf(window);
    if (before === 0 && behind === 0) return value;
    const rank = emit.rank(value);
    const pads = Array.from({ length: 2 * rank }, () => 0);
    [pads[axis], pads[rank + axis]] = [before, behind];
    return emit.op('Pad', [value, emit.ints(pads), low]);
  }, c.input(0));
  const chosen = tapsOf(axes).map((tap) => {
    const starts = axes.map(({ dilation }, i) => (tap[i] ?? 0) * dilation);
    const ends = axes.map(({ stride, count }, i) => (starts[i] ?? 0) + (count - 1) * stride + 1);
    const steps = axes.map(({ stride }) => stride);
    const seen = emit.slice(
      padded,
      starts,
      ends,
      axes.map(({ axis }) => axis),
      steps,
    );
    return { starts, mask: emit.mask(emit.op('Equal', [seen, c.output()])) };
  });
  const count = emit.total(chosen.map(({ mask }) => mask));
  const share = emit.div(c.gradient(), count);
  const placed = chosen.map(({ starts, mask }) =>
    axes.reduce(
      (value, window, i) => {
        const { axis, stride } = window;
        return placeAxis(emit, value, axis, { start: starts[i] ?? 0, step: stride, size: paddedSize(window) });
      },
      emit.mul(share, mask),
    ),
  );
  const sum = emit.total(placed);
  return axes.reduce((value, window) => {
    const { axis, begin, size } = window;
    return paddedSize(window) === size && begin === 0 ? value : emit.slice(value, [begin], [begin + size], [axis]);
  }, sum);
}

/** Zeros around the input that windows reach; with ceil_mode the last one may reach further than the padding. */
function roomOf({ begin, size, count, stride, kernel, dilation }: WindowAxis): { before: number; behind: number } {
  const reach = (count - 1) * stride + (kernel - 1) * dilation + 1;
  return { before: begin, behind: Math.max(0, reach - begin - size) };
}
const paddedSize = (window: WindowAxis): number => {
  const { before, behind } = roomOf(window);
  return before + window.size + behind;
};

/** What each window takes of each element along an axis, [windows, size]: a mean is the product of those of its axes. */
function meanMatrix(
  { kernel, stride, dilation, begin, end, size, count }: WindowAxis,
  withPadding: boolean,
): Float32Array {
  const matrix = new Float32Array(count * size);
  for (let window = 0; window < count; window++) {
    const places = Array.from({ length: kernel }, (_, tap) => window * stride + tap * dilation - begin);
    const inside = places.filter((place) => place >= 0 && place < size);
    // Beyond the padding nothing is counted, which a window with ceil_mode may reach.
    const counted = withPadding ? places.filter((place) => place < size + end).length : inside.length;
    for (const place of inside) matrix[window * size + place] = (matrix[window * size + place] ?? 0) + 1 / counted;
  }
  return matrix;
}

function averagePool(c: Vjp): Gradients {
  const { emit } = c;
  return c.only(0, () => {
    const axes = axesOf(c);
    if (tiles(axes)) {
      const share = emit.scale(apart(emit, c.gradient()), 1 / sizeOf(axes.map(({ kernel }) => kernel)));
      const wide = [...c.shape(0).slice(0, 2), ...axes.flatMap(({ count, kernel }) => [count, kernel])];
      return emit.reshape(emit.expand(share, wide), c.shape(0));
    }
    const withPadding = c.int('count_include_pad', 0) === 1;
    return axes.reduce((gradient, window) => {
      const matrix = floats([window.count, window.size], meanMatrix(window, withPadding));
      return alongAxis(emit, gradient, window.axis, emit.constant(matrix));
    }, c.gradient());
  });
}

const globalAveragePool = (c: Vjp): Gradients =>
  c.only(0, () => {
    const shape = c.shape(0);
    return c.emit.expand(c.emit.scale(c.gradient(), 1 / sizeOf(shape.slice(2))), shape);
  });

const globalMaxPool = (c: Vjp): Gradients =>
  c.only(0, () => {
    const { emit } = c;
    const chosen = emit.mask(emit.op('Equal', [c.input(0), c.output()]));
    const count = emit.sum(
      chosen,
      c
        .shape(0)
        .slice(2)
        .map((_, i) => i + 2),
    );
    return emit.mul(chosen, emit.div(c.gradient(), count));
  });

export const POOL_RULES: VjpTable = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
};
