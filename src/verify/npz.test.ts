import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../runtime/types.ts';
import { writeNpy, writeNpz } from './npz.ts';

const headerOf = (npy: Uint8Array): string => strFromU8(npy.subarray(10, 10 + (npy[8] ?? 0) + 256 * (npy[9] ?? 0)));

describe('saving inputs for NumPy', () => {
  test('magic, version, a header padded to 64 bytes, the elements in C order', () => {
    const npy = writeNpy({ dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect([...npy.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    const header = headerOf(npy);
    expect((10 + header.length) % 64).toBe(0);
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/);
    expect(new Float32Array(npy.slice(10 + header.length).buffer)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  test('scalars, vectors, half precision, 64-bit integers, strings, and types that NumPy lacks', () => {
    const cases: readonly (readonly [HostTensor, string])[] = [
      [{ dtype: 'int64', shape: [], data: BigInt64Array.of(5n) }, "'<i8', 'fortran_order': False, 'shape': ()"],
      [{ dtype: 'float16', shape: [1], data: Uint16Array.of(0) }, "'<f2', 'fortran_order': False, 'shape': (1,)"],
      [{ dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) }, "'|b1', 'fortran_order': False, 'shape': (2,)"],
      [{ dtype: 'string', shape: [2], data: ['ab', '😀'] }, "'<U2', 'fortran_order': False, 'shape': (2,)"],
      [{ dtype: 'int4', shape: [3], data: Uint8Array.of(1, 2) }, "'|u1', 'fortran_order': False, 'shape': (2,)"],
    ];
    for (const [tensor, header] of cases) expect(headerOf(writeNpy(tensor))).toContain(header);
  });

  test('an archive holds a file for each input, the same bytes each time', () => {
    const feeds = {
      'gpu_0/data': { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
      ids: { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) },
    } as const;
    const npz = writeNpz(feeds);
    expect(Object.keys(unzipSync(npz))).toEqual(['gpu_0_data.npy', 'ids.npy']);
    expect(writeNpz(feeds)).toEqual(npz);
  });
});
