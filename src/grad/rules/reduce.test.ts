import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../testing/build.ts';
import { awayFromZero, between, checkGradients, type Draw } from '../../testing/gradient-check.ts';
import { REDUCE_RULES } from './reduce.ts';
import { SOFTMAX_RULES } from './softmax.ts';

const SHAPE = [2, 3, 4];
const reduced =
  (opType: string, axes: readonly number[] | null, attributes: Record<string, number> = {}) =>
  (g: GraphBuilder): void => {
    const x = g.input('x', SHAPE);
    g.output(g.op(opType, axes ? [x, g.int64s('axes', axes)] : [x], attributes), 'y');
  };

const DRAWS: Readonly<Record<string, Draw>> = {
  ReduceProd: awayFromZero(0.5, 1.5),
  ReduceL1: awayFromZero(),
  ReduceLogSum: between(0.3, 2),
};

describe('the gradient of a reduction', () => {
  const reductions = Object.keys(REDUCE_RULES).filter((name) => name.startsWith('Reduce'));

  it.each(reductions)('%s agrees with differences', async (opType) => {
    const inputs = DRAWS[opType] ? { inputs: { x: DRAWS[opType] } } : {};
    await checkGradients(reduced(opType, [1]), inputs);
    await checkGradients(reduced(opType, [-1, 0], { keepdims: 0 }), inputs);
    await checkGradients(reduced(opType, null), inputs);
    if (opType !== 'ReduceLogSum') await checkGradients(reduced(opType, null, { noop_with_empty_axes: 1 }), inputs);
  });

  it.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ])('CumSum agrees: exclusive %i, reverse %i', async (exclusive, reverse) => {
    await checkGradients((g) => {
      const axis = g.int64s('axis', [1], []);
      g.output(g.op('CumSum', [g.input('x', SHAPE), axis], { exclusive, reverse }), 'y');
    });
  });

  it.each(['Softmax', 'LogSoftmax'])('%s agrees with differences, along any axis', async (opType) => {
    for (const axis of [0, 1, -1]) {
      await checkGradients((g) => g.output(g.op(opType, [g.input('x', SHAPE)], { axis }), 'y'));
    }
  });

  it('has a test for every operator', () => {
    expect([...reductions, 'CumSum']).toEqual(Object.keys(REDUCE_RULES));
    expect(Object.keys(SOFTMAX_RULES)).toEqual(['Softmax', 'LogSoftmax']);
  });
});
