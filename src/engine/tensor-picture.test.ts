import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { floats, tensorFromBytes, tensorOf, type Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/types.ts';
import type { PictureRequest } from './detail-types.ts';
import { tensorPicture } from './tensor-picture.ts';

const request: PictureRequest = { kind: 'matrix', pooling: 'mean', channel: 'all', channelAxis: 0, from: 0 };
const draw = (tensor: Tensor, patch: Partial<PictureRequest>) =>
  tensorPicture(tensor, { ...request, ...patch }, silentJob());

/** Elements that name their place: [a, b, c, d] → abcd in decimal digits, for sizes below 10. */
const placed = (shape: readonly number[]): Tensor =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, index) => {
      let [rest, value, unit] = [index, 0, 1];
      for (const size of shape.toReversed()) {
        value += (rest % size) * unit;
        rest = Math.floor(rest / size);
        unit *= 10;
      }
      return value;
    }),
  );

describe('a matrix as a picture', () => {
  it('is exact while it fits, with its largest magnitude at both ends', async () => {
    const picture = await draw(floats([2, 3], [0, -5, 1, 2, 3, 4]), {});
    expect(picture).toMatchObject({ height: 2, width: 3, rowStep: 1, columnStep: 1, limit: 5 });
    expect([...picture.data]).toEqual([0, -5, 1, 2, 3, 4]);
  });

  it('pools what does not fit: means, and elements of largest magnitude, of the same cells', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom('mean' as const, 'extreme' as const),
        async (rows, columns, pooling) => {
          fc.pre(rows > 1 && columns > 1);
          const at = (r: number, c: number): number => ((r * 31 + c * 17) % 97) - 48;
          const data = Float32Array.from({ length: rows * columns }, (_, i) =>
            at(Math.floor(i / columns), i % columns),
          );
          const picture = await draw(floats([rows, columns], data), { pooling });
          const { height, width, rowStep, columnStep } = picture;
          expect(Math.max(height, width)).toBeLessThanOrEqual(256);
          for (const [y, x] of [
            [0, 0],
            [height - 1, width - 1],
            [Math.floor(height / 2), Math.floor(width / 3)],
          ] as const) {
            const cell: number[] = [];
            for (let r = y * rowStep; r < Math.min(rows, (y + 1) * rowStep); r++) {
              for (let c = x * columnStep; c < Math.min(columns, (x + 1) * columnStep); c++) cell.push(at(r, c));
            }
            const found = picture.data[y * width + x]!;
            if (pooling === 'mean') {
              expect(Math.abs(found - cell.reduce((sum, each) => sum + each, 0) / cell.length)).toBeLessThan(1e-5);
            } else {
              expect(cell).toContain(found);
              expect(Math.abs(found)).toBe(Math.max(...cell.map(Math.abs)));
            }
          }
        },
      ),
      { seed: 3, numRuns: 25 },
    );
  });

  it('leaves axes of size 1 out, and takes one matrix of a stack', async () => {
    const convolution = await draw(placed([3, 2, 1, 1]), {});
    expect(convolution).toMatchObject({ height: 3, width: 2, count: 1 });
    expect([...convolution.data]).toEqual([0, 100, 1000, 1100, 2000, 2100]);
    const stacked = await draw(placed([4, 2, 3]), { from: 2 });
    expect(stacked).toMatchObject({ count: 4, from: 2 });
    expect([...stacked.data]).toEqual([200, 201, 202, 210, 211, 212]);
  });

  it('shows NaN as NaN, never as a number', async () => {
    for (const pooling of ['mean', 'extreme'] as const) {
      const data = new Float32Array(600 * 2).fill(1);
      data[0] = NaN;
      const picture = await draw(floats([600, 2], data), { pooling });
      expect(picture.data[0]).toBeNaN();
      expect(picture.limit).toBe(1);
    }
  });
});

