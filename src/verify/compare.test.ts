import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../runtime/types.ts';
import { perturb } from './cases.ts';
import { compareTensors, isSame } from './compare.ts';

const floats = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const halves = (...bits: number[]): HostTensor => ({
  dtype: 'float16',
  shape: [bits.length],
  data: Uint16Array.from(bits),
});
const longs = (...values: bigint[]): HostTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values),
});

const text = (...data: string[]): HostTensor => ({ dtype: 'string', shape: [data.length], data });
const rows = (...data: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.from(data),
});

describe('comparing two tensors', () => {
  test('the largest difference, the scale, the sums', () => {
    expect(compareTensors(floats(3, -4), floats(3, -3))).toEqual({
      mismatch: null,
      equal: false,
      maxAbs: 1,
      scale: 4,
      dot: 21,
      normA: 25,
      normB: 18,
      noise: 1,
      newNaN: false,
      top1: { agree: 1, rows: 1 },
    });
  });

  test('+0 equals −0; NaN equals NaN; infinities equal themselves only', () => {
    expect(compareTensors(floats(0, NaN, Infinity), floats(-0, NaN, Infinity))).toMatchObject({
      equal: true,
      maxAbs: 0,
    });
    expect(compareTensors(floats(Infinity), floats(-Infinity))).toMatchObject({ equal: false, maxAbs: Infinity });
    expect(compareTensors(floats(1), floats(NaN))).toMatchObject({ newNaN: true, maxAbs: Infinity });
    expect(compareTensors(floats(NaN), floats(1))).toMatchObject({ newNaN: false, maxAbs: Infinity });
  });

  test('float16 by value, int64 beyond 2^53 to the last digit, strings by text', () => {
    expect(compareTensors(halves(0x3c00), halves(0x4000))).toMatchObject({ maxAbs: 1, scale: 1 });
    expect(compareTensors(longs(2n ** 60n), longs(2n ** 60n + 1n))).toMatchObject({ equal: false });
    expect(compareTensors(longs(7n), longs(7n))).toMatchObject({ equal: true });
    expect(compareTensors(text('a', 'b'), text('a', 'b')).equal).toBe(true);
    expect(compareTensors(text('a', 'b'), text('a', 'c')).equal).toBe(false);
  });

  test('another shape, type, or nothing at all is said in words', () => {
    expect(compareTensors(floats(1), floats(1, 2)).mismatch).toBe('its shape is 2, not 1');
    expect(compareTensors(floats(1), longs(1n)).mismatch).toBe('its type is int64, not float32');
    expect(compareTensors(floats(1), undefined).mismatch).toBe('it is missing');
  });

  test('the top class is counted by row, for scores only', () => {
    expect(compareTensors(rows(1, 2, 4, 3), rows(1, 2, 3, 4)).top1).toEqual({ agree: 1, rows: 2 });
    const map: HostTensor = { dtype: 'float32', shape: [1, 1, 1, 2], data: Float32Array.of(1, 2) };
    expect(compareTensors(map, map).top1).toBeNull();
  });

  test('the same but for rounding is the same', () => {
    expect(isSame(floats(1000, 0), floats(1000, 0.0005))).toBe(true);
    expect(isSame(floats(1000, 0), floats(1000, 0.5))).toBe(false);
  });

  test('the ends stay finite, and zeros alone move by the last place of 1', () => {
    const { top, none } = perturb({ top: floats(3.4028234663852886e38), none: floats(0, 0) }, 1);
    const read = (tensor: typeof top): Float32Array => {
      const data = tensor?.data;
      return new Float32Array(data instanceof Uint8Array ? data.buffer : new ArrayBuffer(0));
    };
    expect(Number.isFinite(read(top)[0])).toBe(true);
    expect([...read(none)]).toEqual([2 ** -23, 2 ** -23]);
  });
});

describe('moving inputs by one unit in the last place', () => {
  test('float32, float16 and float64 change as little as they can, integers not at all', () => {
    const feeds = {
      single: floats(1, -1, 0, 8, Infinity),
      half: halves(0x3c00, 0x7bff, 0),
      double: { dtype: 'float64', shape: [2], data: Float64Array.of(1, 0) } as const,
      ids: longs(5n),
    };
    const moved = perturb(feeds, 1);
    expect(moved.ids).toBe(feeds.ids);
    for (const name of ['single', 'half', 'double'] as const) {
      const { maxAbs, scale, mismatch } = compareTensors(feeds[name], moved[name]);
      expect(mismatch).toBeNull();
      expect(maxAbs).toBeGreaterThan(0);
      expect(maxAbs / scale).toBeLessThanOrEqual(name === 'half' ? 2 ** -10 : 2 ** -23);
    }
    const bytes = moved.single?.data;
    const single = new Float32Array(bytes instanceof Uint8Array ? bytes.buffer : new ArrayBuffer(0));
    expect(single[4]).toBe(Infinity);
    expect(Math.abs((single[0] ?? 0) - 1)).toBeLessThanOrEqual(2 ** -23);
    // A zero moves by the last place of the largest value beside it.
    expect(single[2]).toBe(8 * 2 ** -23);
  });

  test('the ends stay finite, and zeros alone move by the last place of 1', () => {
    const { top, none } = perturb({ top: floats(3.4028234663852886e38), none: floats(0, 0) }, 1);
    const read = (tensor: typeof top): Float32Array => {
      const data = tensor?.data;
      return new Float32Array(data instanceof Uint8Array ? data.buffer : new ArrayBuffer(0));
    };
    expect(Number.isFinite(read(top)[0])).toBe(true);
    expect([...read(none)]).toEqual([2 ** -23, 2 ** -23]);
  });
});
