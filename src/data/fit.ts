import type { InputPort } from './types.ts';

type Dim = number | string | null;
export type Dims = readonly Dim[];

/** The product where every size is fixed, else null. */
export const fixedCount = (dims: Dims): number | null =>
  dims.reduce<number | null>((product, dim) => (product === null || typeof dim !== 'number' ? null : product * dim), 1);

export const sameDims = (dims: Dims, shape: readonly number[]): boolean =>
  dims.length === shape.length && dims.every((dim, axis) => typeof dim !== 'number' || dim === shape[axis]);

/**
 * The sample shape that an input wants for an array of `shape`: the same sizes, else the same number of elements; null
 * where it can take none. A first axis that is free, 1, or one too many is the batch.
 */
export function sampleShape({ shape: dims }: InputPort, shape: readonly number[]): readonly number[] | null {
  if (dims === null) return shape;
  const count = shape.reduce((product, size) => product * size, 1);
  for (const candidate of [dims.slice(1), dims]) {
    if (candidate === dims && (dims.length === 0 || typeof dims[0] !== 'number')) continue;
    if (sameDims(candidate, shape)) return shape;
    const fixed = fixedCount(candidate);
    if (fixed === count) return candidate as readonly number[];
    const free = candidate.filter((dim) => typeof dim !== 'number');
    const others = fixedCount(candidate.filter((dim) => typeof dim === 'number')) ?? 0;
    if (free.length === 1 && others > 0 && count % others === 0) {
      return candidate.map((dim) => (typeof dim === 'number' ? dim : count / others));
    }
  }
  return null;
}

export const describePort = ({ name, dtype, shape }: InputPort): string =>
  `${name} ${dtype} ${shape ? `[${shape.map((dim) => dim ?? '?').join(', ')}]` : 'of unknown rank'}`;
