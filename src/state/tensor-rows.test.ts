import { expect, it } from 'vitest';
import { tensorRows, type TensorLook } from './tensor-rows.ts';

const TENSORS = [
  { name: 'layer.10.weight', dtype: 'Q4_0', shape: [32, 2], offset: 0, bytes: 36 },
  { name: 'layer.9.weight', dtype: 'F32', shape: [3], offset: 64, bytes: 12 },
  { name: 'layer.9.bias', dtype: 'type 77', shape: [100], offset: 96, bytes: null },
];
const names = (look: Partial<TensorLook>): string[] =>
  tensorRows(TENSORS, { search: '', column: 'order', down: false, ...look }).map(({ name }) => name);

it('tensors are in the order of the file, or of a column, either way', () => {
  expect(names({})).toEqual(TENSORS.map(({ name }) => name));
  expect(names({ column: 'name' })).toEqual(['layer.9.bias', 'layer.9.weight', 'layer.10.weight']);
  expect(names({ column: 'bytes', down: true })).toEqual(['layer.10.weight', 'layer.9.weight', 'layer.9.bias']);
  expect(names({ column: 'shape', down: true })[0]).toBe('layer.9.bias');
});

it('tensors are found by words of their names and types, in any order', () => {
  expect(names({ search: 'WEIGHT 9' })).toEqual(['layer.9.weight']);
  expect(names({ search: 'q4_0' })).toEqual(['layer.10.weight']);
  expect(names({ search: 'nothing' })).toEqual([]);
});
