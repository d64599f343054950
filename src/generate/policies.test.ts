import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { decoderFacts, openDecoder } from '../engine/generate/open.ts';
import { nodePort } from '../engine/node.ts';
import type { Model } from '../ir/model.ts';
import { readDecoderIo } from '../kv/io.ts';
import { int8Bytes } from '../kv/cache/int8.ts';
import { setPolicy } from '../kv/policy.ts';
import { writeModel } from '../onnx/write.ts';
import { addKvCache } from '../passes/kv-cache/add-kv-cache.ts';
import { deferRotary } from '../passes/kv-cache/defer-rotary.ts';
import { pageKvCache } from '../passes/kv-cache/page-kv-cache.ts';
import { quantizeKvCache } from '../passes/kv-cache/quantize-kv-cache.ts';
import { slidingWindowCache } from '../passes/kv-cache/sliding-window-cache.ts';
import { streamingCache } from '../passes/kv-cache/streaming-cache.ts';
import type { OptionValues, Pass } from '../rewrite/pass.ts';
import { decoderModel, someIds, VOCABULARY, type DecoderStyle } from '../testing/decoders.ts';
import { afterPass } from '../testing/passes.ts';
import type { Decoder } from './decoder.ts';

const port = nodePort();
const job = silentJob();
const settings = { backend: 'wasm', level: 'all', threads: 1 } as const;
const open = (model: Model, recompute = false): Promise<Decoder> =>
  openDecoder(decoderFacts(model), { name: 'tiny', bytes: writeModel(model) }, { recompute, settings }, port, job);

/** One layer of two heads for keys and values, four wide each. */
const STYLE: DecoderStyle = { heads: 4, kvHeads: 2, layers: 1 };
const BYTES = 2 * 2 * 4 * 4;
const SHAPE = { heads: 2, keyWidth: 4, valueWidth: 4 } as const;
const LENGTH = 40;
const IDS = someIds(1, LENGTH)[0]!;
const ROUNDING = 2e-5;

async function after(style: DecoderStyle, ...steps: readonly (readonly [Pass, OptionValues?])[]): Promise<Model> {
  let model = decoderModel(style);
  for (const [pass, options = {}] of [[addKvCache] as const, ...steps]) {
    const { model: next, result } = await afterPass(model, pass, { options });
    expect(result.refusals.map(({ reason }) => reason)).toEqual([]);
    model = next;
  }
  return model;
}

interface Said {
  readonly logits: Float32Array;
  readonly bytes: readonly number[];
}

/** Logits of all positions, and bytes behind each step of so many tokens. */
async function said(model: Model, parts: readonly number[], recompute = false): Promise<Said> {
  const decoder = await open(model, recompute);
  const logits = new Float32Array(LENGTH * VOCABULARY);
  const bytes: number[] = [];
  let from = 0;
  for (const part of parts) {
    const told = await decoder.step(IDS.slice(from, from + part), 'all', job);
    logits.set(told.logits, from * VOCABULARY);
    bytes.push(told.cacheBytes);
    from += part;
    expect(told.length).toBe(from);
  }
  await decoder.release();
  return { logits, bytes };
}

const ones = Array.from({ length: LENGTH }, () => 1);
const MIXED = [9, 1, 1, 14, 1, 1, 13];

/** Relative to the largest logit. */
function apart({ logits: a }: Said, { logits: b }: Said): number {
  const largest = a.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return a.reduce((most, each, i) => Math.max(most, Math.abs(each - b[i]!)), 0) / largest;
}

describe('a decoder that keeps a sliding window', () => {
  const STYLES: readonly DecoderStyle[] = [
    STYLE,
    { positions: 'learned', layers: 1 },
    { positions: 'alibi', heads: 4, layers: 1 },
  ];
  it.each(STYLES)('says what the dense one says where the window is longer than the text: %o', async (style) => {
    const window = await after(style, [slidingWindowCache, { window: 64 }]);
    expect(apart(await said(await after(style), MIXED), await said(window, MIXED))).toBeLessThan(ROUNDING);
  });
  it.each(STYLES)('says the same token by token, in parts, and anew: %o', async (style) => {
    const model = await after(style, [slidingWindowCache, { window: 6 }]);
    const truth = await said(model, ones);
    expect(apart(truth, await said(model, MIXED))).toBeLessThan(ROUNDING);
    expect(apart(truth, await said(model, [30, 10], true))).toBeLessThan(ROUNDING);
    expect(apart(await said(await after(style), ones), truth)).toBeGreaterThan(1e-3);
  });
  it('keeps no more than the window', async () => {
    const { bytes } = await said(await after(STYLE, [slidingWindowCache, { window: 6 }]), ones);
    expect(bytes.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 5].map((held) => held * BYTES));
    expect(new Set(bytes.slice(6))).toEqual(new Set([5 * BYTES]));
  });
  it('begins anew with nothing dropped', async () => {
    const decoder = await open(await after({ positions: 'learned', layers: 1 }, [slidingWindowCache, { window: 6 }]));
    const first = await decoder.step(IDS, 'all', job);
    await decoder.begin();
    expect([...(await decoder.step(IDS, 'all', job)).logits]).toEqual([...first.logits]);
    await decoder.release();
  });
});

