import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codedRows, expectSameRows } from '../../testing/kv-rows.ts';
import { createCache, type SequencePolicy } from './create.ts';
import { DenseCache } from './dense.ts';
import { HeavyHitterCache } from './heavy-hitter.ts';
import { bytesPerPosition, layerShapes, type LayerShape, type SequenceCache } from './layout.ts';
import { SlidingWindowCache } from './sliding-window.ts';
import { StaticBufferCache } from './static-buffer.ts';
import { StreamingCache } from './streaming.ts';

const LAYERS: readonly LayerShape[] = [
  { heads: 2, keyWidth: 3, valueWidth: 2 },
  { heads: 1, keyWidth: 4, valueWidth: 5 },
];
const span = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const push = (cache: SequenceCache, count: number): void =>
  cache.append(count, codedRows(LAYERS, span(cache.appended, cache.appended + count)));

/** It holds these positions, and their rows, and says so. */
function expectHolds(cache: SequenceCache, positions: readonly number[]): void {
  expect(cache.positions().join()).toBe(positions.join());
  expect(cache.length).toBe(positions.length);
  expect(cache.dropped).toBe(cache.appended - positions.length);
  expectSameRows(cache.gather(), codedRows(LAYERS, positions));
}

const KEPT: readonly [string, () => SequenceCache, (appended: number) => number[]][] = [
  ['dense, doubling', () => new DenseCache(LAYERS), (n) => span(0, n)],
  ['dense, exact', () => new DenseCache(LAYERS, 'exact'), (n) => span(0, n)],
  ['a static buffer', () => new StaticBufferCache(LAYERS, 400), (n) => span(0, n)],
  ['a sliding window', () => new SlidingWindowCache(LAYERS, { window: 7 }), (n) => span(Math.max(0, n - 7), n)],
  [
    'streaming',
    () => new StreamingCache(LAYERS, { sinks: 3, window: 5 }),
    (n) => (n <= 8 ? span(0, n) : [...span(0, 3), ...span(n - 5, n)]),
  ],
];

describe.each(KEPT)('%s', (_name, make, kept) => {
  it('holds what it says after runs of any lengths', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 20 }), (counts) => {
        const cache = make();
        for (const count of counts) {
          push(cache, count);
          expectHolds(cache, kept(cache.appended));
        }
      }),
      { numRuns: 60, seed: 21 },
    );
  });

  it('goes back to an earlier length, or says that rows are gone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20 }), (first, back) => {
        const cache = make();
        push(cache, first);
        fc.pre(back < first);
        if (cache.dropped > 0) {
          expect(() => cache.truncate(back)).toThrow(/Begin a new one and run its tokens again/);
          expectHolds(cache, kept(first));
          return;
        }
        cache.truncate(back);
        expectHolds(cache, kept(back));
        push(cache, 4);
        expectHolds(cache, kept(back + 4));
      }),
      { numRuns: 100, seed: 22 },
    );
  });

  it('refuses rows of another size, and lengths that it never had', () => {
    const cache = make();
    push(cache, 2);
    expect(() => cache.append(3, codedRows(LAYERS, [2, 3]))).toThrow(/keys of layer 0 have 12 elements.* are 18/);
    expect(() => cache.append(1, codedRows(LAYERS, [2]).slice(1))).toThrow(/2 layers, and rows of 1 were given/);
    expect(() => cache.truncate(3)).toThrow(/2 positions cannot go back to 3/);
    expectHolds(cache, [0, 1]);
  });
});

describe('sizes', () => {
  const position = bytesPerPosition(LAYERS);

  it('a position has its keys and values of all layers', () => {
    expect(position).toBe(4 * (2 * (3 + 2) + (4 + 5)));
  });

  it('an exact cache has no idle slot, a doubling one at most as many as rows', () => {
    const [exact, doubling] = [new DenseCache(LAYERS, 'exact'), new DenseCache(LAYERS)];
    for (let length = 1; length <= 100; length++) {
      push(exact, 1);
      push(doubling, 1);
      expect(exact.bytes).toBe(length * position);
      expect(doubling.bytes).toBeLessThanOrEqual(Math.max(16, 2 * length) * position);
    }
  });

  it.each<[SequencePolicy, number]>([
    [{ kind: 'static', capacity: 40 }, 40],
    [{ kind: 'sliding-window', window: 12 }, 12],
    [{ kind: 'streaming', sinks: 4, window: 12 }, 16],
    [{ kind: 'heavy-hitter', heavy: 4, recent: 8 }, 13],
  ])('%o is allocated once, whatever is appended', (policy, slots) => {
    const cache = createCache(policy, LAYERS);
    for (let step = 0; step < 30; step++) {
      expect(cache.bytes).toBe(slots * position);
      push(cache, 1);
      if (cache instanceof HeavyHitterCache) cache.observe(span(0, cache.length));
    }
    cache.release();
    expect(cache.bytes).toBe(0);
    expect(() => push(cache, 1)).toThrow('released: open another one');
    expect(() => cache.gather()).toThrow('released: open another one');
  });

  it('a static buffer that is full says how many positions are wanted', () => {
    const cache = new StaticBufferCache(LAYERS, 10);
    push(cache, 9);
    expect(() => push(cache, 2)).toThrow('holds 10 positions, and 11 are wanted');
    expectHolds(cache, span(0, 9));
    expect(cache.whole()[0]!.key).toHaveLength(2 * 10 * 3);
  });
});

