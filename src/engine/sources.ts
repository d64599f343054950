import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import type { ExternalFiles } from '../onnx/external.ts';
import { readModel } from '../onnx/read.ts';
import { parseRecipe } from '../recipe/parse.ts';
import { presetRecipe } from '../recipe/presets.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { OpenedFile } from './opened.ts';

/** A model file as it was given. `external` serves the files that lie beside it. */
export interface ModelSource {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly external: ExternalFiles;
}

/** A recipe to replay: one that was read, its JSON text, or the name of a preset. */
export type RecipeSource = { readonly recipe: Recipe } | { readonly json: string } | { readonly preset: string };

export async function readSource({ name, bytes, external: files }: ModelSource, job: Job): Promise<OpenedFile> {
  job.progress({ stage: 'Reading the graph' });
  const { model, locations, missing, warnings } = readModel(bytes, { external: files, name });
  await job.checkpoint();
  return { name, model, bytes, external: locations.length > 0 ? { files, locations } : null, missing, warnings };
}

export function readRecipe(source: RecipeSource, backend: Backend): Recipe {
  if ('recipe' in source) return parseRecipe(source.recipe as unknown as Json);
  if ('preset' in source) return presetRecipe(source.preset, backend);
  try {
    return parseRecipe(JSON.parse(source.json) as Json);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('bad-request', `The recipe is no JSON: ${(error as Error).message}.`);
  }
}
