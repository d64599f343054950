import type { Job } from '../base/job.ts';
import type { Output } from './output.ts';
import type { CommandStudio } from './studio.ts';

/** A file that folding makes larger by more than this keeps what it computes. */
const MOST_GROWTH = 1.1;

/**
 * Weights that are computed from constants alone, as exporters reshape them: only constants are rated and repaired. Where
 * they are generated (ConstantOfShape), and would weigh far more written out, they stay as they are.
 */
export async function fold(studio: CommandStudio, output: Output, job: Job): Promise<void> {
  const [found] = await studio.sites(['fold-constants'], {}, job);
  if ((found?.sites.length ?? 0) === 0) return;
  const { cursor } = studio.document();
  const { stops } = await studio.apply({ pass: 'fold-constants', options: {}, off: [] }, job);
  const [before, after] = [stops[cursor]?.summary.bytes ?? 0, stops.at(-1)?.summary.bytes ?? 0];
  if (after > MOST_GROWTH * before) {
    studio.moveTo(cursor);
    output.note('Weights that are computed stay so: as constants they would make the file much larger.');
    return;
  }
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
