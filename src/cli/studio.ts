import type { Job } from '../base/job.ts';
import type { DocumentView } from '../engine/types.ts';
import { Studio } from '../engine/studio.ts';
import { nodePort, openPath, type NodePortOptions } from '../engine/node.ts';
import type { RuntimePort } from '../engine/ports.ts';

export type CommandStudio = Studio;

export const localPort = (options: NodePortOptions = {}): RuntimePort => nodePort(options);

/** Opens a model file with its external data; the runtime is loaded only when it is first needed. */
export async function openStudio(path: string, job: Job): Promise<{ studio: CommandStudio; document: DocumentView }> {
  const studio = new Studio(localPort());
  const source = openPath(path);
  const document = await studio.openFile(source, job);
  return { studio, document };
}
