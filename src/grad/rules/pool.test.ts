import { describe, expect, it } from 'vitest';
import type { AttributeInit, GraphBuilder } from '../../testing/build.ts';
import { checkGradients } from '../../testing/gradient-check.ts';
import { POOL_RULES } from './pool.ts';

type Attributes = Readonly<Record<string, AttributeInit>>;
const pooling =
  (opType: string, x: readonly number[], attributes: Attributes = {}) =>
  (g: GraphBuilder): void =>
    g.output(g.op(opType, [g.input('x', x)], attributes), 'y');

const WINDOWS: readonly (readonly [what: string, x: readonly number[], attributes: Attributes])[] = [
  ['side by side', [2, 3, 4, 6], { kernel_shape: [2, 3], strides: [2, 3] }],
  ['overlapping', [2, 2, 6, 7], { kernel_shape: [3, 3], strides: [2, 2] }],
  ['overlapping and padded', [2, 2, 6, 7], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['at every place', [1, 2, 5, 5], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }],
  ['asymmetric', [1, 2, 6, 6], { kernel_shape: [2, 3], strides: [3, 2], pads: [1, 0, 0, 2] }],
  ['with a last window that is cut', [1, 2, 7, 8], { kernel_shape: [3, 3], strides: [2, 3], ceil_mode: 1 }],
  ['dilated', [1, 2, 8, 8], { kernel_shape: [2, 3], dilations: [2, 2] }],
  ['on one axis', [2, 3, 9], { kernel_shape: [3], strides: [2] }],
  ['on three axes', [1, 2, 4, 4, 6], { kernel_shape: [2, 2, 2], strides: [2, 1, 2] }],
  ['SAME_UPPER', [1, 2, 5, 6], { kernel_shape: [2, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }],
  ['that leave a rest', [1, 2, 5, 7], { kernel_shape: [2, 2], strides: [2, 2] }],
];

describe('the gradient of pooling', () => {
  describe.each(['MaxPool', 'AveragePool'])('%s', (opType) => {
    it.each(WINDOWS)('agrees with differences: %s', async (_, x, attributes) => {
      await checkGradients(pooling(opType, x, attributes), { opset: 21 });
    });
  });

  it('counts the padding of a mean where it is told to', async () => {
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 };
    await checkGradients(pooling('AveragePool', [1, 2, 6, 7], attributes));
  });

  it.each(['GlobalAveragePool', 'GlobalMaxPool'])('agrees with differences: %s', async (opType) => {
    await checkGradients(pooling(opType, [2, 3, 4, 5]));
    await checkGradients(pooling(opType, [2, 3, 4]));
  });

  it('has a test for every operator', () => {
    expect(Object.keys(POOL_RULES)).toEqual(['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool']);
  });
});
