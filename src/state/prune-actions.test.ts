import { describe, expect, it } from 'vitest';
import { forecast } from '../prune/forecast.ts';
import type { CostTerms, PruneOptions, PrunePlanView } from '../prune/types.ts';
import { NOTHING_CUT } from '../prune/options.ts';
import { formulaFault, groupGain, knownOnly, ratesByData } from './prune-actions.ts';

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
  normalisedBy: [],
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

describe('a formula of importances', () => {
  it('is at fault where it is not understood, and says where', () => {
    expect(formulaFault('l2 * apoz')).toBeNull();
    expect(formulaFault('l2 *')).toMatch(/^The formula is not understood\. It ends at character 4/);
  });

  it('rests on calibration data where it names what does', () => {
    const rates = (formula: string): boolean => ratesByData({ importance: 'formula', formula });
    expect([rates('l2 + bn'), rates('l2 * wanda')]).toEqual([false, true]);
  });
});

it('options lose what names groups that another plan does not have', () => {
  const options: PruneOptions = {
    ...NOTHING_CUT,
    ratio: 0.5,
    ratios: { a: 0.25, gone: 0.5 },
    protected: ['b', 'gone'],
  };
  expect(knownOnly(options, plan)).toEqual({ ...options, ratios: { a: 0.25 }, protected: ['b'] });
});
