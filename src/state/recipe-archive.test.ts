import { describe, expect, it } from 'vitest';
import { sortFiles } from './files.ts';
import { packRecipe, unpackRecipe } from './recipe-archive.ts';

const weights = (name: string, ...numbers: number[]) => ({ name, bytes: Uint8Array.from(numbers) });

describe('a recipe with what was learnt', () => {
  it('comes out of its archive as it went in', async () => {
    const packed = packRecipe('cnn.recipe.json', '{"whittle":1}', [
      weights('ab.safetensors', 1, 2),
      weights('cd.safetensors', 3),
    ]);
    const files = await unpackRecipe(new File([packed], 'cnn.recipe.zip'));
    expect(files.map(({ name }) => name)).toEqual(['cnn.recipe.json', 'ab.safetensors', 'cd.safetensors']);
    expect(await files[0]?.text()).toBe('{"whittle":1}');
    expect(new Uint8Array(await files[1]!.arrayBuffer())).toEqual(Uint8Array.of(1, 2));
  });

  it('is refused where it is no archive, by its name', async () => {
    await expect(unpackRecipe(new File(['no zip'], 'broken.zip'))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('broken.zip cannot be unpacked') as unknown,
    });
  });

  it('is told from a model and its data', () => {
    const [model, recipe, learnt] = ['cnn.onnx', 'cnn.recipe.json', 'ab.safetensors'].map((name) => new File([], name));
    expect(sortFiles([learnt!, recipe!, model!], [])).toEqual({ model, recipe, weights: [learnt], data: [] });
    // A model may wait for a file that is called so.
    expect(sortFiles([learnt!], ['ab.safetensors'])).toEqual({
      model: null,
      recipe: null,
      weights: [],
      data: [learnt],
    });
  });
});
