import { expect, test } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { buildModel } from '../../testing/build.ts';
import { kindOf } from './kinds.ts';

test.each([
  [8, [16, 8, 1, 1], 1, '1×1 expand', false],
  [8, [4, 8, 1, 1], 1, '1×1 project', false],
  [8, [8, 8, 1, 1], 1, '1×1', false],
  [8, [8, 1, 3, 3], 8, '3×3 depthwise', true],
  [8, [8, 4, 3, 5], 2, '3×5 grouped', false],
  [3, [8, 3, 3, 3], 1, '3×3', false],
] as const)('a convolution of %i channels by %j in %i groups is %s', (channels, shape, group, kind, depthwise) => {
  const model = buildModel({}, (g) => {
    g.output(g.op('Conv', [g.input('x', [1, channels, 9, 9]), g.weight('w', shape)], { group }));
  });
  const [node] = model.nodes.values();
  expect(kindOf(node!, analyze(model))).toEqual({ kind, depthwise });
});

test('other operators have no kind', () => {
  const model = buildModel({}, (g) => g.output(g.op('MatMul', [g.input('x', [2, 3]), g.weight('w', [3, 4])])));
  const [node] = model.nodes.values();
  expect(kindOf(node!, analyze(model))).toEqual({ kind: '', depthwise: false });
});
