import { join } from 'node:path';
import type { Job } from '../../base/job.ts';
import type { Recipe } from '../../recipe/types.ts';
import { valueOf } from '../../search/objectives.ts';
import type { Searched } from '../../search/runner.ts';
import { stepsOf } from '../../search/subnet.ts';
import type { SearchResult } from '../../search/types.ts';
import { saveRecipe } from '../recipe-file.ts';
import type { OpenedSearch } from './evaluator.ts';

/** A sub-network that no other beats, as it is printed. */
export interface FrontEntry {
  readonly genome: readonly number[];
  /** ms: as it was timed whole, else as the table foretells. */
  readonly latency: number | null;
  readonly predicted: number | null;
  readonly measured: number | null;
  /** By the quality that was searched for, 0 to 1. */
  readonly fidelity: number;
  readonly accuracy: number | null;
  readonly bytes: number;
  readonly macs: number | null;
  readonly peakBytes: number | null;
  /** Path of its recipe, which begins at the opened file. */
  readonly recipe: string;
}

/** The front with a recipe file for each of it. */
export async function frontOf(
  { front, points, quality }: SearchResult,
  { space, repair }: Searched,
  { studio, judge }: OpenedSearch,
  folder: string,
  job: Job,
): Promise<readonly FrontEntry[]> {
  const { recipe: base } = studio.document();
  const byId = new Map(points.map((point) => [point.id, point]));
  const entries: FrontEntry[] = [];
  for (const [index, id] of front.entries()) {
    const point = byId.get(id);
    if (!point) continue;
    const { genome, latency, measured, metrics } = point;
    const steps = await judge.evaluator.decided(stepsOf(space, genome, repair), job);
    const recipe: Recipe = { ...base, steps: [...base.steps, ...steps] };
    const path = join(folder, `front-${index + 1}.json`);
    saveRecipe(path, recipe, studio.artifacts);
    entries.push({
      genome,
      latency: measured ?? latency,
      predicted: latency,
      measured,
      fidelity: valueOf('quality', point, quality),
      accuracy: metrics.quality.accuracy,
      bytes: metrics.bytes,
      macs: metrics.macs,
      peakBytes: metrics.peakBytes,
      recipe: path,
    });
  }
  return entries;
}
