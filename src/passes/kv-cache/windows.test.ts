import { describe, expect, test } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { OptionValues, Pass } from '../../rewrite/pass.ts';
import { policyOf } from '../../kv/policy.ts';
import { apart, decoderModel, logitsOf, someIds, type DecoderStyle } from '../../testing/decoders.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { addKvCache } from './add-kv-cache.ts';
import { deferRotary } from './defer-rotary.ts';
import { slidingWindowCache } from './sliding-window-cache.ts';
import { streamingCache } from './streaming-cache.ts';

const TOLERANCE = 1e-5;
const LENGTH = 14;
const ones = Array.from({ length: LENGTH }, () => 1);

/** The passes one after the other. */
async function after(before: Model, ...steps: readonly (readonly [Pass, OptionValues?])[]): Promise<Model> {
  let model = before;
  for (const [pass, options = {}] of steps) {
    const { model: next, result } = await afterPass(model, pass, { options });
    expect(result.refusals.map(({ reason }) => reason)).toEqual([]);
    expect(result.applied).toHaveLength(1);
    model = next;
  }
  return model;
}

async function difference(truth: Model, model: Model, parts: readonly number[]): Promise<number> {
  const ids = someIds(2, LENGTH);
  return apart(await logitsOf(truth, ids, [LENGTH]), await logitsOf(model, ids, parts));
}

const ROTARY: readonly DecoderStyle[] = [
  { heads: 4, kvHeads: 2 },
  { heads: 2, kvHeads: 1 },
  { positions: 'rotary-table', mask: 'table' },
];

describe('keys that are rotated later', () => {
  test.each(ROTARY)('are the same keys: %o', async (style) => {
    const dense = await after(decoderModel(style), [addKvCache]);
    const deferred = await after(dense, [deferRotary]);
    expect(await difference(dense, deferred, [5, 1, 1, 4, 3])).toBeLessThan(TOLERANCE);
  });
  test('are refused where nothing rotates keys', async () => {
    const dense = await after(decoderModel({ positions: 'learned' }), [addKvCache]);
    const { sites, refusals } = await sitesOf(dense, deferRotary);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toBe('No keys are rotated before they are kept.');
  });
});

const STYLES: readonly DecoderStyle[] = [
  ...ROTARY,
  { positions: 'learned', mask: 'trilu' },
  { positions: 'alibi', heads: 4 },
  { positions: 'none' },
];

describe('a sliding window', () => {
  test.each(STYLES)('wider than the text changes nothing: %o', async (style) => {
    const before = decoderModel(style);
    const model = await after(before, [addKvCache], [slidingWindowCache, { window: 64 }]);
    expect(policyOf(model)).toEqual({ kind: 'sliding-window', window: 64 });
    expect(await difference(before, model, [5, 1, 1, 4, 3])).toBeLessThan(TOLERANCE);
  });
  test.each(STYLES)('sees the last positions alone, where they are in the text: %o', async (style) => {
    const truth = decoderModel({ ...style, mask: 'compare', window: 5 });
    const model = await after(decoderModel(style), [addKvCache], [slidingWindowCache, { window: 5 }]);
    expect(await difference(truth, model, ones)).toBeLessThan(TOLERANCE);
    expect(await difference(truth, model, [3, 7, 1, 1, 2])).toBeLessThan(TOLERANCE);
  });
  test('is not put on another policy', async () => {
    const model = await after(decoderModel(), [addKvCache], [slidingWindowCache, { window: 5 }]);
    const { sites, refusals } = await sitesOf(model, slidingWindowCache);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toBe('The cache is sliding-window already.');
  });
});

describe('sinks and a window', () => {
  const STREAMING: readonly (readonly [DecoderStyle, readonly Pass[]])[] = [
    [ROTARY[0]!, [deferRotary]],
    [ROTARY[1]!, [deferRotary]],
    [{ positions: 'alibi', heads: 4 }, []],
    [{ positions: 'none' }, []],
  ];
  const kept = (at: number): number[] => Array.from({ length: at + 1 }, (_, i) => i).filter((i) => i < 2 || i > at - 5);

  test.each(STREAMING)('say what recomputing from what is kept says, places counted anew: %o', async (style, first) => {
    const truth = decoderModel({ ...style, unrolled: { length: LENGTH, kept } });
    const steps = [
      [addKvCache],
      ...first.map((pass) => [pass] as const),
      [streamingCache, { window: 5, sinks: 2 }],
    ] as const;
    const model = await after(decoderModel(style), ...(steps as readonly (readonly [Pass, OptionValues?])[]));
    expect(policyOf(model)).toEqual({ kind: 'streaming', window: 5, sinks: 2 });
    expect(await difference(truth, model, ones)).toBeLessThan(TOLERANCE);
    // As long as nothing is dropped, many tokens may come at once.
    expect(await difference(truth, model, [5, ...Array.from({ length: LENGTH - 5 }, () => 1)])).toBeLessThan(TOLERANCE);
  });
  test('are refused while keys hold their positions', async () => {
    const dense = await after(decoderModel(), [addKvCache]);
    expect((await sitesOf(dense, streamingCache)).refusals[0]?.reason).toMatch(
      /what present\.0\.key keeps; where that rotates keys, defer-rotary/,
    );
    const learned = await after(decoderModel({ positions: 'learned' }), [addKvCache]);
    expect((await sitesOf(learned, streamingCache)).refusals[0]?.reason).toMatch(/added to tokens/);
  });
  test('memory stays the same, however long the text', async () => {
    const model = await after(decoderModel(), [addKvCache], [deferRotary], [streamingCache, { window: 3, sinks: 1 }]);
    const long = someIds(1, 40);
    const said = await logitsOf(
      model,
      long,
      long[0]!.map(() => 1),
    );
    expect(said[0]).toHaveLength(40);
    expect(said.flat(2).every(Number.isFinite)).toBe(true);
  });
});
