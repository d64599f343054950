import { getInt, getInts, getString } from '../../../ir/attribute.ts';
import { sizeOf, staticShape, type Shape } from '../../../ir/types.ts';
import { fromFront } from '../../arithmetic.ts';
import { runs } from '../../blocks.ts';
import { broadcastShape, known, MOST_KNOWN, spread, take, type Known } from '../known.ts';
import { first, type ConstantRule, type Look } from '../look.ts';

/**
 * Equal elements in row-major order: run by run of dims with equal products, what does not change along a run does not
 * change after it; else the run is written out.
 */
function reshape(at: Look): Known | null {
  const [value, from, to] = [at.known(0), at.shape(0), at.outputShape()];
  if (!value || !from || !to) return null;
  const [wide, shape] = [[...value.shape], to.map(() => 1)];
  for (const [inputs, outputs] of runs(from, to)) {
    if (inputs.every((i) => value.shape[i] === 1)) continue;
    for (const i of inputs) wide[i] = Number(from[i]);
    for (const j of outputs) shape[j] = Number(to[j]);
  }
  if (![...wide, ...shape].every(Number.isInteger) || sizeOf(wide) !== sizeOf(shape)) return null;
  const written = spread(value, wide);
  return written && { shape, values: written.values };
}

function transpose(at: Look): Known | null {
  const value = at.known(0);
  if (!value) return null;
  const { shape } = value;
  const perm = getInts(
    at.node,
    'perm',
    shape.map((_, i) => shape.length - 1 - i),
  );
  const steps = perm.map((axis) => sizeOf(shape.slice(axis + 1)));
  const turned = perm.map((axis) => shape[axis] ?? 1);
  const values = new Float64Array(value.values.length);
  for (let i = 0; i < values.length; i++) {
    let [rest, from] = [i, 0];
    for (let d = turned.length - 1; d >= 0; d--) {
      from += (rest % (turned[d] ?? 1)) * (steps[d] ?? 0);
      rest = Math.floor(rest / (turned[d] ?? 1));
    }
    values[i] = value.values[from] ?? NaN;
  }
  return { shape: turned, values };
}

/** Parts are written out along the axis; one that is not known leaves a gap. */
function concat(at: Look): Known | null {
  const rank = at.outputShape()?.length;
  if (rank === undefined) return null;
  const axis = fromFront(getInt(at.node, 'axis', 1), rank);
  const parts = at.node.inputs.map((_, slot) => ({ value: at.known(slot), size: at.shape(slot)?.[axis] }));
  const others = broadcastShape(
    parts.map(({ value }) => (value?.shape ?? []).map((size, i) => (i === axis ? 1 : size))),
  );
  if (!others) return null;
  const ones = Array.from({ length: rank }, (_, i) => others[i - (rank - others.length)] ?? 1);
  const [outer, inner] = [sizeOf(ones.slice(0, axis)), sizeOf(ones.slice(axis + 1))];
  const total = parts.reduce((sum, { size }) => sum + (typeof size === 'number' ? size : NaN), 0);
  if (!(total * outer * inner <= MOST_KNOWN)) return null;
  const joined = new Float64Array(outer * total * inner).fill(NaN);
  let offset = 0;
  for (const { value, size } of parts) {
    const part =
      value &&
      spread(
        value,
        ones.map((each, i) => (i === axis ? Number(size) : each)),
      );
    const run = Number(size) * inner;
    for (let o = 0; o < outer; o++) {
      if (part) joined.set(part.values.subarray(o * run, (o + 1) * run), (o * total + offset) * inner);
    }
    offset += Number(size);
  }
  return known(
    ones.map((each, i) => (i === axis ? total : each)),
    joined,
  );
}

/** Output k is a window of the axis behind those of the outputs before. */
const split: ConstantRule = (at, output) => {
  const [value, shape] = [at.known(0), at.shape(0)];
  if (!value || !shape) return null;
  const axis = fromFront(getInt(at.node, 'axis', 0), shape.length);
  const sizes = at.node.outputs.map((_, k) => at.outputShape(k)?.[axis]);
  if (!sizes.every((size) => typeof size === 'number')) return null;
  const start = sizes.slice(0, output).reduce((sum, size) => sum + size, 0);
  return take(value, axis, range(start, sizes[output] ?? 0));
};

const range = (from: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, i) => from + i * step);

