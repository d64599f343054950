import { describe, expect, it } from 'vitest';
import { changePreprocess } from './change.ts';
import { arrayDataSet, feedsDataSet, imageDataSet } from './data-set.ts';
import { feedsOf, prepared, type FeedBatch } from './feeds.ts';
import { preprocessFor } from './propose.ts';
import { synthetic } from './synthetic.ts';
import { textDataSet } from './text.ts';
import { byteTokenizer } from './tokenizer.ts';
import type { ImagePreprocess, Preprocess } from './preprocess.ts';
import type { DataSet, InputPort } from './types.ts';

const port = (shape: InputPort['shape'], dtype = 'float32', name = 'x'): InputPort => ({ name, dtype, shape });
const digits = arrayDataSet('digits', {
  dtype: 'uint8',
  shape: [5, 2, 3],
  data: Uint8Array.from({ length: 30 }, (_, i) => i * 5),
});

async function all(
  dataSet: DataSet,
  inputs: readonly InputPort[],
  preprocess: Preprocess,
  batch?: number,
  indices?: number[],
): Promise<FeedBatch[]> {
  const batches: FeedBatch[] = [];
  const chosen = indices ?? Array.from({ length: dataSet.count }, (_, i) => i);
  for await (const each of feedsOf(dataSet, chosen, inputs, preprocess, batch)) batches.push(each);
  return batches;
}
const shapes = (batches: readonly FeedBatch[], name = 'x'): unknown[] => batches.map(({ feeds }) => feeds[name]?.shape);

describe('batches', () => {
  it('are as large as asked where the axis is free, the last one smaller', async () => {
    const inputs = [port(['N', 1, 2, 3])];
    const { preprocess } = await preprocessFor(inputs, digits);
    const batches = await all(digits, inputs, preprocess, 2);
    expect(shapes(batches)).toEqual([
      [2, 1, 2, 3],
      [2, 1, 2, 3],
      [1, 1, 2, 3],
    ]);
    expect(batches.map(({ indices }) => indices)).toEqual([[0, 1], [2, 3], [4]]);
    expect(Array.from(batches[1]!.feeds['x']!.data as Float32Array)[0]).toBeCloseTo(60 / 255, 6);
  });

  it('are what the model fixes, filled up with the last sample', async () => {
    for (const [fixed, expected] of [
      [1, [[0], [1], [2], [3], [4]]],
      [
        3,
        [
          [0, 1, 2],
          [3, 4],
        ],
      ],
    ] as const) {
      const inputs = [port([fixed, 1, 2, 3])];
      const { preprocess } = await preprocessFor(inputs, digits);
      const batches = await all(digits, inputs, preprocess, 2);
      expect(batches.map(({ indices }) => indices)).toEqual(expected);
      expect(new Set(shapes(batches).map(String))).toEqual(new Set([`${fixed},1,2,3`]));
    }
  });

  it('are reshaped to flat inputs, columns and inputs without a batch axis', async () => {
    for (const shape of [
      ['N', 6],
      [1, 6, 1],
      [1, 6],
      ['N', 2, 3],
    ] as InputPort['shape'][]) {
      const inputs = [port(shape)];
      const { preprocess } = await preprocessFor(inputs, digits);
      const [first] = await all(digits, inputs, preprocess, 1, [1]);
      expect(first!.feeds['x']!.shape).toEqual(shape!.map((dim) => (typeof dim === 'number' ? dim : 1)));
      Array.from(first!.feeds['x']!.data as Float32Array).forEach((value, i) =>
        expect(value).toBeCloseTo((30 + i * 5) / 255, 6),
      );
    }
  });

  it('of recorded inputs are stacked where the batch is free, and fed whole where it is not', async () => {
    const recorded = feedsDataSet(
      'r',
      new Map([
        ['x', { dtype: 'float32', shape: [4, 2], data: Float32Array.from({ length: 8 }, (_, i) => i) }],
        ['m', { dtype: 'bool', shape: [4], data: Uint8Array.of(1, 0, 1, 0) }],
      ]),
    );
    const free = [port(['N', 2]), port(['N'], 'bool', 'm')];
    const { preprocess } = await preprocessFor(free, recorded);
    const batches = await all(recorded, free, preprocess, 3);
    expect([shapes(batches), shapes(batches, 'm')]).toEqual([
      [
        [3, 2],
        [1, 2],
      ],
      [[3], [1]],
    ]);
    const fixed = [port([1, 2]), port(['N'], 'bool', 'm')];
    expect(shapes(await all(recorded, fixed, preprocess, 3), 'm')).toEqual([[1], [1], [1], [1]]);
  });

  it('of text have the companions that their names ask for', async () => {
    const inputs = [
      port(['b', 4], 'int64', 'input_ids'),
      port(['b', 4], 'int64', 'attention_mask'),
      port(['b', 4], 'int32', 'position_ids'),
    ];
    const text = textDataSet('t', new TextEncoder().encode('abcdefghij'), byteTokenizer);
    const { preprocess } = await preprocessFor(inputs, text);
    const ready = prepared(text, preprocess);
    const [batch] = await all(ready, inputs, preprocess, 2);
    expect(batch!.feeds['input_ids']!.data).toEqual(BigInt64Array.from([97n, 98n, 99n, 100n, 101n, 102n, 103n, 104n]));
    expect(batch!.feeds['attention_mask']!.data).toEqual(new BigInt64Array(8).fill(1n));
    expect(batch!.feeds['position_ids']!.data).toEqual(Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3));
  });

  it('of noise follow from the seed alone', async () => {
    const inputs = [port(['N', 3, 8, 8]), port(['N', 5], 'int64', 'ids')];
    const { preprocess } = await preprocessFor(inputs, synthetic(4, 7));
    const [a, b, c] = [
      await all(synthetic(4, 7), inputs, preprocess),
      await all(synthetic(4, 7), inputs, preprocess),
      await all(synthetic(4, 8), inputs, preprocess),
    ];
    expect(a).toEqual(b);
    expect(a[0]!.feeds).not.toEqual(c[0]!.feeds);
    expect((a[0]!.feeds['x']!.data as Float32Array).every((value) => value >= 0 && value < 1)).toBe(true);
    expect([...(a[0]!.feeds['ids']!.data as BigInt64Array)].every((id) => id >= 0n && id < 256n)).toBe(true);
  });

  it('are refused with sample, input and cure where things do not fit', async () => {
    const inputs = [port(['N', 1, 2, 3])];
    const { preprocess } = await preprocessFor(inputs, digits);
    const wrong: readonly [Preprocess, RegExp][] = [
      [
        changePreprocess(preprocess, { dtype: 'float16' }),
        /sample 0 of digits gives float16 \[1, 2, 3\]; the input is x float32 \[N, 1, 2, 3\]/,
      ],
      [changePreprocess(preprocess, { crop: { width: 9, height: 9 } }), /3 × 2 pixels, the crop wants 9 × 9/],
      [changePreprocess(preprocess, { channels: 'rgb' }), /mean and std want 3 numbers/],
      [changePreprocess(preprocess, { shape: [7] }), /wants \[7\]/],
      [changePreprocess(preprocess, { input: 'y' }), /gives nothing for the input x/],
    ];
    for (const [each, message] of wrong) await expect(all(digits, inputs, each)).rejects.toThrow(message);
    await expect(all(digits, inputs, preprocess, 0)).rejects.toThrow(/batch of 0/);
    await expect(all(digits, inputs, preprocess, 1, [9])).rejects.toThrow(/no sample 9/);
  });
});

