import * as fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { Feeds } from '../runtime/types.ts';
import { writeNpy, writeNpz } from '../verify/npz.ts';
import { readNpz } from './npz.ts';

/** `np.savez_compressed(…, x=np.asfortranarray(np.arange(24).reshape(2, 3, 4)).astype('>i8'))` of NumPy 2.4. */
const FROM_NUMPY =
  'UEsDBC0AAAAIAAAAIQB9kpba//////////8FABQAeC5ucHkBABAAQAEAAAAAAACFAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6XaaGuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKxjoKJpo6CrUKZAIuBlTAA6VZoLQAlOaA0iJQmhFK80JpVigtCKU5obQolGaC0nxQmg1KC0FpmDvEoDQzlOaH0uxQWhhKc0NpcQBQSwECLQMtAAAACAAAACEAfZKW2oUAAABAAQAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwUGAAAAAAEAAQAzAAAAvAAAAAAA';
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const FEEDS: Feeds = {
  image: { dtype: 'float32', shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) },
  ids: { dtype: 'int64', shape: [1, 3], data: BigInt64Array.of(1n, -2n, 3n) },
};

describe('npz archives', () => {
  it('come back as they were written', () => {
    expect(Object.fromEntries(readNpz('x', writeNpz(FEEDS)))).toEqual(FEEDS);
  });

  it('of NumPy, deflated and with 64-bit sizes, are read', () => {
    const array = readNpz('c.npz', fromBase64(FROM_NUMPY)).get('x');
    expect(array).toEqual({
      dtype: 'int64',
      shape: [2, 3, 4],
      data: BigInt64Array.from({ length: 24 }, (_, i) => BigInt(i)),
    });
  });

  it('are refused when damaged, empty, or when the directory promises too much', () => {
    const whole = writeNpz(FEEDS);
    expect(() => readNpz('f', whole.subarray(0, whole.length - 30))).toThrow(/^f: the archive is damaged or cut short/);
    expect(() => readNpz('f', zipSync({ 'a.txt': new Uint8Array(3) }))).toThrow(/no \.npy array/);
    const liar = writeNpz({ a: { dtype: 'uint8', shape: [4], data: new Uint8Array(4) } });
    const view = new DataView(liar.buffer, liar.byteOffset);
    const directory = view.getUint32(liar.length - 6, true);
    view.setUint32(directory + 24, 0x3fffffff, true);
    expect(() => readNpz('f', liar)).toThrow(/cannot hold the 1073741823 bytes/);
  });

  it('whose entries unpack to more than a gigabyte together are refused before unpacking', () => {
    const zeros = new Uint8Array(30_000_000);
    const entry = zipSync({
      'a.npy': [writeNpy({ dtype: 'uint8', shape: [zeros.length], data: zeros }), { level: 9 }],
    });
    // The same entry forty times in the directory, over one piece of data.
    const start = new DataView(entry.buffer).getUint32(entry.length - 6, true);
    const row = entry.subarray(start, entry.length - 22);
    const end = entry.slice(entry.length - 22);
    const tail = new DataView(end.buffer);
    tail.setUint16(8, 40, true);
    tail.setUint16(10, 40, true);
    tail.setUint32(12, row.length * 40, true);
    const bomb = new Uint8Array([
      ...entry.subarray(0, start),
      ...Array.from({ length: 40 }, () => [...row]).flat(),
      ...end,
    ]);
    expect(bomb.byteLength).toBeLessThan(40_000);
    expect(() => readNpz('bomb.npz', bomb)).toThrow(/^bomb\.npz: it unpacks to more than 1073741824 bytes/);
  });

  it('with any byte damaged give arrays or a CodedError', () => {
    const whole = writeNpz(FEEDS);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const bytes = whole.slice();
        bytes[at] = value;
        try {
          readNpz('x', bytes);
        } catch (error) {
          expect((error as Error).name).toBe('CodedError');
        }
      }),
      { seed: 8, numRuns: 400 },
    );
  });
});
