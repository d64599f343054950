import * as fc from 'fast-check';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { elementsOf, type Elements, type ElementType } from './elements.ts';
import { readIdx } from './idx.ts';

const CODES: Partial<Record<ElementType, number>> = {
  uint8: 8,
  int8: 9,
  int16: 11,
  int32: 12,
  float32: 13,
  float64: 14,
};

function idxFile(dtype: ElementType, shape: readonly number[], data: Elements): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  head.setUint8(2, CODES[dtype] ?? 0);
  head.setUint8(3, shape.length);
  shape.forEach((size, axis) => head.setUint32(4 + 4 * axis, size));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bigEndian = elementsOf(dtype, bytes, true);
  return new Uint8Array([
    ...new Uint8Array(head.buffer),
    ...new Uint8Array(bigEndian.buffer, bigEndian.byteOffset, bigEndian.byteLength),
  ]);
}

describe('idx files', () => {
  it('come back with type, shape and elements, plain or gzipped', async () => {
    const types = Object.keys(CODES) as ElementType[];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...types),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.integer(),
        async (dtype, shape, zipped, seed) => {
          const count = shape.reduce((a, b) => a * b, 1);
          const bytes = Uint8Array.from({ length: count * 8 }, (_, i) => (i * 37 + seed) & 0x3f);
          const data = elementsOf(dtype, bytes, false).slice(0, count);
          const file = idxFile(dtype, shape, data);
          expect(await readIdx('x', zipped ? gzipSync(file) : file)).toEqual({ dtype, shape, data });
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });

  it('are refused by name, place and cure when something is wrong with them', async () => {
    const good = idxFile('uint8', [2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
    const huge = idxFile('uint8', [60_000, 60_000, 4], Uint8Array.of(1));
    const cases: readonly [Uint8Array, string, RegExp][] = [
      [
        good.subarray(0, 15),
        'bad-file',
        /^f: the header says 2 × 3 elements of 1 bytes, 3 bytes follow it\. It is cut short/,
      ],
      [good.subarray(0, 6), 'bad-file', /header of 12 bytes is cut short/],
      [Uint8Array.of(1, 2, 3, 4), 'bad-file', /does not begin with an idx magic number/],
      [huge, 'unsupported', /60000 × 60000 × 4 uint8; more than 1073741824 bytes .* Split it/],
      [gzipSync(huge), 'unsupported', /Split it/],
      [gzipSync(good).subarray(0, 25), 'bad-file', /damaged or cut short/],
      [gzipSync(good.subarray(0, 15)), 'bad-file', /3 bytes follow/],
    ];
    for (const [bytes, code, message] of cases) {
      await expect(readIdx('f', bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  it('that unpack to more than their header says stop there', async () => {
    const bomb = gzipSync(
      new Uint8Array([...idxFile('uint8', [4], Uint8Array.of(1, 2, 3, 4)), ...new Uint8Array(5_000_000)]),
    );
    expect(bomb.byteLength).toBeLessThan(10_000);
    await expect(readIdx('bomb.gz', bomb)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('more than the 12 bytes that are due'),
    });
  });

  it.skipIf(!haveShared())('of MNIST have the sums that NumPy finds', async () => {
    const images = await readIdx('images', sharedFile('real/data/mnist/t1500a-images-idx3-ubyte.gz'));
    const labels = await readIdx('labels', sharedFile('real/data/mnist/t1500a-labels-idx1-ubyte.gz'));
    expect([images.shape, images.dtype, labels.shape]).toEqual([[1500, 28, 28], 'uint8', [1500]]);
    const sum = (values: Uint8Array): number => values.reduce((a, b) => a + b, 0);
    const pixels = images.data as Uint8Array;
    expect([sum(pixels.subarray(0, 784)), sum(pixels)]).toEqual([18454, 36506272]);
    const classes = labels.data as Uint8Array;
    expect([...classes.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    const counts = Array.from({ length: 10 }, (_, label) => classes.filter((each) => each === label).length);
    expect(counts).toEqual([126, 179, 172, 154, 167, 137, 131, 150, 140, 144]);
  });
});
