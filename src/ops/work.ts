import type { CostContext, Work, WorkRule } from './types.ts';

/** Data movement: counted in bytes, not in operations. */
export const free: WorkRule = () => ({ macs: 0, elementwise: 0 });
export const unknownWork: Work = { macs: null, elementwise: null };

const scaled = (size: number | null, operations: number): number | null => (size === null ? null : size * operations);

/** `operations` per element of output 0. */
export const perOutput =
  (operations: number): WorkRule =>
  (c) => ({ macs: 0, elementwise: scaled(c.outputSize(0), operations) });

/** `operations` per element of input 0. */
export const perInput =
  (operations: number): WorkRule =>
  (c) => ({ macs: 0, elementwise: scaled(c.size(0), operations) });

/** GEMM-class work, and elementwise work fused into the same kernel. */
export const macs =
  (count: (c: CostContext) => number | null, elementwise: (c: CostContext) => number | null = () => 0): WorkRule =>
  (c) => ({ macs: count(c), elementwise: elementwise(c) });

export const addCount = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a + b;
export const mulCount = (...counts: readonly (number | null | undefined)[]): number | null => {
  let product = 1;
  for (const each of counts) {
    if (each === null || each === undefined) return null;
    product *= each;
  }
  return product;
};

export const addWork = (a: Work, b: Work): Work => ({
  macs: addCount(a.macs, b.macs),
  elementwise: addCount(a.elementwise, b.elementwise),
  moved: addCount(a.moved ?? null, b.moved ?? null),
});
export const scaleWork = (work: Work, times: number | null): Work => ({
  macs: mulCount(work.macs, times),
  elementwise: mulCount(work.elementwise, times),
  moved: mulCount(work.moved, times),
});

const maxCount = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b);
/** The dearer of two branches, count by count. */
export const maxWork = (a: Work, b: Work): Work => ({
  macs: maxCount(a.macs, b.macs),
  elementwise: maxCount(a.elementwise, b.elementwise),
  moved: maxCount(a.moved ?? null, b.moved ?? null),
});

/** Numbers of a shape; an unknown or symbolic dimension is null. */
export const count = (dim: number | string | null | undefined): number | null => (typeof dim === 'number' ? dim : null);
export const countAll = (dims: readonly (number | string | null)[] | null): number | null =>
  dims === null ? null : mulCount(...dims.map(count));
