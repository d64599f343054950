import { assert, constantFrom, dictionary, double, property, tuple, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats } from '../ir/tensor.ts';
import { decodeWeights, encodeWeights } from './safetensors.ts';

const weights = new Map([
  ['dense.b', floats([3], [1, -2, 0.5])],
  ['conv.w', floats([2, 1, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7])],
]);

describe('learnt weights as a file', () => {
  it('come back as they were, whatever their names and numbers', () => {
    const tensors = dictionary(
      constantFrom('a', 'layer.0/weight', '重み', 'x "y"'),
      tuple(integer({ min: 0, max: 3 }), integer({ min: 1, max: 4 }), double({ noNaN: true, min: -1e30, max: 1e30 })),
    );
    assert(
      property(tensors, (drawn) => {
        const given = new Map(
          Object.entries(drawn).map(([name, [rows, columns, value]]) => {
            const data = Float32Array.from({ length: rows * columns }, (_, i) => value + i);
            return [name, floats([rows, columns], data)] as const;
          }),
        );
        const back = decodeWeights(encodeWeights(given));
        expect([...back.keys()].sort()).toEqual([...given.keys()].sort());
        for (const [name, tensor] of given) {
          expect(back.get(name)?.shape).toEqual(tensor.shape);
          expect(back.get(name)?.numbers()).toEqual(tensor.numbers());
        }
      }),
    );
  });

  it('are the same bytes in whatever order they were given', () => {
    expect(encodeWeights(new Map([...weights].reverse()))).toEqual(encodeWeights(weights));
  });

  it.each([
    ['too short', (bytes: Uint8Array) => bytes.slice(0, 5), /shorter than its header/],
    ['cut', (bytes: Uint8Array) => bytes.slice(0, -4), /outside of the file/],
    ['with a header beyond its end', (bytes: Uint8Array) => (bytes.fill(255, 0, 4), bytes), /longer than the file/],
    ['without JSON', (bytes: Uint8Array) => (bytes.fill(33, 8, 20), bytes), /no JSON/],
  ])('are refused where the file is %s', (_, spoil, says) => {
    expect(() => decodeWeights(spoil(encodeWeights(weights)))).toThrow(says);
  });

  it('are read from within a larger buffer, as files of Node lie', () => {
    const file = encodeWeights(weights);
    const pool = Buffer.alloc(file.length + 3);
    pool.set(file, 3);
    expect(decodeWeights(pool.subarray(3)).get('dense.b')?.numbers()).toEqual(Float32Array.of(1, -2, 0.5));
  });

  it('take half the room where they are rounded to half precision', () => {
    const precise = new Map([['w', floats([3], [1, -2.5, 1 / 3])]]);
    const halved = encodeWeights(precise, 'F16');
    expect(halved.length).toBe(encodeWeights(precise).length - 6);
    const [one, two, third] = Array.from(decodeWeights(halved).get('w')!.numbers());
    expect([one, two]).toEqual([1, -2.5]);
    expect(third).not.toBe(Math.fround(1 / 3));
    expect(third).toBeCloseTo(1 / 3, 3);
  });

  it('are refused where they are neither float32 nor float16', () => {
    const header = JSON.stringify({ w: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } });
    const bytes = new Uint8Array(8 + header.length + 2);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    expect(() => decodeWeights(bytes)).toThrow(/w is BF16/);
  });
});
