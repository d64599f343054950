import { describe, expect, it } from 'vitest';
import { checkGradients, expectRefusal } from '../../testing/gradient-check.ts';
import { GATHER_RULES } from './gather.ts';

describe('the gradient of what takes by index', () => {
  it.each([
    ['rows, some twice', 0, [2, 3], [0, 4, 2, 2, 1, 4]],
    ['along the middle', 1, [4], [2, 0, -1, 2]],
    ['along the last axis', -1, [2, 2], [1, 0, 3, 1]],
  ] as const)('Gather agrees: %s', async (_, axis, shape, indices) => {
    const [rows, middle, last] = [5, 3, 4];
    await checkGradients((g) => {
      g.output(g.op('Gather', [g.input('x', [rows, middle, last]), g.int64s('i', indices, shape)], { axis }), 'y');
    });
  });

  it('Gather agrees where indices are an input, as word numbers are', async () => {
    await checkGradients(
      (g) => g.output(g.op('Gather', [g.weight('words', [6, 3]), g.input('ids', [2, 4], 'int64')]), 'y'),
      { inputs: { ids: [0, 5, 5, 1, 2, 0, 0, 3] } },
    );
  });

  it.each([
    [0, []],
    [-1, []],
    [2, [1]],
  ] as const)('Gather agrees for the one constant index %i, of shape %o', async (at, shape) => {
    await checkGradients((g) => {
      g.output(g.op('Gather', [g.input('x', [2, 4, 3]), g.int64s('i', [at], shape)], { axis: 1 }), 'y');
    });
  });

  it('GatherElements agrees', async () => {
    await checkGradients((g) => {
      const indices = g.int64s('i', [0, 0, 2, 1, 2, 2], [3, 2]);
      g.output(g.op('GatherElements', [g.input('x', [3, 2]), indices], { axis: 0 }), 'y');
    });
  });

  it('GatherND agrees, and is refused with batch dimensions', async () => {
    await checkGradients((g) => {
      g.output(g.op('GatherND', [g.input('x', [3, 4, 2]), g.int64s('i', [0, 1, 2, 3, 0, 1], [3, 2])]), 'y');
    });
    expectRefusal((g) => {
      const indices = g.int64s('i', [0, 1, 2], [3, 1]);
      g.output(g.op('GatherND', [g.input('x', [3, 4]), indices], { batch_dims: 1 }), 'y');
    }, /batch dimensions/);
  });

  it.each(['none', 'add'])('ScatterND and ScatterElements agree: %s', async (reduction) => {
    await checkGradients((g) => {
      const rows = g.int64s('i', [3, 1], [2, 1]);
      g.output(g.op('ScatterND', [g.input('x', [4, 3]), rows, g.input('u', [2, 3])], { reduction }), 'y');
    });
    await checkGradients((g) => {
      const indices = g.int64s('i', [2, 0, 1, 3], [2, 2]);
      g.output(
        g.op('ScatterElements', [g.input('x', [4, 2]), indices, g.input('u', [2, 2])], { axis: 0, reduction }),
        'y',
      );
    });
  });

  it('is refused where what is scattered is combined otherwise', () => {
    expectRefusal((g) => {
      const rows = g.int64s('i', [3], [1, 1]);
      g.output(g.op('ScatterND', [g.input('x', [4, 3]), rows, g.input('u', [1, 3])], { reduction: 'mul' }), 'y');
    }, /combines by mul/);
  });

  it('TopK agrees', async () => {
    await checkGradients((g) => {
      const { outputs } = g.node(
        'TopK',
        [g.input('x', [3, 5]), g.int64s('k', [2])],
        { axis: -1 },
        { outputs: ['v', 'i'] },
      );
      g.output(outputs[0]!, 'y');
    });
  });

  it('has a test for every operator', () => {
    expect(Object.keys(GATHER_RULES)).toEqual([
      'Gather',
      'GatherElements',
      'GatherND',
      'ScatterND',
      'ScatterElements',
      'TopK',
    ]);
  });
});
