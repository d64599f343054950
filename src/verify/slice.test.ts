import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../runtime/types.ts';
import { takeKept } from './slice.ts';

const tensor: HostTensor = {
  dtype: 'float32',
  shape: [2, 3, 2],
  data: Float32Array.from({ length: 12 }, (_, i) => i),
};

describe('what was kept of a tensor', () => {
  test('along each axis, in the order of the places', () => {
    expect(takeKept(tensor, { axis: 1, kept: [2, 0] })).toEqual({
      dtype: 'float32',
      shape: [2, 2, 2],
      data: Float32Array.of(4, 5, 0, 1, 10, 11, 6, 7),
    });
    expect(takeKept(tensor, { axis: 0, kept: [1] })?.data).toEqual(Float32Array.of(6, 7, 8, 9, 10, 11));
    expect(takeKept(tensor, { axis: 2, kept: [1] })?.data).toEqual(Float32Array.of(1, 3, 5, 7, 9, 11));
  });

  test('of strings and of 64-bit integers', () => {
    const words: HostTensor = { dtype: 'string', shape: [3], data: ['a', 'b', 'c'] };
    expect(takeKept(words, { axis: 0, kept: [0, 2] })?.data).toEqual(['a', 'c']);
    const ids: HostTensor = { dtype: 'int64', shape: [2], data: BigInt64Array.of(5n, 6n) };
    expect(takeKept(ids, { axis: 0, kept: [1] })?.data).toEqual(BigInt64Array.of(6n));
  });

  test('is nothing where there is no such axis or place', () => {
    expect(takeKept(tensor, { axis: 3, kept: [0] })).toBeNull();
    expect(takeKept(tensor, { axis: 1, kept: [3] })).toBeNull();
  });
});
