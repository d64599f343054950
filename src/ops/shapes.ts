import { tensorType, type DataType, type Dim, type Shape, type TensorType, type ValueType } from '../ir/types.ts';
import { atLeast, extremeOf } from './dim.ts';
import type { InferContext, InferRule } from './types.ts';

export const isTensor = (type: ValueType | null): type is TensorType => type?.kind === 'tensor';

/** The type of an output; null where neither element type nor rank is known. */
export const typed = (dtype: DataType, shape: Shape): TensorType | null =>
  dtype === 'undefined' && shape === null ? null : tensorType(dtype, shape);

/** A non-negative axis; null when it is outside the rank. */
export function axisOf(axis: number, rank: number): number | null {
  const positive = axis < 0 ? axis + rank : axis;
  return positive >= 0 && positive < rank ? positive : null;
}

/** Non-negative axes; null when one is outside the rank. */
export function axesOf(axes: readonly number[], rank: number): number[] | null {
  const found = axes.map((axis) => axisOf(axis, rank));
  return found.every((axis) => axis !== null) ? found : null;
}

export const unknownDims = (rank: number): Dim[] => Array.from({ length: rank }, () => null);

/** Contents that are all known numbers. */
export function numbersOf(contents: readonly Dim[] | null): readonly number[] | null {
  return contents?.every((each) => typeof each === 'number') ? contents : null;
}

/**
 * One dimension of a broadcast. Equal stays; 1 gives way; a number other than 1 wins over a symbol (which then is that
 * number or 1). Two different symbols prove nothing, unless one is min(k, the other) with k ≥ 1: were it smaller and
 * not 1, the node could not run at all.
 */
export function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === b) return a;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number') return typeof b === 'number' ? null : a;
  if (typeof b === 'number') return b;
  if (isClipped(b, a)) return a;
  return isClipped(a, b) ? b : null;
}

/** Proven: a = min(k, b) with k ≥ 1. */
function isClipped(a: Dim, b: Dim): boolean {
  const extreme = extremeOf(a);
  return (
    extreme?.kind === 'min' &&
    extreme.parts.includes(b) &&
    extreme.parts.every((part) => part === b || atLeast(part, 1))
  );
}

/** ONNX's multidirectional (NumPy) broadcast. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  if (a === null || b === null) return null;
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return long.map((dim, i) => (i < offset ? dim : broadcastDim(dim, short[i - offset] ?? null)));
}

/** Dimensions that are for sure incompatible: two different numbers, neither of them 1. */
export const clashes = (a: Dim, b: Dim): boolean =>
  typeof a === 'number' && typeof b === 'number' && a !== b && a !== 1 && b !== 1;

/** What holds of a value that is one of two: equal facts stay, different ones become unknown. */
export function joinShapes(a: Shape, b: Shape): Shape {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((dim, i) => (dim === b[i] ? dim : null));
}

export function joinTypes(a: ValueType | null, b: ValueType | null): ValueType | null {
  if (a === null || b === null) return null;
  if (isTensor(a) && isTensor(b)) {
    return typed(a.dtype === b.dtype ? a.dtype : 'undefined', joinShapes(a.shape, b.shape));
  }
  if (a.kind === 'sequence' && b.kind === 'sequence')
    return { kind: 'sequence', element: joinTypes(a.element, b.element) };
  if (a.kind === 'optional' && b.kind === 'optional')
    return { kind: 'optional', element: joinTypes(a.element, b.element) };
  return null;
}

/** Equal types: same kind, element type and dimensions (an unknown dimension equals an unknown one). */
export function sameTypes(a: ValueType | null, b: ValueType | null): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Two facts about one shape put together, the first believed where they differ. */
export function mergeShapes(first: Shape, second: Shape): Shape {
  if (first === null || second === null || first.length !== second.length) return first ?? second;
  return first.map((dim, i) => dim ?? second[i] ?? null);
}

/** Output 0 has the type of input 0. */
export const sameAsFirst: InferRule = (c) => [c.type(0)];

/** Output 0 has the shape of input 0 and a fixed element type. */
export const firstWithDtype =
  (dtype: DataType): InferRule =>
  (c) => [typed(dtype, c.shape(0))];

/** Broadcast over inputs `from` … `to` (exclusive); clashes are told. */
export function broadcastInputs(c: InferContext, from = 0, to = c.node.inputs.length): Shape {
  let shape = c.shape(from);
  for (let i = from + 1; i < to; i++) {
    if (!c.has(i)) continue;
    const next = c.shape(i);
    tellClash(c, shape, next);
    shape = broadcastShapes(shape, next);
  }
  return shape;
}

function tellClash(c: InferContext, a: Shape, b: Shape): void {
  if (a === null || b === null) return;
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    if (clashes(a.at(-i) ?? null, b.at(-i) ?? null)) {
      c.warn(`shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast`);
      return;
    }
  }
}

/** The first element type that is known among some inputs. */
export function firstDtype(c: InferContext, ...indices: number[]): DataType {
  for (const index of indices) if (c.dtype(index) !== 'undefined') return c.dtype(index);
  return 'undefined';
}
