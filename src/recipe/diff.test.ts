import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tellDiff } from './diff-words.ts';
import { parseRecipe } from './parse.ts';
import { PRESET_NAMES, presetRecipe } from './presets.ts';
import type { Recipe, RecipeStep } from './types.ts';

const step = (pass: string, changes: Partial<RecipeStep> = {}): RecipeStep => ({
  pass,
  options: {},
  sites: 'all',
  ...changes,
});
const recipe = (...steps: RecipeStep[]): Recipe => ({ whittle: 1, steps });
/** `+ pass`, `~ pass: words` for each step that is not the same. */
const told = (a: Recipe, b: Recipe): string[] =>
  tellDiff(a, b).steps.flatMap(({ kind, pass, words }) =>
    kind === 'same' ? [] : [[`${kind} ${pass}`, ...words].join(': ')],
  );

describe('the difference of two recipes', () => {
  it('is told step by step: what came, what went, what changed and how', () => {
    const a = recipe(step('fold-batch-norm'), step('merge-casts'), step('prune-channels', { options: { ratio: 0.5 } }));
    const b = recipe(
      step('fold-batch-norm', { sites: { except: ['conv-bn:y:1'] } }),
      step('prune-channels', { options: { ratio: 0.3 } }),
      step('eliminate-dead-nodes'),
    );
    expect(told(a, b)).toEqual([
      'changed fold-batch-norm: all sites → all but 1 site',
      'removed merge-casts',
      'changed prune-channels: ratio 0.5 → 0.3',
      'added eliminate-dead-nodes',
    ]);
    expect(tellDiff(a, b).sentence).toBe('1 step added, 1 step removed, 2 steps changed; 0 the same.');
    expect(tellDiff(a, b).steps.map(({ before, after }) => [before, after])).toEqual([
      [1, 1],
      [2, null],
      [3, 2],
      [null, 3],
    ]);
  });

  it('takes an option that is left out for its default, and keys in another order for the same', () => {
    const sites = ['r:a:1', 'r:b:2'];
    const a = recipe(step('prune-channels', { options: { ratio: 0.5 }, sites }));
    const b = recipe(step('prune-channels', { sites: sites.toReversed() }));
    expect(tellDiff(a, b)).toMatchObject({ equal: true, sentence: 'Both are the same.' });
  });

  it('tells a step that only changed its place as moved', () => {
    const a = recipe(step('merge-casts'), step('fold-batch-norm'), step('fuse-gelu'));
    const b = recipe(step('fold-batch-norm'), step('fuse-gelu'), step('merge-casts'));
    expect(told(a, b)).toEqual(['moved merge-casts: from place 1 to 3']);
  });

  it('counts sites that were decided otherwise, and pairs steps of one pass by their options', () => {
    const cut = (ratio: number, kept: number[]) =>
      step('prune-channels', { options: { ratio }, decisions: { 'r:a:1': kept } });
    const a = recipe(cut(0.1, [1]), cut(0.5, [1, 2]));
    expect(told(a, recipe(cut(0.5, [1, 3])))).toEqual([
      'removed prune-channels: ratio 0.1',
      'changed prune-channels: decided otherwise at 1 site',
    ]);
  });

  it('reads steps of passes that this build does not have, whatever their fields are', () => {
    const future = (spin: number) => ({ pass: 'from-the-future', sites: { near: [1] }, spin });
    const [a, b] = [1, 2].map((spin) => parseRecipe({ whittle: 1, steps: [future(spin)] }));
    expect(told(a!, b!)).toEqual(['changed from-the-future: spin 1 → 2: a pass that this Whittle does not have']);
  });

  it('tells another backend, and not another file, as a difference', () => {
    const a = { ...recipe(step('merge-casts')), model: { sha256: 'a'.repeat(64) } };
    expect(tellDiff(a, { ...a, model: { sha256: 'b'.repeat(64) } })).toMatchObject({ equal: true });
    expect(tellDiff(a, { ...a, backend: 'webgpu' }).sentence).toContain('backend not set → webgpu');
    const repeated = { ...a, untilStable: true };
    expect(tellDiff(a, repeated).sentence).toBe('repeated until nothing changes; 1 the same.');
    expect(tellDiff(repeated, a).sentence).toBe('not repeated until nothing changes; 1 the same.');
  });

  it('of any two is the second, read in order, and of any one with itself nothing', () => {
    const any = fc
      .array(fc.constantFrom('merge-casts', 'fuse-gelu', 'fold-batch-norm', 'other'), { maxLength: 12 })
      .map((passes) => recipe(...passes.map((pass) => step(pass))));
    fc.assert(
      fc.property(any, any, (a, b) => {
        const { steps } = tellDiff(a, b);
        const after = steps.filter((each) => each.after !== null);
        expect(after.map(({ pass }) => pass)).toEqual(b.steps.map(({ pass }) => pass));
        expect(after.map((each) => each.after)).toEqual(b.steps.map((_, index) => index + 1));
        const before = steps.flatMap((each) => each.before ?? []).sort((x, y) => x - y);
        expect(before).toEqual(a.steps.map((_, index) => index + 1));
        expect(tellDiff(a, a).equal).toBe(true);
      }),
      { numRuns: 100, seed: 7 },
    );
    for (const name of PRESET_NAMES) expect(tellDiff(presetRecipe(name), presetRecipe(name)).equal).toBe(true);
  });
});
