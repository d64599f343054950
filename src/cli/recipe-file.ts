import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { weightsNamed } from '../base/named-weights.ts';
import { recipeInText } from '../base/recipe-in-text.ts';
import { presetNames } from '../engine/catalogue.ts';
import type { Artifacts } from '../engine/artifacts.ts';
import type { Recipe } from '../recipe/types.ts';
import type { CommandStudio } from './studio.ts';
import { writeFile } from './write-file.ts';

/** Learnt weights lie in a folder beside the recipe that names them: `half.json`, `half.weights/SHA256.safetensors`. */
const weightsFolder = (recipe: string): string => `${recipe.replace(/\.(?:json|html)$/, '')}.weights`;

/**
 * The text of a recipe file; of a report (HTML or JSON), that of the recipe in it. Throws `bad-request` where there is
 * none.
 */
export function readRecipeFile(path: string): string {
  const text = textAt(path);
  const found = recipeInText(text);
  if (found) return found.report ? JSON.stringify(found.value) : text;
  // What is no recipe is refused by whoever parses it, with the place.
  if (!/^\s*</.test(text)) return text;
  throw new CodedError('bad-request', `${path} is a page without a recipe. Give a recipe or a report of Whittle.`);
}

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const presets = `Presets are ${presetNames().join(', ')}.`;
    throw new CodedError('bad-request', `The recipe ${path} cannot be read: ${(error as Error).message}. ${presets}`);
  }
}

/** Reads the learnt weights that lie beside a recipe file. */
export async function bringWeights(studio: CommandStudio, path: string): Promise<void> {
  const folder = weightsFolder(path);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : [];
  for (const name of files) await studio.artifacts.keep(new Uint8Array(readFileSync(join(folder, name))));
}

/** Replays a recipe or preset. */
export const replayNamed = (studio: CommandStudio, recipe: string, job: Job): Promise<unknown> =>
  presetNames().includes(recipe) ? studio.replay({ preset: recipe }, job) : replayFile(studio, recipe, job);

/** Replays a recipe file or the recipe of a report, with the learnt weights that lie beside it. */
export async function replayFile(studio: CommandStudio, path: string, job: Job): Promise<void> {
  const json = readRecipeFile(path);
  await bringWeights(studio, path);
  await studio.replay({ json }, job);
}

/** Writes a recipe, and beside it the learnt weights that its steps name. */
export function saveRecipe(path: string, recipe: Recipe, artifacts: Artifacts): void {
  writeFile(path, `${JSON.stringify(recipe, null, 2)}\n`);
  for (const sha256 of weightsNamed(recipe.steps)) {
    const bytes = artifacts.bytes(sha256);
    if (!bytes) continue;
    mkdirSync(weightsFolder(path), { recursive: true });
    writeFile(join(weightsFolder(path), `${sha256}.safetensors`), bytes);
  }
}
