import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import { silentJob } from '../base/job.ts';
import { digits } from '../data/digits.ts';
import { preprocessFor } from '../data/propose.ts';
import { BEGIN, stories, story } from '../data/stories.ts';
import { tokenizerOf } from '../data/tokenizer.ts';
import { nodePort } from '../engine/node.ts';
import { judged } from '../engine/train/judge.ts';
import { Batches, batchFree } from '../engine/train/samples.ts';
import { writeModel } from '../onnx/write.ts';
import { fuseAttention } from '../passes/fusion/fuse-attention.ts';
import { fuseRmsNorm } from '../passes/fusion/fuse-rms-norm.ts';
import { fuseRotary } from '../passes/fusion/fuse-rotary.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { searchSpace } from '../search/space.ts';
import { slicedNetwork } from '../search/supernet/network.ts';
import { recalibrated } from '../search/supernet/recalibrate.ts';
import { afterPass, countOps } from '../testing/passes.ts';
import { listSamples, loadSample } from './catalogue.ts';
import { FIGURES } from './learnt.ts';

const job = silentJob();
const FOLDER = fileURLToPath(new URL('weights', import.meta.url));
/** Seeds of samples that trained, and of those by which the figures were found, are 1 and 2. */
const OTHERS = 3;

describe('samples with learnt weights', () => {
  it('are files of less than 3 MB each', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.safetensors'));
    expect(files.sort()).toEqual(
      Object.keys(FIGURES)
        .sort()
        .map((id) => `${id}.safetensors`),
    );
    for (const file of files) expect(statSync(join(FOLDER, file)).size).toBeLessThan(3e6);
  });

  it('tell what they learnt in the list and in their metadata', async () => {
    const abouts = Object.fromEntries(listSamples().map(({ id, about }) => [id, about]));
    const { perplexity } = FIGURES['character-transformer'];
    expect(abouts['character-transformer']).toContain(perplexity.toFixed(2));
    expect(abouts['digit-cnn']).toContain((100 * FIGURES['digit-cnn'].top1).toFixed(1));
    const { extras } = await loadSample('character-transformer');
    expect(JSON.parse(extras.metadataProps?.get('trained') ?? '')).toEqual(FIGURES['character-transformer']);
  });
});

describe('the digit CNN', () => {
  it('tells digits that it has never seen: at least 98.5 % of them', async () => {
    const found = await judged(await loadSample('digit-cnn'), digits(400, OTHERS), {}, nodePort(), job);
    expect(found.samples).toBe(400);
    expect(found.top1).toBeGreaterThanOrEqual(0.985);
    expect(FIGURES['digit-cnn'].top1).toBeGreaterThanOrEqual(0.985);
  });
});

describe('the edge CNN', () => {
  it('tells digits that it has never seen, whole and as a narrow sub-network', { timeout: 60_000 }, async () => {
    const model = await loadSample('edge-cnn');
    expect(FIGURES['edge-cnn'].top1).toBeGreaterThanOrEqual(0.985);
    const space = searchSpace(model, analyze(model));
    expect(space.supernet).not.toBeNull();
    const others = digits(300, OTHERS);
    expect((await judged(model, others, {}, nodePort(), job)).top1).toBeGreaterThanOrEqual(0.985);
    const least = space.genes.map(({ spared, kind, choices }) =>
      spared === null && kind !== 'resolution' ? 0 : choices.length - 1,
    );
    const images = digits(256, 1);
    const { inputs } = summarize(model, analyze(model), 0);
    const { preprocess } = await preprocessFor(inputs, images);
    const data = { dataSet: images, preprocess, inputs: batchFree(inputs) };
    const feeds = await new Batches(data, null).feeds(
      Array.from({ length: 256 }, (_, i) => i),
      0,
    );
    const small = await recalibrated(await slicedNetwork(model, space, least), feeds, nodePort(), job);
    const [whole, part] = [model, small].map((each) => summarize(each, analyze(each), 0).macs!);
    expect(part! / whole!).toBeLessThan(0.25);
    const { top1 } = await judged(small, others, {}, nodePort(), job);
    expect(Math.abs(top1! - FIGURES['edge-cnn'].smallest)).toBeLessThan(0.04);
  });
});

describe('the character transformer', () => {
  const LENGTH = FIGURES['character-transformer'].length;
  const start = async (backendModel = loadSample('character-transformer')) =>
    nodeRuntime().createSession(writeModel(await backendModel), { backend: 'wasm', level: 'all', threads: 1 });

  it('expects stories that it has never seen about as well as is told', async () => {
    const model = await loadSample('character-transformer');
    const changes = { length: LENGTH, stride: LENGTH };
    const found = await judged(model, stories(20, OTHERS), { changes, count: 16 }, nodePort(), job);
    const { perplexity } = FIGURES['character-transformer'];
    expect(perplexity).toBeLessThan(1.4);
    expect(Math.abs(found.perplexity! - perplexity)).toBeLessThan(0.05);
  });

  it('sees nothing of what comes later, for any batch and length', async () => {
    const session = await start();
    const run = async (rows: number, length: number) => {
      const data = BigInt64Array.from({ length: rows * length }, (_, i) =>
        BigInt((7 * (i % length) + Math.floor(i / length)) % 74),
      );
      const outputs = await session.run({ input_ids: { dtype: 'int64', shape: [rows, length], data } });
      return outputs['logits']!.data as Float32Array;
    };
    const [short, long] = [await run(2, 5), await run(2, 9)];
    for (let row = 0; row < 2; row++) {
      for (let i = 0; i < 5 * 74; i++) expect(long[row * 9 * 74 + i]).toBeCloseTo(short[row * 5 * 74 + i]!, 3);
    }
    expect((await run(1, 1)).length).toBe(74);
    await session.release();
  });

  it('is read by the passes as the decoder that it is', async () => {
    let model = await loadSample('character-transformer');
    for (const pass of [fuseRmsNorm, fuseRotary, fuseAttention]) ({ model } = await afterPass(model, pass));
    expect(countOps(model)).toMatchObject({
      SimplifiedLayerNormalization: 9,
      'com.microsoft.RotaryEmbedding': 8,
      'com.microsoft.GroupQueryAttention': 4,
    });
  });

  it('goes on with a story: known words, the right pronoun, the name that came before', async () => {
    const model = await loadSample('character-transformer');
    const tokenizer = tokenizerOf(model.extras.metadataProps)!;
    const session = await start(Promise.resolve(model));
    const goOn = async (text: string, count: number): Promise<string> => {
      const ids = [...tokenizer.encode(new TextEncoder().encode(`${BEGIN}${text}`))];
      for (let i = 0; i < count; i++) {
        const data = BigInt64Array.from(ids, BigInt);
        const outputs = await session.run({ input_ids: { dtype: 'int64', shape: [1, ids.length], data } });
        const last = (outputs['logits']!.data as Float32Array).subarray(-tokenizer.vocabulary);
        ids.push(last.indexOf(Math.max(...last)));
      }
      return tokenizer.decode(ids).slice(text.length);
    };
    const told = await goOn('Once there was a brave girl named Mia.', 100);
    const known = new Set(
      Array.from({ length: 300 }, (_, i) => story(i, 1))
        .join(' ')
        .match(/[A-Za-z]+/g),
    );
    // The last word may be cut.
    const words = told.match(/[A-Za-z]+/g)!.slice(0, -1);
    expect(words.length).toBeGreaterThan(14);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
    expect(told).toMatch(/^ She lived .* She had a \w+ called (\w+)\. (Mia|\1) loved /);
    await session.release();
  });
});
