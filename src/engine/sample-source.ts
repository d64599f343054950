import { writeModel } from '../onnx/write.ts';
import { loadSample } from '../samples/catalogue.ts';
import { parseSampleName } from '../samples/sizes.ts';
import { memoryFiles } from '../onnx/external.ts';
import type { ModelSource } from './sources.ts';

/** What a sample is called where a file would be. */
export const sampleFile = (name: string): string => `${parseSampleName(name).id}.onnx`;

/** A sample as if it had been a file; named as for `Studio.openSample`. */
export async function sampleSource(name: string): Promise<ModelSource> {
  return { name: sampleFile(name), bytes: writeModel(await loadSample(name)), external: memoryFiles(new Map()) };
}
