import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-web';
import { strFromU8, unzipSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { addKvCache } from '../../passes/kv-cache/add-kv-cache.ts';
import { deferRotary } from '../../passes/kv-cache/defer-rotary.ts';
import { pageKvCache } from '../../passes/kv-cache/page-kv-cache.ts';
import { quantizeKvCache } from '../../passes/kv-cache/quantize-kv-cache.ts';
import { slidingWindowCache } from '../../passes/kv-cache/sliding-window-cache.ts';
import { streamingCache } from '../../passes/kv-cache/streaming-cache.ts';
import type { OptionValues, Pass } from '../../rewrite/pass.ts';
import { decoderModel, someIds, type DecoderStyle } from '../../testing/decoders.ts';
import { afterPass } from '../../testing/passes.ts';
import { exportLoop } from './export-loop.ts';

interface Loop {
  readonly Decoder: {
    open(runtime: unknown, model: Uint8Array, setup: unknown): Promise<{ release(): Promise<void> }>;
  };
  generate(decoder: unknown, prompt: readonly number[], options: object): AsyncIterable<number>;
}

const STYLE: DecoderStyle = { heads: 4, kvHeads: 2 };
const PROMPT = someIds(1, 9)[0]!;
const TOKENS = 24;

async function rewritten(...steps: readonly (readonly [Pass, OptionValues?])[]): Promise<Model> {
  let { model } = await afterPass(decoderModel(STYLE), addKvCache);
  for (const [pass, options = {}] of steps) ({ model } = await afterPass(model, pass, { options }));
  return model;
}

/** What the exported files write, as somebody runs them who has nothing else. */
async function written(model: Model, options: object = {}): Promise<number[]> {
  const files = unzipSync(exportLoop(model));
  expect(Object.keys(files).sort()).toEqual(['decode.mjs', 'decoder.json', 'index.html', 'model.onnx']);
  const folder = mkdtempSync(join(tmpdir(), 'whittle-loop-'));
  writeFileSync(join(folder, 'decode.mjs'), files['decode.mjs']!);
  const { Decoder, generate } = (await import(
    /* @vite-ignore */ pathToFileURL(join(folder, 'decode.mjs')).href
  )) as Loop;
  const decoder = await Decoder.open(ort, files['model.onnx']!, JSON.parse(strFromU8(files['decoder.json']!)));
  const ids: number[] = [];
  for await (const id of generate(decoder, PROMPT, { tokens: TOKENS, ...options })) ids.push(id);
  await decoder.release();
  return ids;
}

let dense: number[];
beforeAll(async () => {
  dense = await written(await rewritten());
});

test('the exported loop writes, and the same again with the same seed', async () => {
  expect(dense).toHaveLength(TOKENS);
  const drawn = { temperature: 1.5, topK: 8, topP: 0.9, seed: 4 };
  const model = await rewritten();
  const first = await written(model, drawn);
  expect(await written(model, drawn)).toEqual(first);
  expect(first).not.toEqual(dense);
});

const ALIKE: readonly (readonly [string, readonly (readonly [Pass, OptionValues?])[]])[] = [
  ['a window longer than the text', [[slidingWindowCache, { window: 64 }]]],
  ['sinks and a window longer than the text', [[deferRotary], [streamingCache, { window: 64, sinks: 2 }]]],
  ['eight bits, with the last positions as floats', [[quantizeKvCache, { group: 4, residual: 64 }]]],
  ['pages', [[pageKvCache, { block: 4 }]]],
];
test.each(ALIKE)('it drives %s to the same text', async (_, steps) => {
  expect(await written(await rewritten(...steps))).toEqual(dense);
});

const SHORT: readonly (readonly [string, readonly (readonly [Pass, OptionValues?])[]])[] = [
  ['a short window', [[slidingWindowCache, { window: 6 }]]],
  ['sinks and a short window', [[deferRotary], [streamingCache, { window: 4, sinks: 2 }]]],
  ['eight bits', [[quantizeKvCache, { group: 4, residual: 2 }]]],
];
test.each(SHORT)('it goes on beyond %s', async (_, steps) => {
  expect(await written(await rewritten(...steps))).toHaveLength(TOKENS);
});
