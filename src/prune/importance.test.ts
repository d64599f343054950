import { expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import { buildModel } from '../testing/build.ts';
import { findGroups } from './groups.ts';
import { IMPORTANCE } from './importance.ts';

/** Two channels: filters [3, 4] and [1, 0], norm scales 2 and 0.5, consumer's input slices [1] and [-2]. */
function small(): Model {
  return buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [
      g.input('x', [1, 2, 3, 3]),
      g.floats('w', [2, 2, 1, 1], [3, 4, 1, 0]),
      g.floats('b', [2], 9),
    ]);
    const norm = [g.floats('s', [2], [2, 0.5]), g.floats('t', [2], 7), g.floats('m', [2], 7), g.floats('v', [2], 1)];
    const y = g.op('Relu', [g.op('BatchNormalization', [x, ...norm])]);
    g.output(g.op('Conv', [y, g.floats('next', [1, 2, 1, 1], [1, -2])]), 'y');
  });
}
const graph = (model: Model) => findGroups(model, analyze(model));

it('l2 and l1 sum over every member: filters, norm scale, consumers; not over biases and statistics', () => {
  const g = graph(small());
  expect(IMPORTANCE.l2(g, 0).map((each) => Array.from(each))).toEqual([
    [Math.sqrt(9 + 16 + 4 + 1), Math.sqrt(1 + 0.25 + 4)],
  ]);
  expect(IMPORTANCE.l1(g, 0).map((each) => Array.from(each))).toEqual([[3 + 4 + 2 + 1, 1 + 0.5 + 2]]);
});

it('random depends on the seed alone', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => Array.from(IMPORTANCE.random(graph(small()), seed)[0] ?? []));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

it('sums a channel that is laid out as a block over the whole block', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [g.input('x', [1, 1, 1, 2]), g.floats('w', [2, 1, 1, 1], 0)]);
    const w = g.floats('dense', [4, 1], [1, 2, 3, 4]);
    g.output(g.op('MatMul', [g.op('Flatten', [x]), w]), 'y');
  });
  expect(Array.from(IMPORTANCE.l1(graph(model), 0)[0] ?? [])).toEqual([3, 7]);
});
