import type { CostTerms, PruneGroupView, PrunePlanView } from '../../prune/types.ts';

/** A group of `channels` that go one by one. */
const groupOf = (key: string, channels: number): PruneGroupView => ({
  key,
  name: key,
  channels,
  atoms: channels,
  members: [],
  importance: new Float64Array(channels),
  order: Int32Array.from({ length: channels }, (_, index) => index),
  isHeads: false,
  normalisedBy: [],
  topology: '',
});

/** One term a group: `value` times the share that is kept of it. */
const sumOver = (count: number, value: number): CostTerms => ({
  coefficients: Float64Array.from({ length: count }, () => value),
  starts: Int32Array.from({ length: count + 1 }, (_, index) => index),
  groups: Int32Array.from({ length: count }, (_, index) => index),
});

/** Groups of 100 channels, each with as large a part of every cost as any other. */
export function evenPlan(keys: readonly string[]): PrunePlanView {
  const none: CostTerms = { coefficients: new Float64Array(), starts: Int32Array.of(0), groups: new Int32Array() };
  return {
    groups: keys.map((key) => groupOf(key, 100)),
    frozen: [],
    forecast: {
      macs: sumOver(keys.length, 1000),
      parameters: sumOver(keys.length, 10),
      bytes: sumOver(keys.length, 40),
      activation: { sizes: none, values: Int32Array.of(0), steps: Int32Array.of(0), live: new Int32Array() },
      copies: [],
      added: [],
    },
  };
}