describe('kernels as a picture', () => {
  it('are averaged over the input channels, or those of one', async () => {
    const weight = placed([2, 3, 2, 2]);
    const mean = await draw(weight, { kind: 'kernels' });
    expect(mean).toMatchObject({ tiles: 2, height: 2, width: 2, channels: 3, colors: 1, count: 2 });
    expect([...mean.data]).toEqual([100, 101, 110, 111, 1100, 1101, 1110, 1111]);
    const second = await draw(weight, { kind: 'kernels', channel: 2 });
    expect([...second.data]).toEqual([200, 201, 210, 211, 1200, 1201, 1210, 1211]);
  });

  it('are the same for a transposed convolution, whose output channels lie on axis 1', async () => {
    const picture = await draw(placed([3, 2, 1, 2]), { kind: 'kernels', channelAxis: 1 });
    expect(picture).toMatchObject({ tiles: 2, height: 1, width: 2, channels: 3 });
    expect([...picture.data]).toEqual([1000, 1001, 1100, 1101]);
    const one = await draw(placed([3, 2, 1, 2]), { kind: 'kernels', channelAxis: 1, channel: 1 });
    expect([...one.data]).toEqual([1000, 1001, 1100, 1101]);
  });

  it('of three input channels come as colours, side by side in each cell', async () => {
    const picture = await draw(placed([1, 3, 1, 2]), { kind: 'kernels', channel: 'color' });
    expect(picture.colors).toBe(3);
    expect([...picture.data]).toEqual([0, 100, 200, 1, 101, 201]);
    expect((await draw(placed([1, 2, 1, 2]), { kind: 'kernels', channel: 'color' })).colors).toBe(1);
  });

  it('come in sheets of 1024', async () => {
    const weight = floats(
      [1500, 1, 1, 2],
      Float32Array.from({ length: 3000 }, (_, i) => i),
    );
    expect(await draw(weight, { kind: 'kernels' })).toMatchObject({ tiles: 1024, count: 1500 });
    const rest = await draw(weight, { kind: 'kernels', from: 1024 });
    expect(rest).toMatchObject({ tiles: 476, from: 1024 });
    expect(rest.data[0]).toBe(2048);
  });

  it('of one and of three dimensions keep all their places', async () => {
    expect(await draw(placed([2, 1, 5]), { kind: 'kernels' })).toMatchObject({ height: 1, width: 5 });
    expect(await draw(placed([2, 1, 2, 3, 4]), { kind: 'kernels' })).toMatchObject({ height: 6, width: 4 });
  });
});

describe('a vector as a picture', () => {
  it('is its elements, and beyond 512 the range under each cell', async () => {
    expect([...(await draw(floats([3], [1, -2, 3]), { kind: 'line' })).data]).toEqual([1, -2, 3, 1, -2, 3]);
    const long = await draw(
      floats(
        [1, 1000],
        Float32Array.from({ length: 1000 }, (_, i) => i),
      ),
      { kind: 'line' },
    );
    expect(long).toMatchObject({ width: 500, columnStep: 2, columns: 1000 });
    expect([long.data[7], long.data[507]]).toEqual([14, 15]);
  });

  it('reads packed and half types', async () => {
    const four = await draw(tensorFromBytes('uint4', [4], Uint8Array.of(0x21, 0x43)), { kind: 'line' });
    expect([...four.data.slice(0, 4)]).toEqual([1, 2, 3, 4]);
    const half = await draw(tensorOf('float16', [2], Uint16Array.of(0x3c00, 0xc000)), { kind: 'line' });
    expect([...half.data.slice(0, 2)]).toEqual([1, -2]);
  });
});

describe('drawing', () => {
  it('refuses what has no order, and stops when it is cancelled', async () => {
    const complex = tensorOf('complex64', [2], Float32Array.of(1, 2, 3, 4).subarray(0, 2));
    await expect(draw(complex, {})).rejects.toMatchObject({ code: 'bad-request' });
    const controller = new AbortController();
    controller.abort();
    const job = createJob(controller.signal, () => {});
    await expect(tensorPicture(floats([2, 2], [1, 2, 3, 4]), request, job)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