function slice(at: Look): Known | null {
  const [shape, to] = [at.shape(0), at.outputShape()];
  const entries = (slot: number, name: string): readonly number[] | null =>
    at.node.inputs.length > 1 ? at.ints(slot) : getInts(at.node, name, null);
  const [starts, ends] = [entries(1, 'starts'), entries(2, 'ends')];
  const axes = at.has(3) ? at.ints(3) : getInts(at.node, 'axes', starts?.map((_, i) => i) ?? null);
  const steps = at.has(4) ? at.ints(4) : starts?.map(() => 1);
  let value = at.known(0);
  if (!shape || !to || !starts || !ends || !axes || !steps) return null;
  axes.forEach((each, entry) => {
    const axis = fromFront(each, shape.length);
    const [size, count, step] = [shape[axis], to[axis], steps[entry] ?? 1];
    if (!value || value.shape[axis] === 1) return;
    if (typeof size !== 'number' || typeof count !== 'number') value = null;
    else value = take(value, axis, range(startOf(starts[entry] ?? 0, size, step), count, step));
  });
  return value;
}

/** Counted from the front and clamped (operator specification of Slice). */
function startOf(start: number, size: number, step: number): number {
  const at = start < 0 ? start + size : start;
  return step > 0 ? Math.min(Math.max(at, 0), size) : Math.min(Math.max(at, 0), size - 1);
}

/** By constant indices, one axis or none of them. */
function gather(at: Look): Known | null {
  const [indices, rank] = [at.ints(1), at.shape(1)?.length];
  if (!indices || rank === undefined || rank > 1) return null;
  const [value, shape] = [at.known(0), at.shape(0)];
  if (!value || !shape) return null;
  const axis = fromFront(getInt(at.node, 'axis', 0), shape.length);
  const size = shape[axis];
  if (typeof size !== 'number') return null;
  const taken = take(
    value,
    axis,
    indices.map((index) => fromFront(index, size)),
  );
  return rank === 1 || !taken ? taken : { shape: taken.shape.filter((_, i) => i !== axis), values: taken.values };
}

/** Axes that grow stay what they were: the same everywhere. */
function expand(at: Look): Known | null {
  const [value, rank] = [at.known(0), at.outputShape()?.length];
  if (!value || rank === undefined) return null;
  return {
    shape: [...Array.from({ length: Math.max(rank - value.shape.length, 0) }, () => 1), ...value.shape],
    values: value.values,
  };
}

/** A block's channels become positions: one number only where they agree. DCR [b·b, C], CRD [C, b·b]. */
function depthToSpace(at: Look): Known | null {
  const [value, channels] = [at.known(0), at.outputShape()?.[1]];
  const square = getInt(at.node, 'blocksize', 1) ** 2;
  if (!value || typeof channels !== 'number' || !isChannels(value, channels * square)) return null;
  const columns = getString(at.node, 'mode', 'DCR') === 'CRD';
  const made = Float64Array.from({ length: channels }, (_, c) => {
    const block = range(0, square).map((k) => value.values[columns ? c * square + k : k * channels + c] ?? NaN);
    return block.every((each) => each === block[0]) ? (block[0] ?? NaN) : NaN;
  });
  return known([1, channels, 1, 1], made);
}

/** Output channel k·C + c is a grid of positions of channel c. */
function spaceToDepth(at: Look): Known | null {
  const [value, channels] = [at.known(0), at.shape(0)?.[1]];
  const square = getInt(at.node, 'blocksize', 1) ** 2;
  if (!value || typeof channels !== 'number' || !isChannels(value, channels)) return null;
  const made = Float64Array.from({ length: channels * square }, (_, i) => value.values[i % channels] ?? NaN);
  return known([1, made.length, 1, 1], made);
}

const isChannels = ({ shape }: Known, channels: number): boolean =>
  shape.length === 4 && shape[1] === channels && sizeOf(shape) === channels;

/** What a rule says fits the shape of the output; anything else would be a mistake, and nothing is known then. */
export function fits(value: Known, shape: Shape): boolean {
  const sizes = staticShape(shape) ?? shape;
  return (
    sizes !== null &&
    sizes.length === value.shape.length &&
    value.shape.every((size, i) => size === 1 || size === sizes[i])
  );
}

export const shapeConstants: Readonly<Record<string, ConstantRule>> = {
  Reshape: first(reshape),
  Flatten: first(reshape),
  Squeeze: first(reshape),
  Unsqueeze: first(reshape),
  Transpose: first(transpose),
  Concat: first(concat),
  Split: split,
  Slice: first(slice),
  Gather: first(gather),
  Expand: first(expand),
  DepthToSpace: first(depthToSpace),
  SpaceToDepth: first(spaceToDepth),
};
