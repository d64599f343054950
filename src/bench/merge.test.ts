import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { QUIET, timingOf } from '../testing/timing.ts';
import { acrossSettings, mergeConditions, mergeResults } from './merge.ts';
import type { BenchResult } from './types.ts';

const result = (
  a: readonly number[],
  b: readonly number[] | null,
  changes: Partial<BenchResult> = {},
): BenchResult => ({
  backend: 'wasm',
  level: 'all',
  threads: 1,
  a: timingOf(a, { startMs: 9, starts: [9], heapBytes: a.length }),
  b: b && timingOf(b),
  ratio: null,
  interval: null,
  verdict: null,
  conditions: QUIET,
  software: false,
  message: '',
  ...changes,
});
const random = seeded(5);
const near = (ms: number, count = 20): number[] => Array.from({ length: count }, () => ms * (1 + 0.02 * random()));

describe('several turns of one setting', () => {
  it('become one result: all samples, each turn a round, the verdict anew', () => {
    const merged = mergeResults([result(near(20), near(10)), result(near(20), near(10))]);
    expect(merged.a.samples).toHaveLength(40);
    expect([merged.a.blocks, merged.b?.blocks, merged.a.starts]).toEqual([
      [20, 20],
      [20, 20],
      [9, 9],
    ]);
    expect(merged.ratio).toBeCloseTo(2, 1);
    expect(merged).toMatchObject({ verdict: 'faster', a: { heapBytes: 20 } });
    expect(merged.message).toMatch(/^2\.0\d× faster/);
  });

  it('of a software adapter get no verdict, and one alone stays as it is', () => {
    const soft = { software: true } as const;
    expect(mergeResults([result(near(20), near(10), soft), result(near(20), near(10), soft)]).verdict).toBe(
      'no verdict',
    );
    const alone = result(near(20), null);
    expect(mergeResults([alone])).toBe(alone);
    expect(mergeResults([alone, alone])).toMatchObject({ b: null, ratio: null, verdict: null });
  });

  it('keep the worst of what the machine did, each warning once', () => {
    const busy = { disturbed: 0.3, slowdown: 0, warnings: ['busy'] };
    expect(mergeConditions([QUIET, busy, { ...busy, disturbed: 0.2, slowdown: 0.1 }])).toEqual({
      disturbed: 0.3,
      slowdown: 0.1,
      warnings: ['busy'],
    });
  });
});

describe('settings against the first', () => {
  it('are compared by what they end in: the second model where there is one', () => {
    const cells = [result(near(40), near(20)), result(near(40), near(10)), result(near(20), null)];
    const [first, second, third] = acrossSettings(cells);
    expect(first).toEqual({ ratio: 1, interval: [1, 1], verdict: null });
    expect(second?.ratio).toBeCloseTo(2, 1);
    expect(second?.verdict).toBe('faster');
    expect(third?.verdict).toBe('no change');
  });

  it('get no verdict where one of the two is a software adapter', () => {
    const cells = [result(near(20), null), result(near(90), null, { software: true })];
    expect(acrossSettings(cells)[1]?.verdict).toBe('no verdict');
  });

  it('whose rounds differ have wide intervals', () => {
    const moody = { ...timingOf([...near(10), ...near(14), ...near(18)]), blocks: [20, 20, 20] };
    const cells = [result(near(14), null), { ...result([1], null), a: moody }];
    const across = acrossSettings(cells)[1]!;
    expect(across.interval[1] / across.interval[0]).toBeGreaterThan(1.5);
    expect(across.verdict).toBe('inconclusive');
  });
});
