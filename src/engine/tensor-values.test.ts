import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberToFloat16 } from '../ir/float.ts';
import { floats, int64s, Tensor, tensorFromBytes, tensorOf } from '../ir/tensor.ts';
import { tensorValues } from './tensor-values.ts';

const texts = (tensor: Tensor, from = 0, count = 100) => tensorValues(tensor, from, count).texts;

describe('values of a tensor in words', () => {
  it('are the shortest decimals that are the same float32', () => {
    expect(texts(floats([4], [0.1, -1e-7, 16777216, NaN]))).toEqual(['0.1', '-1e-7', '16777216', 'NaN']);
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(Math.fround(Number(texts(floats([1], [value]))[0]))).toBe(value === 0 ? 0 : value);
      }),
      { seed: 8, numRuns: 500 },
    );
  });

  it('keep every digit of 64-bit integers', () => {
    const large = tensorOf('int64', [2], BigInt64Array.of(9223372036854775807n, -9007199254740993n));
    expect(texts(large)).toEqual(['9223372036854775807', '-9007199254740993']);
    expect(texts(int64s([3]))).toEqual(['3']);
  });

  it('begin where they are asked to, in the middle of a packed byte too', () => {
    const four = tensorFromBytes('int4', [5], Uint8Array.of(0x21, 0xf3, 0x07));
    expect(texts(four)).toEqual(['1', '2', '3', '-1', '7']);
    expect(texts(four, 3, 2)).toEqual(['-1', '7']);
    expect(tensorValues(floats([3], [1, 2, 3]), 9, 5)).toMatchObject({ from: 3, texts: [] });
  });

  it('know halves, booleans, complex numbers and strings', () => {
    expect(texts(tensorOf('float16', [2], Uint16Array.from([0.5, -2], numberToFloat16)))).toEqual(['0.5', '-2']);
    expect(texts(tensorOf('bool', [2], Uint8Array.of(0, 1)))).toEqual(['false', 'true']);
    const complex = tensorFromBytes('complex64', [2], new Uint8Array(Float32Array.of(1, -2, 0.5, 3).buffer));
    expect(texts(complex, 0, 1)).toEqual(['1 - 2i']);
    expect(texts(complex, 1, 1)).toEqual(['0.5 + 3i']);
    const strings = ['a', 'é'].map((each) => new TextEncoder().encode(each));
    const tensor = new Tensor('string', [2], { kind: 'memory', bytes: () => new Uint8Array(), strings: () => strings });
    expect(texts(tensor, 1, 1)).toEqual(['é']);
  });
});
