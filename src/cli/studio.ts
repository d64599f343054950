import type { Job } from '../base/job.ts';
import type { DocumentView } from '../engine/types.ts';
import { Studio } from '../engine/studio.ts';
import { nodePort, openPath } from '../engine/node.ts';

export type CommandStudio = Studio;

/** Opens a model file with its external data; the runtime is loaded only when it is first needed. */
export async function openStudio(path: string, job: Job): Promise<{ studio: CommandStudio; document: DocumentView }> {
  const studio = new Studio(nodePort());
  const document = await studio.openFile(openPath(path), job);
  for (const location of document.missing)
    process.stderr.write(`External data ${location} is missing beside ${path}.\n`);
  return { studio, document };
}
