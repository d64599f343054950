import { expect, test } from 'vitest';
import type { KernelTime } from '../../bench/types.ts';
import { served } from './served.ts';

const kernel = (op: string, from: readonly number[], to: readonly number[]): KernelTime => ({
  node: op,
  op,
  provider: '',
  ms: 1,
  least: 1,
  calls: 1,
  inputs: [{ dtype: 'float', shape: from }],
  outputs: [{ dtype: 'float', shape: to }],
});
const isMover = (kernels: readonly KernelTime[]): boolean[] =>
  kernels.map(({ op }) => op === 'Transpose' || op === 'Reshape');

test('a transpose before a kernel of another layout and the one that turns its result back both serve it', () => {
  const kernels = [
    kernel('Transpose', [1, 3, 8, 8], [1, 8, 8, 3]),
    kernel('Conv', [1, 8, 8, 3], [1, 6, 6, 4]),
    kernel('Transpose', [1, 6, 6, 4], [1, 4, 6, 6]),
    kernel('Relu', [1, 4, 6, 6], [1, 4, 6, 6]),
  ];
  const inFile = (place: number): string | null => (place === 1 || place === 3 ? '1,4,6,6' : null);
  expect(served(kernels, isMover(kernels), inFile)).toEqual([1, null, 1, null]);
});

test('a chain of movers serves the kernel at its end', () => {
  const kernels = [kernel('Transpose', [2, 3], [3, 2]), kernel('Reshape', [3, 2], [6]), kernel('Gemm', [6], [4])];
  expect(served(kernels, isMover(kernels), () => null)).toEqual([2, 2, null]);
});

test('where no shape fits, nothing is told', () => {
  const kernels = [kernel('Transpose', [2, 3], [3, 2]), kernel('Gemm', [6], [4])];
  expect(served(kernels, isMover(kernels), () => null)).toEqual([null, null]);
});
