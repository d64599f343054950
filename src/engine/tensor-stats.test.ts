import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { numberToFloat16 } from '../ir/float.ts';
import { floats, int64s, Tensor, tensorFromBytes, tensorOf } from '../ir/tensor.ts';
import { tensorStats } from './tensor-stats.ts';

const stats = (tensor: Parameters<typeof tensorStats>[1], axis: number | null = null) =>
  tensorStats('w', tensor, axis, silentJob());

/** The same numbers the plain way, all in float64. */
function naive(values: readonly number[]) {
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const variance = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length;
  return {
    min: Math.min(...finite),
    max: Math.max(...finite),
    mean,
    std: Math.sqrt(variance),
    zeros: finite.filter((value) => value === 0).length,
    nans: values.filter(Number.isNaN).length,
    infinities: [values.filter((each) => each === Infinity).length, values.filter((each) => each === -Infinity).length],
  };
}

const special = fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1, -1);
const element = fc.oneof({ weight: 4, arbitrary: fc.float({ min: -1000, max: 1000, noNaN: true }) }, special);

describe('statistics of a tensor', () => {
  it('gives range, mean, population deviation and zeros', async () => {
    const found = await stats(floats([4], [-1, 0, 1, 4]));
    expect(found).toMatchObject({ min: -1, max: 4, mean: 1, zeros: 1, nans: 0, size: 4 });
    expect(found.std).toBeCloseTo(Math.sqrt(14 / 4), 12);
    expect(found.histogram.at(0)).toBe(1);
    expect(found.histogram.at(-1)).toBe(1);
  });

  it('agrees with a plain computation in float64, whatever is not finite left out and counted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(element, { minLength: 1, maxLength: 200 }), async (values) => {
        const found = await stats(floats([values.length], values));
        const expected = naive(values);
        const count = values.filter(Number.isFinite).length;
        expect([found.zeros, found.nans, found.infinities]).toEqual([
          expected.zeros,
          expected.nans,
          expected.infinities,
        ]);
        expect(found.histogram.reduce((sum, each) => sum + each, 0)).toBe(count);
        if (count === 0) {
          expect(found.min).toBeNaN();
          return;
        }
        expect([found.min + 0, found.max + 0]).toEqual([expected.min + 0, expected.max + 0]);
        expect(Math.abs(found.mean - expected.mean)).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(found.std - expected.std)).toBeLessThanOrEqual(1e-9);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('does not depend on where chunks end: a tensor of several of them is one tensor', async () => {
    const size = 7 * 80_021;
    const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7) + (i % 1000 === 0 ? 3 : 0));
    const found = await stats(floats([7, size / 7], values), 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    expect(Math.abs(found.mean - mean)).toBeLessThan(1e-9);
    const rows = size / 7;
    for (let row = 0; row < 7; row++) {
      const part = values.subarray(row * rows, (row + 1) * rows);
      expect(found.channels?.low[row]).toBe(part.reduce((least, value) => Math.min(least, value), Infinity));
      expect(found.channels?.high[row]).toBe(part.reduce((most, value) => Math.max(most, value), -Infinity));
    }
  });

  it('gives the range of each place on the axis that is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })),
        fc.integer({ min: 0, max: 2 }),
        async (shape, axis) => {
          const [a, b, c] = shape;
          const values = Array.from({ length: a * b * c }, (_, i) => ((i * 37) % 101) - 50);
          const found = await stats(floats(shape, values), axis);
          const at = (i: number): number => [Math.floor(i / (b * c)), Math.floor(i / c) % b, i % c][axis]!;
          for (let channel = 0; channel < shape[axis]!; channel++) {
            const own = values.filter((_, i) => at(i) === channel);
            expect(found.channels?.low[channel]).toBe(Math.min(...own));
            expect(found.channels?.high[channel]).toBe(Math.max(...own));
          }
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  it('has no range where there is no number', async () => {
    expect((await stats(floats([0], []))).min).toBeNaN();
    expect((await stats(floats([1], [NaN]))).max).toBeNaN();
    const text = new TextEncoder();
    const strings = { kind: 'memory', bytes: () => new Uint8Array(), strings: () => [text.encode('a')] } as const;
    expect(await stats(new Tensor('string', [1], strings))).toMatchObject({ min: NaN, size: 1, bytes: 1 });
  });

  it('reads every stored form: integers of 64 and of 4 bits, half floats, booleans', async () => {
    expect(await stats(int64s([3, -5]))).toMatchObject({ min: -5, max: 3 });
    const half = Uint16Array.from([1, -2, 0.5, 65504], numberToFloat16);
    expect(await stats(tensorOf('float16', [4], half))).toMatchObject({ min: -2, max: 65504 });
    expect(await stats(tensorOf('bfloat16', [2], Uint16Array.of(0x3f80, 0xc000)))).toMatchObject({ min: -2, max: 1 });
    // Two elements a byte, the low half first: 1, -1, 7.
    const four = await stats(tensorFromBytes('int4', [3], Uint8Array.of(0xf1, 0x07)));
    expect(four).toMatchObject({ min: -1, max: 7, size: 3 });
    const bits = await stats(tensorOf('bool', [4], Uint8Array.of(0, 1, 1, 1)));
    expect([...bits.histogram]).toEqual([1, 3]);
  });

  it('gives whole numbers of a small range a bin each', async () => {
    const { histogram } = await stats(tensorOf('int8', [5], Int8Array.of(-2, 0, 0, 1, 1)));
    expect([...histogram]).toEqual([1, 0, 2, 2]);
  });

  it('puts a constant tensor into one bin', async () => {
    expect((await stats(floats([5], [2, 2, 2, 2, 2]))).histogram.at(0)).toBe(5);
  });

  it('stops when it is cancelled, and says how far it is', async () => {
    const controller = new AbortController();
    const stages: string[] = [];
    const job = createJob(controller.signal, ({ stage, done }) => {
      stages.push(stage);
      if (done !== undefined && done > 0) controller.abort();
    });
    const tensor = floats([1 << 20], new Float32Array(1 << 20));
    await expect(tensorStats('w', tensor, null, job)).rejects.toMatchObject({ code: 'cancelled' });
    expect(stages).toContain('Range');
    expect(stages).not.toContain('Histogram');
  });
});
