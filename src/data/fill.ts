import { countOf, encodeNumbers, type ElementType } from './elements.ts';
import type { Fill } from './preprocess.ts';
import type { DataTensor } from './types.ts';

/** What the name of an input that goes with tokens says about its values. */
const COMPANIONS: readonly { readonly name: RegExp; readonly fill: Fill }[] = [
  { name: /mask/i, fill: 'ones' },
  { name: /token_type|segment/i, fill: 'zeros' },
  { name: /position/i, fill: 'positions' },
];

export const fillFor = (name: string): Fill | undefined => COMPANIONS.find((each) => each.name.test(name))?.fill;

/** Ones, zeros, or 0, 1, 2, … along the last axis. */
export function filled(fill: Fill, dtype: ElementType, shape: readonly number[]): DataTensor {
  const last = Math.max(1, shape.at(-1) ?? 1);
  const value = (i: number): number => (fill === 'positions' ? i % last : fill === 'ones' ? 1 : 0);
  return {
    dtype,
    shape,
    data: encodeNumbers(
      dtype,
      Float64Array.from({ length: countOf(shape) }, (_, i) => value(i)),
    ),
  };
}
