import { describe, expect, it } from 'vitest';
import { arrayDataSet, feedsDataSet, imageDataSet } from './data-set.ts';
import { preprocessFor } from './propose.ts';
import { textDataSet } from './text.ts';
import { byteTokenizer } from './tokenizer.ts';
import type { DataSet, InputPort } from './types.ts';

const port = (shape: InputPort['shape'], dtype = 'float32', name = 'x'): InputPort => ({ name, dtype, shape });
const digits = arrayDataSet('digits', { dtype: 'uint8', shape: [2, 28, 28], data: new Uint8Array(1568) });
const photos: DataSet = {
  ...imageDataSet('photos', [{ name: 'a.jpg', bytes: async () => new Uint8Array() }]),
  sample: async () => ({
    kind: 'image',
    image: { width: 500, height: 375, channels: 3, data: new Uint8Array(562_500) },
  }),
};

describe('proposed preprocessing', () => {
  it('of photographs for 3 × 224 × 224 is that of ImageNet', async () => {
    const { preprocess, notes } = await preprocessFor([port(['N', 3, 224, 224])], photos);
    expect(preprocess).toMatchObject({
      channels: 'rgb',
      resize: { to: 'shorter', size: 256, filter: 'bilinear' },
      crop: { width: 224, height: 224 },
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      layout: 'nchw',
      shape: [3, 224, 224],
    });
    expect(notes.join(' ')).toContain('mean and std of ImageNet');
  });

  it('follows layout, size and type of the input', async () => {
    const nhwc = await preprocessFor([port([1, 300, 200, 3], 'uint8')], photos);
    expect(nhwc.preprocess).toMatchObject({
      layout: 'nhwc',
      shape: [300, 200, 3],
      scale: 1,
      resize: { to: 'exact', width: 200, height: 300 },
      crop: null,
    });
    const open = await preprocessFor([port(['N', 3, 'h', 'w'])], photos);
    expect(open.preprocess).toMatchObject({ shape: [3, 224, 224] });
    expect(open.notes[0]).toContain('leaves the size open');
    const small = await preprocessFor([port([1, 3, 32, 32])], photos);
    expect(small.preprocess).toMatchObject({ resize: { to: 'exact', width: 32 }, mean: [0, 0, 0] });
  });

  it('of digits reshapes where the pixels are as many, resizes where not, and says what scale was chosen', async () => {
    const shapes = [
      [
        ['N', 1, 28, 28],
        [1, 28, 28],
      ],
      [[1, 784], [784]],
      [
        ['N', 784, 1],
        [784, 1],
      ],
      [
        [1, 28, 28],
        [28, 28],
      ],
    ] as const;
    for (const [input, shape] of shapes) {
      const { preprocess, notes } = await preprocessFor([port(input)], digits);
      expect(preprocess).toMatchObject({ kind: 'image', shape, resize: null, scale: 1 / 255, mean: [0], std: [1] });
      expect(notes.join(' ')).toContain('Scale 1/255');
    }
    const larger = await preprocessFor([port([1, 1, 32, 32])], digits);
    expect(larger.preprocess).toMatchObject({ resize: { to: 'exact', width: 32, height: 32 }, shape: [1, 32, 32] });
  });

  it('of arrays keeps the shape, or finds one with as many elements', async () => {
    const table = arrayDataSet('t', { dtype: 'float32', shape: [5, 12], data: new Float32Array(60) });
    for (const [input, shape] of [
      [['N', 12], [12]],
      [
        ['N', 3, 4],
        [3, 4],
      ],
      [
        ['N', 3, null],
        [3, 4],
      ],
      [null, [12]],
    ] as const) {
      expect((await preprocessFor([port(input)], table)).preprocess).toMatchObject({ kind: 'array', shape, scale: 1 });
    }
    await expect(preprocessFor([port(['N', 7])], table)).rejects.toThrow(
      /No input takes samples of \[12\]: x float32 \[N, 7\]/,
    );
  });

  it('of recorded inputs matches names, also as they stand in an archive', async () => {
    const recorded = feedsDataSet(
      'r',
      new Map([['a_b', { dtype: 'float32', shape: [1, 2], data: new Float32Array(2) }]]),
    );
    expect((await preprocessFor([port([1, 2], 'float32', 'a/b')], recorded)).preprocess).toEqual({
      kind: 'feeds',
      names: { 'a/b': 'a_b' },
    });
    await expect(preprocessFor([port([1, 2]), port([1, 2], 'float32', 'y')], recorded)).rejects.toThrow(
      /nothing for the input x float32 \[1, 2\]; it has a_b/,
    );
  });

  it('of text takes the model’s length, and refuses inputs that text cannot feed', async () => {
    const text = textDataSet('t', new Uint8Array(1000).fill(97), byteTokenizer);
    expect((await preprocessFor([port([1, 64], 'int64')], text)).preprocess).toMatchObject({
      length: 64,
      stride: 64,
      bos: false,
    });
    expect((await preprocessFor([port(['N', 'L'], 'int32')], text)).preprocess).toMatchObject({
      length: 128,
      dtype: 'int32',
    });
    await expect(
      preprocessFor([port(['N', 'L'], 'int64'), port([1, 2, 3, 4], 'float32', 'past')], text),
    ).rejects.toThrow(/cannot feed the input past/);
    await expect(preprocessFor([port(['N', 3])], text)).rejects.toThrow(/No input takes token ids/);
  });

  it('says which other inputs one array a sample cannot feed', async () => {
    await expect(preprocessFor([port(['N', 3, 224, 224]), port(['N', 4], 'float32', 'boxes')], photos)).rejects.toThrow(
      /feeds "x" alone; the model also takes boxes/,
    );
    await expect(preprocessFor([port(['N', 12])], photos)).rejects.toThrow(/No input takes images/);
  });
});
