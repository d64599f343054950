import { describe, expect, it } from 'vitest';
import { cachedSource, derivedTensor, floats, int64s, Tensor, tensorFromBytes, tensorOf, viewAs } from './tensor.ts';

describe('a tensor', () => {
  it('gives its elements without copying them, where they are aligned', () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const elements = tensorFromBytes('float32', [3], bytes).read() as Float32Array;
    expect(elements.buffer).toBe(bytes.buffer);
    expect(Array.from(elements)).toEqual([1, 2, 3]);
  });

  it('copies what is not aligned', () => {
    const shifted = new Uint8Array(13);
    shifted.set(new Uint8Array(Float32Array.of(1, 2, 3).buffer), 1);
    const elements = viewAs('float32', shifted.subarray(1)) as Float32Array;
    expect(elements.buffer).not.toBe(shifted.buffer);
    expect(Array.from(elements)).toEqual([1, 2, 3]);
  });

  it('knows its size in bytes without reading', () => {
    const unread = derivedTensor('int4', [3, 5], () => {
      throw new Error('read');
    });
    expect(unread.size).toBe(15);
    expect(unread.byteLength).toBe(8);
    expect(derivedTensor('complex128', [2], () => new Uint8Array(32)).byteLength).toBe(32);
  });

  it('says so when its source gives another number of bytes', () => {
    expect(() => tensorFromBytes('float32', [3], new Uint8Array(8)).bytes()).toThrow(
      'A float32 tensor of shape [3] wants 12 bytes, 8 are there.',
    );
  });

  it('gives 64-bit integers exactly, and as numbers', () => {
    const tensor = tensorOf('int64', [2], BigInt64Array.of(-1n, 2n ** 62n));
    expect(Array.from(tensor.read() as BigInt64Array)).toEqual([-1n, 2n ** 62n]);
    expect(Array.from(tensor.numbers())).toEqual([-1, 2 ** 62]);
    expect(Array.from(int64s([3, -4]).numbers())).toEqual([3, -4]);
  });

  it('refuses a shape that its elements do not fill', () => {
    expect(() => floats([2, 2], [1, 2, 3])).toThrow('3 elements for shape [2, 2]');
  });

  it('holds strings as bytes', () => {
    const strings = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const tensor = new Tensor('string', [2], { kind: 'memory', bytes: () => new Uint8Array(), strings: () => strings });
    expect(tensor.strings()).toBe(strings);
    expect(tensor.byteLength).toBe(3);
  });
});

describe('derived tensors', () => {
  it('are computed when first read, and kept', () => {
    let computed = 0;
    const tensor = derivedTensor('uint8', [4], () => {
      computed++;
      return new Uint8Array(4);
    });
    expect(computed).toBe(0);
    tensor.read();
    tensor.bytes();
    expect(computed).toBe(1);
  });

  it('are dropped when others need the room, the least recently used first', () => {
    const counts = [0, 0, 0];
    const third = 100 << 20;
    const sources = counts.map((_, i) =>
      cachedSource('derived', () => {
        counts[i] = (counts[i] ?? 0) + 1;
        return new Uint8Array(third);
      }),
    );
    sources[0]!.bytes();
    sources[1]!.bytes();
    sources[0]!.bytes();
    sources[2]!.bytes();
    sources[0]!.bytes();
    expect(counts).toEqual([1, 1, 1]);
    sources[1]!.bytes();
    expect(counts).toEqual([1, 2, 1]);
  });
});
