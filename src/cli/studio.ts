import type { Job } from '../base/job.ts';
import type { RuntimePort } from '../engine/ports.ts';
import type { DocumentView } from '../engine/types.ts';
import { Studio } from '../engine/studio.ts';
import { nodePort } from '../engine/node.ts';
import { modelAt } from './model-at.ts';

export type CommandStudio = Studio;

export interface OpenedStudio {
  readonly studio: CommandStudio;
  readonly document: DocumentView;
}

/**
 * Opens a model, a file with its external data or `sample:ID`; the runtime is loaded only when it is first needed.
 *
 * @param port the runtime that several models share
 */
export async function openStudio(path: string, job: Job, port: RuntimePort = nodePort()): Promise<OpenedStudio> {
  const studio = new Studio(port);
  const document = await studio.openFile(await modelAt(path), job);
  for (const location of document.missing)
    process.stderr.write(`External data ${location} is missing beside ${path}.\n`);
  return { studio, document };
}