describe('a decoder that keeps sinks and a window', () => {
  const STYLES: readonly (readonly [DecoderStyle, readonly (readonly [Pass])[]])[] = [
    [STYLE, [[deferRotary]]],
    [{ positions: 'alibi', heads: 4, layers: 1 }, []],
  ];
  it.each(STYLES)('says what the dense one says where they are longer than the text: %o', async (style, first) => {
    const model = await after(style, ...first, [streamingCache, { window: 64, sinks: 2 }]);
    expect(apart(await said(await after(style), MIXED), await said(model, MIXED))).toBeLessThan(ROUNDING);
  });
  it.each(STYLES)('cuts what it is given where places begin to move: %o', async (style, first) => {
    const model = await after(style, ...first, [streamingCache, { window: 6, sinks: 2 }]);
    const truth = await said(model, ones);
    for (const parts of [[LENGTH], [8, 32], [7, 2, 31], MIXED]) {
      const { logits, bytes } = await said(model, parts);
      expect(apart(truth, { logits, bytes })).toBeLessThan(ROUNDING);
      expect(bytes.at(-1)).toBe(truth.bytes.at(-1));
    }
    expect(new Set(truth.bytes.slice(8)).size).toBe(1);
  });
  it('cannot be given the whole text anew', async () => {
    const model = await after(STYLE, [deferRotary], [streamingCache, { window: 6, sinks: 2 }]);
    await expect(open(model, true)).rejects.toThrow(/cache that is streaming, the whole text .* says something else/);
  });
});

describe('a decoder that keeps eight bits', () => {
  it('says what the dense one says while all is in the residual', async () => {
    const model = await after(STYLE, [quantizeKvCache, { group: 8, residual: 64 }]);
    expect(apart(await said(await after(STYLE), MIXED), await said(model, MIXED))).toBeLessThan(ROUNDING);
  });
  it('stays near it, in as many bytes as the formula says', async () => {
    const model = await after(STYLE, [quantizeKvCache, { group: 8, residual: 4 }]);
    const eight = await said(model, ones);
    const off = apart(await said(await after(STYLE), ones), eight);
    expect(off).toBeLessThan(0.05);
    expect(off).toBeGreaterThan(1e-5);
    const options = { group: 8, residual: 4, scales: 'float16' } as const;
    expect(eight.bytes).toEqual(ones.map((_, at) => int8Bytes(SHAPE, at + 1, options)));
  });
  it('is told by its inputs and outputs', async () => {
    const { cache } = readDecoderIo(await after(STYLE, [quantizeKvCache, {}]));
    expect(cache).toHaveLength(2);
    expect(cache[1]).toMatchObject({
      input: 'past_key_values.0.value',
      dtype: 'int8',
      axes: { batch: 0, heads: 1, positions: 2, width: 3 },
      quantized: {
        scale: { input: 'past_key_values.0.value_scale', output: 'present.0.value_scale', dtype: 'float16' },
        residual: { input: 'past_key_values.0.value_residual', output: 'present.0.value_residual', dtype: 'float32' },
      },
    });
  });
});

describe('a decoder that keeps pages', () => {
  it.each([1, 4, 16])('says what the dense one says, in blocks of %i', async (block) => {
    const model = await after(STYLE, [pageKvCache, { block }]);
    const paged = await said(model, MIXED);
    expect(apart(await said(await after(STYLE), MIXED), paged)).toBeLessThan(1e-6);
    const seen = MIXED.map((_, at) => MIXED.slice(0, at + 1).reduce((sum, part) => sum + part, 0));
    expect(paged.bytes).toEqual(seen.map((length) => Math.ceil(length / block) * block * BYTES));
  });
  it('begins anew in empty pages', async () => {
    const decoder = await open(await after(STYLE, [pageKvCache, { block: 4 }]));
    const first = await decoder.step(IDS, 'last', job);
    await decoder.begin();
    const again = await decoder.step(IDS, 'last', job);
    expect([...again.logits]).toEqual([...first.logits]);
    expect(again.cacheBytes).toBe(first.cacheBytes);
    await decoder.release();
  });
  it('is told by its inputs', async () => {
    const io = readDecoderIo(await after(STYLE, [pageKvCache, { block: 4 }]));
    expect(io.pages).toEqual({ table: 'block_table', length: 'past_length' });
    expect(io.cache[0]).toMatchObject({ shape: ['pool_blocks', 2, 4, 4], axes: { batch: 0, heads: 1, positions: 2 } });
  });
});

it('a model whose inputs are not those of its policy is refused', async () => {
  const model = await after(STYLE);
  setPolicy(model, { kind: 'paged', block: 4 });
  await expect(open(model)).rejects.toThrow(/keeps its cache as paged, but its inputs and outputs are not a pool/);
});
