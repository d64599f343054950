import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../testing/build.ts';
import { between, checkGradients, expectRefusal } from '../../testing/gradient-check.ts';
import { NORM_RULES } from './norm.ts';

const batchNorm =
  (shape: readonly number[], attributes: Record<string, number> = {}) =>
  (g: GraphBuilder): void => {
    const channels = [shape[1] ?? 1];
    const inputs = ['scale', 'bias', 'mean', 'variance'].map((name) => g.input(name, channels));
    const outputs = attributes['training_mode'] ? ['y', 'm', 'v'] : ['y'];
    g.output(g.node('BatchNormalization', [g.input('x', shape), ...inputs], attributes, { outputs }).outputs[0]!, 'y');
  };
const variance = { inputs: { variance: between(0.3, 2) } };

describe('the gradient of a normalisation', () => {
  it.each([[[2, 3, 4, 2]], [[4, 3]], [[2, 3, 5]]])(
    'BatchNormalization with fixed statistics agrees: %o',
    async (shape) => {
      await checkGradients(batchNorm(shape, { epsilon: 0.01 }), variance);
    },
  );

  it('BatchNormalization is refused in training mode', () => {
    expectRefusal(batchNorm([2, 3, 4], { training_mode: 1 }), /training mode/);
  });

  it.each([
    ['the last axis', [2, 3, 5], -1, [5], true],
    ['two axes', [2, 3, 4], 1, [3, 4], true],
    ['no bias', [3, 6], -1, [6], false],
    ['a scale that broadcasts', [2, 3, 4], 1, [4], true],
  ] as const)('LayerNormalization agrees: %s', async (_, shape, axis, own, biased) => {
    await checkGradients((g) => {
      const bias = biased ? [g.weight('bias', own)] : [];
      g.output(
        g.op('LayerNormalization', [g.input('x', shape), g.weight('scale', own), ...bias], { axis, epsilon: 0.001 }),
        'y',
      );
    });
  });

  it('has a test for every operator', () => {
    expect(Object.keys(NORM_RULES)).toEqual(['BatchNormalization', 'LayerNormalization']);
  });
});
