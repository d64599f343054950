import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../testing/build.ts';
import type { ValueId } from '../../ir/types.ts';
import { checkGradients, expectRefusal } from '../../testing/gradient-check.ts';
import { SHAPE_RULES } from './shape.ts';

/** What a model does with x, which is [2, 3, 4] unless it says so. */
type Move = (g: GraphBuilder, x: ValueId) => ValueId;

const slice =
  (starts: readonly number[], ends: readonly number[], axes?: readonly number[], steps?: readonly number[]): Move =>
  (g, x) => {
    const lists = [starts, ends, axes, steps].filter((each) => each !== undefined);
    return g.op('Slice', [x, ...lists.map((each, i) => g.int64s(`l${i}`, each))]);
  };
const pad =
  (pads: readonly number[], mode: string, axes?: readonly number[]): Move =>
  (g, x) => {
    const inputs = [
      x,
      g.int64s('pads', pads),
      axes ? g.floats('value', [], [0.5]) : null,
      axes ? g.int64s('axes', axes) : null,
    ];
    return g.op('Pad', inputs, { mode });
  };

const MOVES: Readonly<Record<string, readonly Move[]>> = {
  Reshape: [
    (g, x) => g.op('Reshape', [x, g.int64s('s', [4, -1])]),
    (g, x) => g.op('Reshape', [x, g.int64s('s', [0, 12])]),
  ],
  Flatten: [(g, x) => g.op('Flatten', [x], { axis: 2 })],
  Squeeze: [(g, x) => g.op('Squeeze', [g.op('Unsqueeze', [x, g.int64s('a', [1])]), g.int64s('b', [1])])],
  Unsqueeze: [(g, x) => g.op('Unsqueeze', [x, g.int64s('a', [0, -1])])],
  Transpose: [(g, x) => g.op('Transpose', [x]), (g, x) => g.op('Transpose', [x], { perm: [2, 0, 1] })],
  Expand: [
    (g, x) =>
      g.op('Expand', [
        g.op('Slice', [x, g.int64s('a', [0]), g.int64s('b', [1]), g.int64s('c', [1])]),
        g.int64s('s', [5, 2, 3, 4]),
      ]),
  ],
  Tile: [(g, x) => g.op('Tile', [x, g.int64s('r', [2, 1, 3])])],
  Concat: [
    (g, x) => g.op('Concat', [x, g.weight('w', [2, 2, 4]), x], { axis: 1 }),
    (g, x) => g.op('Concat', [x, x], { axis: -1 }),
  ],
  Split: [
    (g, x) => {
      const { outputs } = g.node('Split', [x, g.int64s('s', [1, 3])], { axis: -1 }, { outputs: ['p', 'q'] });
      return g.op('Concat', [outputs[1]!, outputs[0]!], { axis: 2 });
    },
    // Of three parts one is used.
    (g, x) => g.node('Split', [x], { axis: 1, num_outputs: 3 }, { outputs: ['p', 'q', 'r'] }).outputs[1]!,
  ],
  Slice: [
    slice([1], [3], [2]),
    slice([0, -3], [2, -1], [0, 2]),
    slice([0, 0, 0], [9, 2, 9]),
    slice([0], [4], [2], [2]),
    slice([1], [4], [2], [3]),
    slice([3], [-9], [2], [-1]),
    slice([-1, 2], [-9, 0], [1, 2], [-2, -1]),
  ],
  Pad: [
    pad([0, 1, 2, 0, 0, 1], 'constant'),
    pad([1, -1], 'constant', [2]),
    pad([-1, 2, -1, -1], 'constant', [1, 2]),
    pad([1, 2], 'reflect', [2]),
    pad([0, 1, 2, 0, 2, 3], 'reflect'),
    pad([2, 3], 'edge', [1]),
    pad([3, 4], 'wrap', [2]),
  ],
  Trilu: [(g, x) => g.op('Trilu', [x]), (g, x) => g.op('Trilu', [x, g.int64s('k', [1], [])], { upper: 0 })],
};

const blocks =
  (opType: string, shape: readonly number[], attributes: Record<string, number | string>) =>
  (g: GraphBuilder): void =>
    g.output(g.op(opType, [g.input('x', shape)], attributes), 'y');

describe('the gradient of what moves elements', () => {
  it.each(Object.entries(MOVES))('%s agrees with differences', async (_, moves) => {
    // What a Pad fills in is no weight.
    const fixed = ['value'];
    for (const move of moves) await checkGradients((g) => g.output(move(g, g.input('x', [2, 3, 4])), 'y'), { fixed });
  });

  it.each([
    ['DepthToSpace', [2, 8, 2, 3], { blocksize: 2 }],
    ['DepthToSpace', [1, 8, 2, 3], { blocksize: 2, mode: 'CRD' }],
    ['SpaceToDepth', [2, 3, 4, 6], { blocksize: 2 }],
  ] as const)('%s agrees with differences: %o %o', async (opType, shape, attributes) => {
    await checkGradients(blocks(opType, shape, attributes));
  });

  it('is refused for a Pad whose constant would be learnt', () => {
    expectRefusal((g) => {
      const inputs = [g.input('x', [2, 3]), g.int64s('pads', [0, 1, 0, 0]), g.weight('value', [])];
      g.output(g.op('Pad', inputs), 'y');
    }, /its constant is learnt/);
  });

  it('has a test for every operator', () => {
    expect([...Object.keys(MOVES), 'DepthToSpace', 'SpaceToDepth']).toEqual(Object.keys(SHAPE_RULES));
  });
});
