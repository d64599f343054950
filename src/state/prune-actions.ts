import type { CostTerms, PrunePlanView } from '../prune/types.ts';
import type { PruneSession } from './document.ts';

/** Cost of the terms that a group takes part in, at the kept widths, and with that group whole. */
function costWithout(terms: CostTerms, plan: PrunePlanView, kept: Int32Array, group: number): number {
  let saved = 0;
  const share = (index: number): number => (kept[index] ?? 0) / (plan.groups[index]?.channels ?? 1);
  for (let term = 0; term + 1 < terms.starts.length; term++) {
    let product = 1;
    let whole = 1;
    for (let at = terms.starts[term] ?? 0; at < (terms.starts[term + 1] ?? 0); at++) {
      const index = terms.groups[at] ?? 0;
      product *= share(index);
      whole *= index === group ? 1 : share(index);
    }
    saved += (terms.coefficients[term] ?? 0) * (product - whole);
  }
  return saved;
}

export interface GroupGain {
  readonly macs: number;
  readonly bytes: number;
}

/** What cutting this one group changes, all other groups staying as they are now; 0 or below. */
export function groupGain({ plan, forecast }: PruneSession, group: number): GroupGain {
  const of = (terms: CostTerms): number => costWithout(terms, plan, forecast.kept, group);
  return { macs: of(plan.forecast.macs), bytes: of(plan.forecast.bytes) };
}
