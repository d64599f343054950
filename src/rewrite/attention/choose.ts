import { batchKey, best, headCount, price, type Form } from './heads.ts';
import type { Merge } from './merge.ts';
import type { Past } from './past.ts';

export interface Choices {
  readonly queries: readonly Form[];
  readonly keys: readonly Form[];
  readonly values: readonly Form[];
  readonly merges: readonly Merge[];
  readonly past: readonly Past[];
}

export interface Chosen {
  readonly query: Form;
  readonly key: Form;
  readonly value: Form;
  readonly past: Past | null;
  readonly merge: Merge;
  readonly heads: number;
}

/** The cheapest way in which queries, keys, values and result agree on batch and heads; more heads before fewer nodes. */
export function choose(choices: Choices): Chosen | string {
  const counts = [...new Set(choices.queries.map(headCount))].filter((count) => count !== null).sort((a, b) => b - a);
  if (counts.length === 0) return 'the count of heads is not known';
  let reason = 'the result is not proven to be merged as the queries are split';
  for (const heads of counts) {
    const fits = (form: Form): boolean => headCount(form) === heads && form.view.repeated.length === 0;
    const query = best(choices.queries.filter(fits).filter((form) => form.to === 'flat'));
    if (!query) continue;
    const batch = batchKey(query);
    const same = (form: Form): boolean => fits(form) && batchKey(form) === batch;
    const merge = choices.merges
      .filter((each) => each.heads === heads && each.batch === batch)
      .reduce<Merge | null>((found, each) => (found === null || each.cost < found.cost ? each : found), null);
    const past = choices.past.find((each) => same(each.key.own) && same(each.value.own)) ?? null;
    const pair = past
      ? { key: past.key.own, value: past.value.own }
      : pairOf(choices.keys.filter(same), choices.values.filter(same));
    if (!pair) reason = 'keys and values are not proven to have the heads of the queries';
    else if (merge) return { query, ...pair, merge, heads, past };
  }
  return reason;
}

/** Keys and values must come in the same form. */
function pairOf(keys: readonly Form[], values: readonly Form[]): { key: Form; value: Form } | null {
  let found: { key: Form; value: Form; cost: number } | null = null;
  for (const to of ['flat', 'heads'] as const) {
    const key = best(keys.filter((form) => form.to === to));
    const value = best(values.filter((form) => form.to === to));
    if (!key || !value) continue;
    const cost = price(key) + price(value);
    if (!found || cost < found.cost) found = { key, value, cost };
  }
  return found;
}
