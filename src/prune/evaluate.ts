import type { CostTerms } from './types.ts';

/** Channels of every group, whole and kept, by index. */
export interface Widths {
  readonly channels: ArrayLike<number>;
  readonly kept: ArrayLike<number>;
}

/** Term t at the given widths. Multiplied before divided, factor by factor: whole numbers stay whole. */
function termValue(terms: CostTerms, t: number, { channels, kept }: Widths): number {
  let value = terms.coefficients[t] ?? 0;
  const end = terms.starts[t + 1] ?? 0;
  for (let i = terms.starts[t] ?? 0; i < end; i++) {
    const group = terms.groups[i] ?? 0;
    value = (value * (kept[group] ?? 0)) / (channels[group] ?? 1);
  }
  return value;
}

/** The sum of all terms, or of a range of them. */
export function evaluate(terms: CostTerms, widths: Widths, from = 0, to = terms.coefficients.length): number {
  let total = 0;
  for (let t = from; t < to; t++) total += termValue(terms, t, widths);
  return total;
}
