import { describe, expect, test } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import { INT8_DEFAULTS, Int8Cache } from '../../kv/cache/int8.ts';
import type { LayerRows, LayerShape } from '../../kv/cache/layout.ts';
import { PagedCache } from '../../kv/cache/paged/cache.ts';
import { sliceRows } from '../../kv/cache/rows.ts';
import { BLOCK_TABLE, PAST_LENGTH_INPUT, policyOf } from '../../kv/policy.ts';
import { writeModel } from '../../onnx/write.ts';
import type { OptionValues, Pass } from '../../rewrite/pass.ts';
import type { HostTensor, RuntimeSession } from '../../runtime/types.ts';
import { apart, decoderModel, logitsOf, someIds } from '../../testing/decoders.ts';
import { testRuntime } from '../../testing/equivalent.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { addKvCache } from './add-kv-cache.ts';
import { pageKvCache } from './page-kv-cache.ts';
import { quantizeKvCache } from './quantize-kv-cache.ts';

const STYLE = { heads: 4, kvHeads: 2 } as const;
const LAYERS: readonly LayerShape[] = [0, 1].map(() => ({ heads: 2, keyWidth: 4, valueWidth: 4 }));
const LENGTH = 22;

async function after(pass: Pass, options: OptionValues): Promise<{ readonly dense: Model; readonly model: Model }> {
  const { model: dense } = await afterPass(decoderModel(STYLE), addKvCache);
  const { model, result } = await afterPass(dense, pass, { options });
  expect(result.refusals.map(({ reason }) => reason)).toEqual([]);
  return { dense, model };
}

const opened = (model: Model): Promise<RuntimeSession> =>
  testRuntime().createSession(writeModel(model), { backend: 'wasm', level: 'disabled', threads: 1 }, silentJob());

const floatsOf = (shape: readonly number[], data: Float32Array): HostTensor => ({ dtype: 'float32', shape, data });
const int64 = (shape: readonly number[], numbers: readonly number[]): HostTensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(numbers, BigInt),
});

/** Rows that are held, as a dense decoder takes them. */
const pastsOf = (rows: readonly LayerRows[], length: number): Record<string, HostTensor> =>
  Object.fromEntries(
    rows.flatMap(({ key, value }, layer) => [
      [`past_key_values.${layer}.key`, floatsOf([1, 2, length, 4], key)],
      [`past_key_values.${layer}.value`, floatsOf([1, 2, length, 4], value)],
    ]),
  );

/** The last rows of each present tensor. */
const newRows = (results: Readonly<Record<string, HostTensor>>, count: number): LayerRows[] =>
  LAYERS.map((_, layer) => {
    const rows = (side: string): Float32Array => {
      const { data, shape } = results[`present.${layer}.${side}`]!;
      return sliceRows(data as Float32Array<ArrayBuffer>, 2, 4, shape[2]! - count, count);
    };
    return { key: rows('key'), value: rows('value') };
  });

describe('an int8 cache', () => {
  test('says what a dense decoder says of keys and values that were quantized outside', async () => {
    const { dense, model } = await after(quantizeKvCache, { group: 4, residual: 3 });
    expect(policyOf(model)).toEqual({ kind: 'int8', group: 4, residual: 3 });
    const ids = someIds(1, LENGTH);
    const parts = [9, 1, 1, 1, 4, 1, 1, 1, 1, 2];
    const said = await logitsOf(model, ids, parts);
    const cache = new Int8Cache(LAYERS, { group: 4, residual: 3, scales: 'float16' });
    const session = await opened(dense);
    const truth: number[][] = [];
    let from = 0;
    for (const part of parts) {
      const tokens = ids[0]!.slice(from, from + part);
      const results = await session.run({ input_ids: int64([1, part], tokens), ...pastsOf(cache.gather(), from) });
      const numbers = Array.from(results['logits']!.data as Float32Array);
      for (let i = 0; i < part; i++) truth.push(numbers.slice(i * 32, (i + 1) * 32));
      cache.append(part, newRows(results, part));
      from += part;
    }
    await session.release();
    expect(apart([truth], said)).toBeLessThan(2e-5);
  });

  test('with a residual longer than the text is the dense cache', async () => {
    const { dense, model } = await after(quantizeKvCache, { group: 8, residual: 64 });
    const ids = someIds(2, LENGTH);
    const parts = [9, 1, 1, 1, 10];
    expect(apart(await logitsOf(dense, ids, parts), await logitsOf(model, ids, parts))).toBeLessThan(1e-6);
  });

  test('stays near the dense cache with its defaults', async () => {
    const { dense, model } = await after(quantizeKvCache, {});
    const { group, residual } = INT8_DEFAULTS;
    expect(policyOf(model)).toEqual({ kind: 'int8', group, residual });
    const ids = someIds(1, 60);
    const parts = [40, ...Array.from({ length: 20 }, () => 1)];
    expect(apart(await logitsOf(dense, ids, parts), await logitsOf(model, ids, parts))).toBeLessThan(0.05);
  });
});

describe('a paged cache', () => {
  test('says what the dense cache says, its blocks out of order among those of others', async () => {
    const { dense, model } = await after(pageKvCache, { block: 4 });
    expect(policyOf(model)).toEqual({ kind: 'paged', block: 4 });
    const [first, second] = someIds(2, LENGTH) as [number[], number[]];
    const parts = [5, 1, 1, 6, 1, 1, 7];
    const cache = new PagedCache({ layers: LAYERS, block: 4, blocks: 20 });
    const [a, b] = [cache.open(), cache.open()];
    const session = await opened(model);
    const said: number[][][] = [[], []];
    let from = 0;
    for (const part of parts) {
      for (const [row, sequence] of [a, b].entries()) {
        const tokens = [first, second][row]!.slice(from, from + part);
        const pools = Object.fromEntries(
          cache.pool.tensors.flatMap(({ key, value }, layer) => [
            [`past_key_values.${layer}.key`, floatsOf([20, 2, 4, 4], key)],
            [`past_key_values.${layer}.value`, floatsOf([20, 2, 4, 4], value)],
          ]),
        );
        const table = Array.from(sequence.table('int64') as BigInt64Array, Number);
        const results = await session.run({
          input_ids: int64([1, part], tokens),
          [BLOCK_TABLE]: int64([1, table.length], table),
          [PAST_LENGTH_INPUT]: int64([1], [from]),
          ...pools,
        });
        const numbers = Array.from(results['logits']!.data as Float32Array);
        for (let i = 0; i < part; i++) said[row]!.push(numbers.slice(i * 32, (i + 1) * 32));
        expect(results['present.0.key']!.shape).toEqual([1, 2, part, 4]);
        cache.reserve(sequence, part);
        cache.append(sequence, part, newRows(results, part), tokens);
      }
      from += part;
    }
    await session.release();
    expect(Array.from(b.table('int64') as BigInt64Array, Number)).not.toEqual([0, 1, 2, 3, 4, 5]);
    expect(apart(await logitsOf(dense, [first, second], parts), said)).toBeLessThan(1e-6);
  });

  test('is refused where there is no cache, and on another policy', async () => {
    expect(await sitesOf(decoderModel(STYLE), pageKvCache)).toEqual({ sites: [], refusals: [] });
    const { model } = await after(pageKvCache, {});
    expect((await sitesOf(model, quantizeKvCache)).refusals[0]?.reason).toBe('The cache is paged already.');
  });
});
