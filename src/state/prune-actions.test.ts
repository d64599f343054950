import { describe, expect, it } from 'vitest';
import { forecast } from '../prune/forecast.ts';
import type { CostTerms, PrunePlanView } from '../prune/types.ts';
import { groupGain } from './prune-actions.ts';

/** One term: `value` times the shares of both groups. */
const product = (value: number): CostTerms => ({
  coefficients: Float64Array.from([value]),
  starts: Int32Array.from([0, 2]),
  groups: Int32Array.from([0, 1]),
});
const group = (key: string, channels: number): PrunePlanView['groups'][number] => ({
  key,
  name: key,
  channels,
  atoms: channels,
  members: [],
  importance: new Float64Array(channels),
  order: new Int32Array(channels),
  isHeads: false,
  topology: '',
});
const plan: PrunePlanView = {
  groups: [group('a', 10), group('b', 4)],
  frozen: [],
  forecast: {
    macs: product(1000),
    parameters: product(100),
    bytes: product(400),
    activation: { sizes: product(0), values: new Int32Array(1), steps: new Int32Array(1), live: new Int32Array(0) },
    copies: [],
    added: [],
  },
};

describe('what cutting one group changes', () => {
  it('is the difference to that group being whole while the others stay cut', () => {
    const now = forecast(plan.forecast, { channels: [10, 4], kept: [5, 2] });
    const gain = groupGain({ plan, forecast: now }, 0);
    expect(gain).toEqual({ macs: 250 - 500, bytes: 100 - 200 });
  });

  it('is nothing for a group that keeps all its channels', () => {
    const now = forecast(plan.forecast, { channels: [10, 4], kept: [10, 2] });
    expect(groupGain({ plan, forecast: now }, 0)).toEqual({ macs: 0, bytes: 0 });
  });
});
