import { int64Vector, intsOf, withAttributes, withInput } from './draft.ts';
import type { Adapter, AdapterTable } from './types.ts';

/** `axes` becomes input 1. No axes, or an empty list of them, means all axes before and after. */
const axesToInput: Adapter = (draft) => {
  const axes = intsOf(draft, 'axes');
  if (axes === null) return draft;
  return withInput(withAttributes(draft, { axes: null }), 1, axes.length === 0 ? null : int64Vector(axes));
};

/** ReduceSum went ahead of the others. */
export const REDUCE: AdapterTable = {
  ReduceL1: { 18: axesToInput },
  ReduceL2: { 18: axesToInput },
  ReduceLogSum: { 18: axesToInput },
  ReduceLogSumExp: { 18: axesToInput },
  ReduceMax: { 18: axesToInput },
  ReduceMean: { 18: axesToInput },
  ReduceMin: { 18: axesToInput },
  ReduceProd: { 18: axesToInput },
  ReduceSum: { 13: axesToInput },
  ReduceSumSquare: { 18: axesToInput },
};
