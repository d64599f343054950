import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { floats, int64s, tensorOf } from '../ir/tensor.ts';
import { sliceTensor } from './slice-tensor.ts';

it('gathers the kept indices of every axis', () => {
  const tensor = floats(
    [2, 3, 2],
    Array.from({ length: 12 }, (_, i) => i),
  );
  const sliced = sliceTensor(tensor, [null, [0, 2], [1]]);
  expect(sliced.shape).toEqual([2, 2, 1]);
  expect(Array.from(sliced.numbers())).toEqual([1, 5, 7, 11]);
});

it('reads nothing before it is asked', () => {
  let reads = 0;
  const tensor = int64s([1, 2, 3]);
  const watched = Object.assign(Object.create(tensor) as typeof tensor, {
    bytes() {
      reads++;
      return tensor.bytes();
    },
  });
  const sliced = sliceTensor(watched, [[2, 0]]);
  expect([sliced.byteLength, reads]).toEqual([16, 0]);
  expect(Array.from(sliced.numbers())).toEqual([3, 1]);
  expect(reads).toBe(1);
});

it('agrees with indexing element by element, for any width of element', () => {
  const axis = fc
    .integer({ min: 1, max: 5 })
    .chain((size) =>
      fc.record({ size: fc.constant(size), kept: fc.option(fc.subarray(Array.from({ length: size }, (_, i) => i))) }),
    );
  fc.assert(
    fc.property(
      fc.array(axis, { maxLength: 4 }),
      fc.constantFrom('uint8', 'int16', 'float32', 'float64'),
      (axes, dtype) => {
        const shape = axes.map((each) => each.size);
        const count = shape.reduce((a, b) => a * b, 1);
        const data = Array.from({ length: count }, (_, i) => i % 251);
        const arrays = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array, float64: Float64Array };
        const sliced = sliceTensor(
          tensorOf(dtype, shape, arrays[dtype].from(data)),
          axes.map((each) => each.kept),
        );
        const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
        const indices = axes.reduce<number[]>(
          (starts, { size, kept }, i) =>
            starts.flatMap((start) =>
              (kept ?? Array.from({ length: size }, (_, k) => k)).map((index) => start + index * (strides[i] ?? 1)),
            ),
          [0],
        );
        expect(Array.from(sliced.numbers())).toEqual(indices.map((index) => data[index]));
      },
    ),
  );
});
