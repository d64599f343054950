import type { Job } from '../../base/job.ts';
import { nodePort } from '../../engine/node.ts';
import { Studio } from '../../engine/studio.ts';
import { localJudge, type LocalJudge, type SearchParts } from '../../search/assemble.ts';
import { modelAt } from '../model-at.ts';
import { preparedData } from '../prepared-data.ts';
import { replayFile } from '../recipe-file.ts';
import type { SearchJobFile } from './job-folder.ts';

export interface OpenedSearch {
  readonly studio: Studio;
  readonly parts: SearchParts;
  readonly judge: LocalJudge;
}

/** Opens what a search is of, in this process. Throws as opening, recipes and data do. */
export async function openSearch(file: SearchJobFile, job: Job): Promise<OpenedSearch> {
  const port = nodePort();
  const studio = new Studio(port);
  await studio.openFile(await modelAt(file.model), job);
  if (file.recipe !== null) await replayFile(studio, file.recipe, job);
  const stop = studio.stopOf(studio.document().cursor);
  const data = await preparedData(file.data, stop.summary.inputs, 'judge');
  const parts = { stop, data, request: file.request, port, weights: studio.artifacts.weights };
  return { studio, parts, judge: localJudge(parts) };
}
