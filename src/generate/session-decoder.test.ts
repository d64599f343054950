import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import { decoderFacts, openDecoder } from '../engine/generate/open.ts';
import { nodePort } from '../engine/node.ts';
import type { Model } from '../ir/model.ts';
import { writeModel } from '../onnx/write.ts';
import { tinyDecoder, TINY, type DecoderOptions } from '../testing/tiny-decoders.ts';
import type { Decoder } from './decoder.ts';

const port = nodePort();
const job = silentJob();
const settings = { backend: 'wasm', level: 'all', threads: 1 } as const;
const open = (model: Model, recompute = false): Promise<Decoder> =>
  openDecoder(decoderFacts(model), { name: 'tiny', bytes: writeModel(model) }, { recompute, settings }, port, job);

function text(length: number, seed = 5): number[] {
  const random = seeded(seed);
  return Array.from({ length }, () => Math.floor(random() * TINY.vocabulary));
}

function expectNear(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const off = actual.reduce((most, each, i) => Math.max(most, Math.abs(each - expected[i]!)), 0);
  expect(off).toBeLessThan(1e-4);
}

/** Of all positions of a text, by the model without a cache in one run. */
async function truth(ids: readonly number[]): Promise<Float32Array> {
  const decoder = await open(tinyDecoder({ keeping: 'none', mask: false, positions: false }));
  const { logits, rows } = await decoder.step(ids, 'all', job);
  expect(rows).toBe(ids.length);
  await decoder.release();
  return logits;
}
const rowOf = (all: Float32Array, row: number): Float32Array =>
  all.subarray(row * TINY.vocabulary, (row + 1) * TINY.vocabulary);

const FORMS: readonly DecoderOptions[] = [
  { keeping: 'apart' },
  { keeping: 'apart', mask: false, positions: false },
  { keeping: 'behind', mask: true, positions: false },
  { keeping: 'both', mask: false },
];

describe('a decoder with a cache', () => {
  it.each(FORMS)('tells at each step what the whole text tells: %o', async (options) => {
    const ids = text(14);
    const all = await truth(ids);
    const decoder = await open(tinyDecoder(options));
    const first = await decoder.step(ids.slice(0, 5), 'last', job);
    expect([first.rows, first.length, decoder.length]).toEqual([1, 5, 5]);
    expectNear(first.logits, rowOf(all, 4));
    for (let at = 5; at < ids.length; at++) {
      const { logits, cacheBytes } = await decoder.step([ids[at]!], 'last', job);
      expectNear(logits, rowOf(all, at));
      // Keys and values of two layers, 2 heads of 3 floats.
      expect(cacheBytes).toBe((at + 1) * 2 * 2 * 6 * 4);
    }
    await decoder.release();
  });

  it('tells of all positions of a step where that is wanted', async () => {
    const ids = text(9, 6);
    const all = await truth(ids);
    const decoder = await open(tinyDecoder());
    await decoder.step(ids.slice(0, 4), 'all', job);
    const { logits, rows } = await decoder.step(ids.slice(4), 'all', job);
    expect(rows).toBe(5);
    expectNear(logits, all.subarray(4 * TINY.vocabulary));
    await decoder.release();
  });

  it('takes a prompt token by token where the model takes one at a time', async () => {
    const ids = text(6, 7);
    const all = await truth(ids);
    const decoder = await open(tinyDecoder({ fixed: 1 }));
    const { logits, rows } = await decoder.step(ids, 'all', job);
    expect(rows).toBe(6);
    expectNear(logits, all);
    await decoder.release();
  });

  it('forgets its text when it begins anew', async () => {
    const decoder = await open(tinyDecoder());
    const ids = text(4, 8);
    const before = await decoder.step(ids, 'last', job);
    await decoder.step(text(5, 9), 'last', job);
    await decoder.begin();
    expect(decoder.length).toBe(0);
    const after = await decoder.step(ids, 'last', job);
    expect([...after.logits]).toEqual([...before.logits]);
    await decoder.release();
  });

  it('says how far the model goes where it goes no further, and stays usable', async () => {
    const decoder = await open(tinyDecoder());
    await decoder.step(text(TINY.most), 'last', job);
    await expect(decoder.step([1], 'last', job)).rejects.toMatchObject({
      code: 'bad-request',
      data: { positions: TINY.most },
    });
    await expect(decoder.step([1], 'last', job)).rejects.toThrow(/takes 24 positions, prompt and new tokens together/);
    await decoder.begin();
    await expect(decoder.step(text(TINY.most + 1), 'last', job)).rejects.toThrow(/fails on 25 positions at once/);
    await expect(decoder.step(text(2), 'last', job)).resolves.toMatchObject({ length: 2 });
    await decoder.release();
  });

  it('is refused where its ids have a size of several', async () => {
    await expect(open(tinyDecoder({ fixed: 4 }))).rejects.toThrow(/input_ids takes 4 positions at each run/);
  });

  it('sees a cancel, and wants ids', async () => {
    const decoder = await open(tinyDecoder());
    const controller = new AbortController();
    controller.abort();
    const cancelled = createJob(controller.signal, () => {});
    await expect(decoder.step([1], 'last', cancelled)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(decoder.step([], 'last', job)).rejects.toThrow(/one token or more/);
    await expect(decoder.step([-1], 'last', job)).rejects.toThrow(/-1 is no token id/);
    await expect(decoder.step([3, 11], 'last', job)).rejects.toThrow(/11 is no token id: the model has 11, 0 to 10/);
    await decoder.release();
  });
});

describe('a decoder that is given the whole text each time', () => {
  it.each([...FORMS, { keeping: 'none', mask: false, positions: false, fixed: 16 } as const])(
    'needs no cache, and leaves one empty: %o',
    async (options) => {
      const ids = text(12, 10);
      const all = await truth(ids);
      const decoder = await open(tinyDecoder(options), true);
      expectNear((await decoder.step(ids.slice(0, 3), 'all', job)).logits, all.subarray(0, 3 * TINY.vocabulary));
      const next = await decoder.step(ids.slice(3), 'last', job);
      expect(next).toMatchObject({ rows: 1, length: 12, cacheBytes: 0 });
      expectNear(next.logits, rowOf(all, 11));
      await decoder.release();
    },
  );

  it('of a fixed length ends there', async () => {
    const decoder = await open(tinyDecoder({ keeping: 'none', mask: false, positions: false, fixed: 6 }));
    await expect(decoder.step(text(7), 'last', job)).rejects.toThrow(/takes 6 positions.*input_ids has 6/);
    await decoder.release();
  });
});
