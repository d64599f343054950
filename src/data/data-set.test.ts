import { describe, expect, it } from 'vitest';
import { writeNpz } from '../verify/npz.ts';
import { arrayDataSet, shuffled, split, subset } from './data-set.ts';
import { openDataSet } from './open.ts';
import type { DataFile } from './types.ts';

const file = (name: string, bytes: Uint8Array | string): DataFile => ({
  name,
  bytes: async () => (typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes),
});
const ten = {
  ...arrayDataSet('ten', { dtype: 'float32', shape: [10, 1], data: Float32Array.from({ length: 10 }, (_, i) => i) }),
  labels: Int32Array.from({ length: 10 }, (_, i) => i * 2),
};

async function values(dataSet: typeof ten): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < dataSet.count; i++) {
    const sample = await dataSet.sample(i);
    if (sample.kind === 'array') all.push(Number(sample.tensor.data[0]));
  }
  return all;
}

describe('parts of a data set', () => {
  it('are drawn by seed, do not overlap, and keep their labels', async () => {
    const [a, b] = split(ten, 4, 3);
    const [inA, inB] = [await values(a as typeof ten), await values(b as typeof ten)];
    expect([...inA, ...inB].sort((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...(a.labels ?? [])]).toEqual(inA.map((value) => value * 2));
    expect(await values(split(ten, 4, 3)[0] as typeof ten)).toEqual(inA);
    expect(shuffled(50, 1)).not.toEqual(shuffled(50, 2));
  });

  it('of samples that do not exist are refused', async () => {
    expect(() => subset(ten, [3, 10])).toThrow(/ten has no sample 10; its samples are 0 to 9/);
    await expect(ten.sample(-1)).rejects.toThrow(/no sample -1/);
  });
});

describe('opening', () => {
  it('takes arrays of bytes that look like images as images, others as arrays', async () => {
    const npz = (shape: number[]): DataFile =>
      file('x.npz', writeNpz({ x: { dtype: 'uint8', shape, data: new Uint8Array(shape.reduce((a, b) => a * b, 1)) } }));
    expect((await openDataSet('x', [npz([2, 4, 5])])).kind).toBe('images');
    expect((await openDataSet('x', [npz([2, 4, 5, 3])])).kind).toBe('images');
    expect((await openDataSet('x', [npz([2, 3, 4, 5])])).kind).toBe('array');
  });

  it('takes an archive of several arrays as recorded inputs, row by row or whole', async () => {
    const float = (shape: number[]) => ({
      dtype: 'float32' as const,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    const rows = await openDataSet('x', [file('x.npz', writeNpz({ a: float([3, 2]), b: float([3]) }))]);
    expect([rows.kind, rows.count]).toEqual(['feeds', 3]);
    const sample = await rows.sample(1);
    expect(sample.kind === 'feeds' && [sample.tensors['a']?.shape, sample.tensors['b']?.shape]).toEqual([[1, 2], [1]]);
    expect((await openDataSet('x', [file('x.npz', writeNpz({ a: float([3, 2]), b: float([4]) }))])).count).toBe(1);
  });

  it('reads no image before it is asked for', async () => {
    let reads = 0;
    const counted: DataFile = { name: 'a.png', bytes: async () => (reads++, new Uint8Array(3)) };
    const dataSet = await openDataSet('x', [counted, { ...counted, name: 'b.jpg' }]);
    expect([dataSet.count, reads]).toEqual([2, 0]);
    await expect(dataSet.sample(0)).rejects.toThrow(/^a\.png: it is neither JPEG nor PNG/);
    expect(reads).toBe(1);
  });

  it('refuses what it does not know, by name', async () => {
    const cases: readonly [readonly DataFile[], RegExp][] = [
      [[], /^x: it has no files/],
      [[file('a.txt', 'a'), file('b.txt', 'b')], /it has 2 files, and none is an image/],
      [[file('a.bin', Uint8Array.of(1, 0, 2))], /^a\.bin: it is neither image, idx, npy, npz nor text/],
      [[file('a.txt', '')], /^a\.txt: it is empty/],
      [[file('input_0.pb', 'x')], /need a decoder/],
      [[file('a.npy', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3))], /it holds no sample/],
      [[file('a.idx', Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 0, 0, 0, 0))], /has no elements/],
    ];
    for (const [files, message] of cases) await expect(openDataSet('x', files)).rejects.toThrow(message);
  });
});
