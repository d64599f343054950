import { openPath } from '../engine/node.ts';
import { sampleSource } from '../engine/sample-source.ts';
import type { ModelSource } from '../engine/sources.ts';

const SAMPLE = 'sample:';

/** A model where a command takes one: the path of a file, or `sample:ID`, a bundled one. */
export async function modelAt(path: string): Promise<ModelSource> {
  return path.startsWith(SAMPLE) ? sampleSource(path.slice(SAMPLE.length)) : openPath(path);
}
