import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../base/job.ts';
import { weightsNamed } from '../base/named-weights.ts';
import type { Artifacts } from '../engine/artifacts.ts';
import type { Recipe } from '../recipe/types.ts';
import type { CommandStudio } from './studio.ts';

/** Learnt weights lie in a folder beside the recipe that names them: `half.json`, `half.weights/SHA256.safetensors`. */
const weightsFolder = (recipe: string): string => `${recipe.replace(/\.json$/, '')}.weights`;

/** Reads the learnt weights that lie beside a recipe file. */
export async function bringWeights(studio: CommandStudio, path: string): Promise<void> {
  const folder = weightsFolder(path);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : [];
  for (const name of files) await studio.artifacts.keep(new Uint8Array(readFileSync(join(folder, name))));
}

/** Replays a recipe file, with the learnt weights that lie beside it. */
export async function replayFile(studio: CommandStudio, path: string, job: Job): Promise<void> {
  await bringWeights(studio, path);
  await studio.replay({ json: readFileSync(path, 'utf8') }, job);
}

/** Writes a recipe, and beside it the learnt weights that its steps name. */
export function saveRecipe(path: string, recipe: Recipe, artifacts: Artifacts): void {
  writeFileSync(path, `${JSON.stringify(recipe, null, 2)}\n`);
  for (const sha256 of weightsNamed(recipe.steps)) {
    const bytes = artifacts.bytes(sha256);
    if (!bytes) continue;
    mkdirSync(weightsFolder(path), { recursive: true });
    writeFileSync(join(weightsFolder(path), `${sha256}.safetensors`), bytes);
  }
}