describe('heavy hitters', () => {
  it('stay when they had most attention, beside the recent positions', () => {
    const cache = new HeavyHitterCache(LAYERS, { heavy: 2, recent: 3 });
    push(cache, 6);
    cache.observe([1, 9, 2, 8, 0, 0]);
    expectHolds(cache, [1, 2, 3, 4, 5]);
    push(cache, 1);
    cache.observe([0, 9, 0, 0, 0, 0]);
    expectHolds(cache, [1, 2, 4, 5, 6]);
    expect([...cache.scores()]).toEqual([9, 11, 0, 0, 0]);
  });

  it('are those of a plain account of all attention, under any runs', () => {
    const step = fc.record({ count: fc.integer({ min: 1, max: 9 }), seed: fc.integer({ min: 0, max: 1e6 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const [heavy, recent] = [3, 4];
        const cache = new HeavyHitterCache(LAYERS, { heavy, recent });
        let truth: { position: number; score: number }[] = [];
        for (const { count, seed } of steps) {
          truth.push(...span(cache.appended, cache.appended + count).map((position) => ({ position, score: 0 })));
          push(cache, count);
          const attention = truth.map((_, i) => (seed * (i + 3)) % 11);
          truth.forEach((entry, i) => (entry.score += attention[i]!));
          const others = truth.slice(0, Math.max(0, truth.length - recent));
          const ranked = others.toSorted((a, b) => b.score - a.score || b.position - a.position);
          const stay = new Set(ranked.slice(0, heavy));
          truth = truth.filter((entry, i) => i >= truth.length - recent || stay.has(entry));
          cache.observe(attention);
          expectHolds(
            cache,
            truth.map(({ position }) => position),
          );
          expect([...cache.scores()]).toEqual(truth.map(({ score }) => score));
        }
      }),
      { numRuns: 80, seed: 31 },
    );
  });

  it('hold what was appended until its attention is told, and want a weight for each', () => {
    const cache = new HeavyHitterCache(LAYERS, { heavy: 1, recent: 1 });
    push(cache, 5);
    expectHolds(cache, span(0, 5));
    expect(() => cache.observe([1, 2])).toThrow('2 attention weights were given for 5 positions');
    cache.observe([1, 2, 3, 4, 5]);
    expectHolds(cache, [3, 4]);
    expect(() => cache.truncate(4)).toThrow(/let go by attention/);
  });
});

describe('the layers of a decoder', () => {
  const axes = { batch: 0, heads: 1, positions: 2, width: 3 };
  const tensor = (layer: number, holds: 'key' | 'value', width: number | null) => ({
    ...{ input: `past.${layer}.${holds}`, output: `present.${layer}.${holds}`, layer, holds, axes },
    ...{ dtype: 'float32' as const, shape: ['batch', 4, 'past', width] },
  });

  it('come of what its inputs declare', () => {
    const cache = [tensor(1, 'key', 8), tensor(1, 'value', 6), tensor(0, 'key', 16), tensor(0, 'value', 16)];
    expect(layerShapes(cache)).toEqual([
      { heads: 4, keyWidth: 16, valueWidth: 16 },
      { heads: 4, keyWidth: 8, valueWidth: 6 },
    ]);
  });

  it('are refused by name where the inputs leave a size open, or a value out', () => {
    expect(() => layerShapes([tensor(0, 'key', null), tensor(0, 'value', 4)])).toThrow(/past.0.key does not say/);
    expect(() => layerShapes([tensor(0, 'key', 4)])).toThrow('Layer 0 keeps no values');
  });
});
