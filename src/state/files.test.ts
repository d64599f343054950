import { expect, it } from 'vitest';
import { sortFiles } from './files.ts';

it('learnt weights are told from a model and its data', () => {
  const [model, recipe, learnt] = ['cnn.onnx', 'cnn.recipe.json', 'ab.safetensors'].map((name) => new File([], name));
  expect(sortFiles([learnt!, recipe!, model!], [])).toEqual({ model, recipe, weights: [learnt], looked: [], data: [] });
  // A model may wait for a file that is called so.
  expect(sortFiles([learnt!], ['ab.safetensors'])).toEqual({
    model: null,
    recipe: null,
    weights: [],
    looked: [],
    data: [learnt],
  });
});
