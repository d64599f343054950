import { defined } from '../base/assert.ts';
import { evaluate, type Widths } from './evaluate.ts';
import { selectWidths, type CostAt } from './select.ts';
import type { CostTerms, ForecastTable, PeakTerms, PruneForecast, PruneOptions, PrunePlanView } from './types.ts';

function peak({ sizes, values, steps, live }: PeakTerms, widths: Widths): number {
  const bytes = new Float64Array(Math.max(values.length - 1, 0));
  for (let v = 0; v < bytes.length; v++) bytes[v] = evaluate(sizes, widths, values[v], values[v + 1]);
  let most = 0;
  for (let s = 0; s + 1 < steps.length; s++) {
    let held = 0;
    for (let i = steps[s] ?? 0; i < (steps[s + 1] ?? 0); i++) held += bytes[live[i] ?? 0] ?? 0;
    most = Math.max(most, held);
  }
  return most;
}

/** What constants cost beside their slices: copies that are still one, and new ones. Elements, then bytes. */
function corrections(table: ForecastTable, { channels, kept }: Widths): readonly [number, number] {
  const isCut = (groups: readonly number[]): boolean => groups.some((group) => kept[group] !== channels[group]);
  let [elements, bytes] = [0, 0];
  const add = (times: number, cost: { elements: number; bytes: number }): void => {
    elements += times * cost.elements;
    bytes += times * cost.bytes;
  };
  for (const copy of table.copies) {
    const whole = copy.uses.filter((groups) => !isCut(groups)).length;
    add((copy.always || whole > 0 ? 1 : 0) - whole, copy);
  }
  for (const each of table.added) if (isCut(each.groups)) add(1, each);
  return [elements, bytes];
}

/** Costs of the model pruned to the given widths. Pure, and quick enough for every step of a slider. */
export function forecast(table: ForecastTable, widths: Widths, latency: CostTerms | null = null): PruneForecast {
  const [elements, bytes] = corrections(table, widths);
  return {
    macs: evaluate(table.macs, widths),
    parameters: evaluate(table.parameters, widths) + elements,
    bytes: evaluate(table.bytes, widths) + bytes,
    activation: peak(table.activation, widths),
    latency: latency && evaluate(latency, widths),
    kept: Int32Array.from(widths.kept),
  };
}

/** What the options would give: widths chosen, then costed. `latency`: as it was fitted to points of a device. */
export function forecastOf(
  plan: PrunePlanView,
  options: PruneOptions,
  latency: CostTerms | null = null,
): PruneForecast {
  const channels = plan.groups.map((group) => group.channels);
  const kept = selectWidths(plan.groups, options, () => costsOf(plan.forecast, plan.groups, latency));
  return forecast(plan.forecast, { channels, kept }, latency);
}

/** What a model costs at given widths of its groups: one figure of the forecast. */
export function costsOf(
  table: ForecastTable,
  groups: readonly { readonly channels: number }[],
  latency: CostTerms | null = null,
): CostAt {
  const channels = groups.map((group) => group.channels);
  return (kept, target) => {
    const widths = { channels, kept };
    if (target === 'latency') return evaluate(defined(latency, 'latencies that were measured'), widths);
    if (target === 'macs') return evaluate(table.macs, widths);
    const [elements, bytes] = corrections(table, widths);
    return evaluate(table[target], widths) + (target === 'bytes' ? bytes : elements);
  };
}
