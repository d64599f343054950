import type { Job } from '../base/job.ts';
import type { Output } from './output.ts';
import type { CommandStudio } from './studio.ts';

/** Weights that are computed from constants alone, as exporters reshape them: only constants are rated and repaired. */
export async function fold(studio: CommandStudio, output: Output, job: Job): Promise<void> {
  const [found] = await studio.sites(['fold-constants'], {}, job);
  if ((found?.sites.length ?? 0) === 0) return;
  await studio.apply({ pass: 'fold-constants', options: {}, off: [] }, job);
  output.note('What is computed from constants alone became constant first.');
}

/** Weights that are inputs with a default could be fed by a caller: they must be constants before they can be cut or pruned. */
export async function freeze(studio: CommandStudio, output: Output, job: Job): Promise<void> {
  const [found] = await studio.sites(['freeze-initializers'], {}, job);
  const count = found?.sites.length ?? 0;
  if (count === 0) return;
  await studio.apply({ pass: 'freeze-initializers', options: {}, off: [] }, job);
  output.note(`${count} inputs with a default became constants first: they are no inputs of the result.`);
}