describe('image preprocessing', () => {
  const photo: DataSet = {
    ...imageDataSet('photo', [{ name: 'a.png', bytes: async () => new Uint8Array() }]),
    sample: async () => ({
      kind: 'image',
      image: { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 40, 50, 60) },
    }),
  };
  const base: ImagePreprocess = {
    kind: 'image',
    input: 'x',
    channels: 'rgb',
    resize: null,
    crop: null,
    scale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    layout: 'nchw',
    shape: [3, 1, 2],
    dtype: 'float32',
  };
  const run = async (
    changes: Partial<ImagePreprocess>,
    shape: InputPort['shape'],
    dtype = 'float32',
  ): Promise<number[]> => {
    const [batch] = await all(photo, [port(shape, dtype)], { ...base, ...changes });
    return Array.from(batch!.feeds['x']!.data as Float32Array, Number);
  };

  it('orders channels and layout as it says', async () => {
    expect(await run({}, [1, 3, 1, 2])).toEqual([10, 40, 20, 50, 30, 60]);
    expect(await run({ channels: 'bgr' }, [1, 3, 1, 2])).toEqual([30, 60, 20, 50, 10, 40]);
    expect(await run({ layout: 'nhwc', shape: [1, 2, 3] }, [1, 1, 2, 3])).toEqual([10, 20, 30, 40, 50, 60]);
    expect(await run({ channels: 'gray', mean: [0], std: [1], shape: [1, 1, 2] }, [1, 1, 1, 2])).toEqual([18, 48]);
  });

  it('scales, then takes off the mean, then divides, for each channel', async () => {
    expect(await run({ scale: 0.1, mean: [1, 0, 0], std: [1, 2, 4] }, [1, 3, 1, 2])).toEqual([0, 3, 1, 2.5, 0.75, 1.5]);
    expect(await run({ mean: [128, 128, 128], dtype: 'int8' }, [1, 3, 1, 2], 'int8')).toEqual([
      -118, -88, -108, -78, -98, -68,
    ]);
  });
});

describe('changing preprocessing by hand', () => {
  it('takes what can stand there and refuses the rest by name', async () => {
    const { preprocess } = await preprocessFor([port(['N', 1, 2, 3])], digits);
    expect(
      changePreprocess(preprocess, { scale: 1, resize: { to: 'shorter', size: 9, filter: 'nearest' } }),
    ).toMatchObject({ scale: 1, resize: { size: 9 } });
    const wrong = [
      { scal: 1 },
      { scale: 'x' },
      { channels: 'cmyk' },
      { dtype: 'float8' },
      { mean: 'x' },
      { resize: { to: 'exact', width: 3 } },
      { crop: 5 },
      { kind: 'text' },
    ];
    for (const each of wrong)
      expect(() => changePreprocess(preprocess, each), JSON.stringify(each)).toThrow(/has no field|cannot be/);
  });
});
