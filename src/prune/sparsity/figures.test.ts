import { expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { floats, int64s } from '../../ir/tensor.ts';
import { buildModel } from '../../testing/build.ts';
import { sparsityFigures } from './figures.ts';

it('counts what is not zero in every constant, and lists the share of zeros of the weights', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    const product = g.op('MatMul', [g.input('x', [1, 2]), g.floats('w', [2, 3], [1, 0, 2, -0, 0, 3])]);
    const shaped = g.op('Reshape', [product, g.int64s('shape', [0, 3])]);
    g.output(g.op('Add', [shaped, g.op('Constant', [], { value: floats([3], [0, 1, 0]) })]), 'y');
  });
  const figures = { parameters: 6 + 2 + 3, nonzero: 3 + 1 + 1, tensors: [{ name: 'w', shape: [2, 3], sparsity: 0.5 }] };
  expect(sparsityFigures(analyze(model))).toEqual(figures);
});

it('counts the elements that a sparse constant stores, and its zeros by its dense shape', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    g.output(g.op('MatMul', [g.input('x', [1, 4]), g.floats('w', [4, 5], 0)]), 'y');
  });
  const [value] = [...model.graph.initializers.keys()];
  if (value === undefined) throw new Error('no constant');
  model.graph.initializers.delete(value);
  model.graph.sparseInitializers.set(value, { values: floats([2], [1, 2]), indices: int64s([0, 7]), shape: [4, 5] });
  expect(sparsityFigures(analyze(model))).toEqual({
    parameters: 2,
    nonzero: 2,
    tensors: [{ name: 'w', shape: [4, 5], sparsity: 0.9 }],
  });
});
