import { describe, expect, it } from 'vitest';
import { Tensor, tensorFromBytes } from '../ir/tensor.ts';
import { contentHash, sameContents } from './equal-tensors.ts';
import { isAll } from './weights.ts';

/** A tensor that gives its bytes in pieces of `size`, and never whole. */
function inPieces(bytes: Uint8Array, size: number): Tensor {
  const source = {
    kind: 'external',
    bytes: (): Uint8Array => {
      throw new Error('read whole');
    },
    *pieces(): Generator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    },
  } as const;
  return new Tensor('uint8', [bytes.length], source);
}

const bytes = Uint8Array.from({ length: 1003 }, (_, i) => (i * 37) % 251);
const whole = tensorFromBytes('uint8', [bytes.length], bytes);

describe('tensors that are read in pieces', () => {
  it.each([16, 64, 512, 2048])('have the hash of the same bytes in one piece: pieces of %i', (size) => {
    expect(contentHash(inPieces(bytes, size))).toBe(contentHash(whole));
  });

  it.each([
    [16, 64],
    [512, 48],
    [2048, 16],
  ])('are compared however both are cut: %i and %i', (a, b) => {
    expect(sameContents(inPieces(bytes, a), inPieces(bytes, b))).toBe(true);
    for (const at of [0, 15, 16, 511, 1002]) {
      const other = bytes.slice();
      other[at] = other[at]! ^ 1;
      expect(sameContents(inPieces(bytes, a), inPieces(other, b)), `byte ${at}`).toBe(false);
    }
  });

  it('are longer or shorter than others', () => {
    expect(sameContents(inPieces(bytes, 16), inPieces(bytes.slice(0, 992), 16))).toBe(false);
  });

  it('are found to hold one number, or not, without being read whole', () => {
    const ones = new Uint8Array(100).fill(1);
    expect(isAll(inPieces(ones, 16), 1)).toBe(true);
    ones[99] = 0;
    expect(isAll(inPieces(ones, 16), 1)).toBe(false);
  });
});
