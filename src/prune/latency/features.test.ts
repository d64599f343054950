import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { madeUpTimes, mobileBlock } from '../../testing/latency-device.ts';
import { evaluate } from '../evaluate.ts';
import { channelGraph } from '../plan.ts';
import { pack } from '../terms.ts';
import { latencyFeatures } from './features.ts';
import { latencyWidths } from './points.ts';

const model = mobileBlock();
const analysis = analyze(model);
const graph = channelGraph(model, analysis);
const channels = graph.groups.map((group) => group.channels);

function featuresOf(rest = 0) {
  const ms = madeUpTimes(model);
  const times = new Map(analysis.order.map((node, i) => [node.id, ms[i]!.ms]));
  return latencyFeatures(model, analysis, graph, times, rest);
}

describe('features of a latency', () => {
  it('tell kinds of kernels apart, and each is 1 at the full widths', () => {
    const features = featuresOf();
    expect(new Set(features.map(({ name }) => name.split(':')[0]))).toEqual(
      new Set(['convolution', 'depthwise', 'pointwise', 'memory', 'fixed']),
    );
    for (const { terms } of features) expect(evaluate(pack(terms), { channels, kept: channels })).toBeCloseTo(1, 12);
  });

  it('follow the widths as the work does', () => {
    const at = (name: string, kept: readonly number[]): number => {
      const feature = featuresOf().find((each) => each.name === name)!;
      return evaluate(pack(feature.terms), { channels, kept });
    };
    expect(channels).toEqual([8, 16]);
    expect(at('depthwise: MACs', [4, 16])).toBeCloseTo(0.5, 12);
    expect(at('convolution: read', [4, 16])).toBe(1);
    expect(at('convolution: written', [4, 16])).toBeCloseTo(0.5, 12);
    // Of two pointwise convolutions one loses both of its widths, the other what it reads.
    expect(at('pointwise: MACs', [4, 8])).toBeGreaterThan(0.25);
    expect(at('pointwise: MACs', [4, 8])).toBeLessThan(0.5);
  });

  it('expect of each what the profile says, with what it could not place as fixed', () => {
    const features = featuresOf(1);
    expect(features.reduce((sum, { prior }) => sum + prior, 0)).toBeCloseTo(1, 12);
    const whole = madeUpTimes(model).reduce((sum, { ms }) => sum + ms, 0);
    expect(features.at(-1)).toMatchObject({ name: 'fixed', prior: expect.closeTo(1 / (1 + whole), 9) as number });
  });
});

describe('the widths that are timed', () => {
  it('are all different, never whole, and the same for the same model', () => {
    const groups = graph.groups.map((group) => ({ channels: group.channels, atoms: group.atoms.length }));
    const widths = latencyWidths(groups).map((kept) => kept.join());
    expect(new Set(widths).size).toBe(widths.length);
    expect(widths.length).toBeGreaterThanOrEqual(6);
    expect(widths).not.toContain(channels.join());
    expect(latencyWidths(groups).map((kept) => kept.join())).toEqual(widths);
  });

  it('leave out a model of which nothing can go', () => {
    expect(latencyWidths([{ channels: 1, atoms: 1 }])).toEqual([]);
    expect(latencyWidths([])).toEqual([]);
  });
});
