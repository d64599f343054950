import { weightsNamed } from '../base/named-weights.ts';
import type { Artifacts } from '../engine/artifacts.ts';
import type { Recipe } from '../recipe/types.ts';
import type { KeptWeights } from '../storage/kept-weights.ts';

/** Learnt weights that a recipe names and that this browser has kept are there for its replay. */
export async function bringWeights(recipe: Recipe, artifacts: Artifacts, kept: KeptWeights): Promise<void> {
  for (const sha256 of weightsNamed(recipe.steps)) {
    if (artifacts.bytes(sha256)) continue;
    try {
      const bytes = await kept.load(sha256);
      if (bytes) await artifacts.keep(bytes);
    } catch {
      // A browser without storage, or a damaged file: the step says that its weights are not here.
    }
  }
}

/** Kept for the next visit; without storage they live as long as the page. */
export async function keepWeights(recipe: Recipe, artifacts: Artifacts, kept: KeptWeights): Promise<void> {
  for (const sha256 of weightsNamed(recipe.steps)) {
    const bytes = artifacts.bytes(sha256);
    try {
      if (bytes && !(await kept.has(sha256))) await kept.save(sha256, bytes);
    } catch {
      // Storage is full or blocked. The recipe's export has them all the same.
    }
  }
}
