import { floats } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { alongAxis } from '../place.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

interface Axis {
  readonly size: number;
  readonly count: number;
  readonly scale: number;
}

/** Where an element of the result lies in the input (operator specification of Resize, coordinate_transformation_mode). */
function coordinate(c: Vjp, { size, count, scale }: Axis, place: number): number {
  const mode = c.string('coordinate_transformation_mode', 'half_pixel');
  const half = (place + 0.5) / scale - 0.5;
  switch (mode) {
    case 'half_pixel':
      return half;
    case 'half_pixel_symmetric':
      return (size / 2) * (1 - count / (scale * size)) + half;
    case 'pytorch_half_pixel':
      return count > 1 ? half : 0;
    case 'align_corners':
      return count === 1 ? 0 : (place * (size - 1)) / (count - 1);
    case 'asymmetric':
      return place / scale;
    default:
      return c.refuse(`its coordinates are ${mode}`);
  }
}

function nearest(c: Vjp, at: number): number {
  switch (c.string('nearest_mode', 'round_prefer_floor')) {
    case 'round_prefer_ceil':
      return Math.floor(at + 0.5);
    case 'floor':
      return Math.floor(at);
    case 'ceil':
      return Math.ceil(at);
    default:
      return Math.ceil(at - 0.5);
  }
}

/** Keys, Cubic convolution interpolation (1981): weights of the four neighbours. */
function cubicWeights(at: number, a: number): readonly (readonly [number, number])[] {
  const floor = Math.floor(at);
  const near = (d: number): number => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  const far = (d: number): number => a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  return [-1, 0, 1, 2].map((step) => {
    const distance = Math.abs(at - (floor + step));
    return [floor + step, distance <= 1 ? near(distance) : far(distance)] as const;
  });
}

/** What an element of the result takes of which element of the input. */
function taken(c: Vjp, axis: Axis, place: number): readonly (readonly [number, number])[] {
  const at = coordinate(c, axis, place);
  const clamp = (index: number): number => Math.min(axis.size - 1, Math.max(0, index));
  const mode = c.string('mode', 'nearest');
  if (mode === 'nearest') return [[clamp(nearest(c, at)), 1]];
  if (mode === 'linear') {
    const floor = Math.floor(at);
    return [
      [clamp(floor), 1 - (at - floor)],
      [clamp(floor + 1), at - floor],
    ];
  }
  const weights = cubicWeights(at, c.float('cubic_coeff_a', -0.75));
  if (c.int('exclude_outside', 0) === 0) return weights.map(([index, weight]) => [clamp(index), weight]);
  const inside = weights.filter(([index]) => index === clamp(index));
  const sum = inside.reduce((total, [, weight]) => total + weight, 0);
  return inside.map(([index, weight]) => [index, weight / sum]);
}

/** Interpolation is a product of linear maps, one for each axis; its gradient is that of their transposes. */
function resize(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  return c.only(0, () => {
    if (c.int('antialias', 0) === 1) c.refuse('it smooths (antialias)');
    const shape = c.shape(0);
    const target = emit.shape(c.output());
    const listed = c.ints('axes')?.map((axis) => (axis + shape.length) % shape.length) ?? shape.map((_, axis) => axis);
    const scales = c.has(2) ? emit.knownNumbers(c.input(2)) : null;
    return listed.reduce<ValueId>((gradient, axis, index) => {
      const [size, count] = [shape[axis] ?? 1, target[axis] ?? 1];
      const given = scales?.length === listed.length ? scales[index] : undefined;
      const scale = given ?? count / size;
      if (size === count && scale === 1) return gradient;
      if (c.string('mode', 'nearest') === 'nearest' && isRepeat(c, { size, count, scale })) {
        return repeatedBack(c, gradient, axis, count / size);
      }
      const matrix = new Float32Array(count * size);
      for (let place = 0; place < count; place++) {
        for (const [from, weight] of taken(c, { size, count, scale }, place)) {
          matrix[place * size + from] = (matrix[place * size + from] ?? 0) + weight;
        }
      }
      return alongAxis(emit, gradient, axis, emit.constant(floats([count, size], matrix)));
    }, c.gradient());
  });
}

/** Every element stands `count / size` times in a row. */
function isRepeat(c: Vjp, axis: Axis): boolean {
  const times = axis.count / axis.size;
  if (!Number.isInteger(times)) return false;
  return Array.from({ length: axis.count }, (_, place) => taken(c, axis, place)[0]?.[0]).every(
    (from, place) => from === Math.floor(place / times),
  );
}

function repeatedBack({ emit }: Vjp, gradient: ValueId, axis: number, times: number): ValueId {
  const shape = emit.shape(gradient);
  const size = (shape[axis] ?? 1) / times;
  const split = emit.reshape(gradient, [...shape.slice(0, axis), size, times, ...shape.slice(axis + 1)]);
  return emit.sum(split, [axis + 1], false);
}

export const RESIZE_RULES: VjpTable = { Resize: resize };
