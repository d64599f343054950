import { int64s } from '../../../ir/tensor.ts';
import { int64Vector, intOf, withAttributes, withInput } from './draft.ts';
import type { Adapter, AdapterTable } from './types.ts';

/** `k` becomes input 1, a vector of one. */
const countToInput: Adapter = (draft) => {
  const k = intOf(draft, 'k', null);
  if (k === null) return 'it does not say how many it wants';
  return withInput(withAttributes(draft, { k: null }), 1, int64Vector([BigInt(k)]));
};

/** Scatter was renamed when ScatterND came. */
const toElements: Adapter = (draft) => ({ ...draft, opType: 'ScatterElements' });

/** `axis` becomes input 2, a scalar; its default was 1 and is −2 then. */
const dft: Adapter = (draft) =>
  withInput(withAttributes(draft, { axis: null }), 2, int64s([intOf(draft, 'axis', 1)], []));

const batchedScan: Adapter = () => 'it runs over a batch, which Scan does not from version 9 on';

export const SELECT: AdapterTable = {
  TopK: { 10: countToInput },
  Scatter: { 11: toElements },
  DFT: { 20: dft },
  Scan: { 9: batchedScan },
};
