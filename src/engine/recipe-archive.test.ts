import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { packRecipe, unpackRecipe } from './recipe-archive.ts';

describe('a recipe with what was learnt', () => {
  it('comes out of its archive as it went in', () => {
    const weights = new Map([
      ['ab', Uint8Array.of(1, 2)],
      ['cd', Uint8Array.of(3)],
    ]);
    const packed = packRecipe('cnn.recipe.json', '{"whittle":1}', weights);
    expect(unpackRecipe('cnn.recipe.zip', packed)).toEqual({
      name: 'cnn.recipe.json',
      text: '{"whittle":1}',
      weights: [Uint8Array.of(1, 2), Uint8Array.of(3)],
    });
  });

  it.each([
    ['broken.zip', Uint8Array.of(1, 2, 3), 'broken.zip cannot be unpacked'],
    ['other.zip', zipSync({ 'a.txt': Uint8Array.of(1) }), 'other.zip holds no recipe'],
  ])('is refused where there is none, by its name: %s', (name, bytes, says) => {
    expect(() => unpackRecipe(name, bytes)).toThrow(
      expect.objectContaining({ code: 'bad-file', message: expect.stringContaining(says) as unknown }) as Error,
    );
  });
});
