import { presetNames } from '../../engine/catalogue.ts';
import { readRecipe } from '../../engine/sources.ts';
import { recipeDiff, type ToldDiff } from '../../engine/recipes/read.ts';
import type { Recipe } from '../../recipe/types.ts';
import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { table } from '../output.ts';
import { readRecipeFile } from '../recipe-file.ts';

/** A recipe where a command takes one: the path of a file, or the name of a preset. */
export function recipeAt(path: string): Recipe {
  if (presetNames().includes(path)) return readRecipe({ preset: path }, 'wasm');
  return readRecipe({ json: readRecipeFile(path) }, 'wasm');
}

const SIGNS = { same: ' ', added: '+', removed: '−', changed: '~', moved: '↕' } as const;

export function recipeDiffLines({ steps, sentence, header }: ToldDiff): string[] {
  const place = (at: number | null): string => (at === null ? '' : String(at));
  const rows = steps.map(({ kind, before, after, pass, words }) => [
    SIGNS[kind],
    place(before),
    place(after),
    pass,
    words.join('; '),
  ]);
  const model = header.some(({ name }) => name === 'model') ? ['They were made for different models.'] : [];
  return [...table([['', 'A', 'B', 'pass', ''], ...rows], [1, 2]), ...model, sentence];
}

export const recipe: Command = {
  name: 'recipe',
  summary: 'Tells what differs between two recipes, step by step: whittle recipe diff A B. Exits with 0.',
  positionals: ['diff', 'A', 'B'],
  words: ['diff'],
  options: {},
  examples: ['whittle recipe diff clean wasm', 'whittle recipe diff folded.json wasm'],
  run(args, output) {
    const [what, a = '', b = ''] = args.positionals;
    if (what !== 'diff') throw new UsageError(`whittle recipe knows "diff", not "${what}".`);
    const found = recipeDiff(recipeAt(a), recipeAt(b));
    output.result(found, recipeDiffLines(found));
    return Promise.resolve(0);
  },
};
