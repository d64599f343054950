import type { Job } from '../base/job.ts';
import { formatCount, plural } from '../base/format.ts';
import { UsageError, type Arguments, type Options } from './arguments.ts';
import { fold, freeze } from './freeze.ts';
import type { Output } from './output.ts';
import type { CommandStudio } from './studio.ts';

/** A student that is made of its teacher. */
export const BUILD_OPTIONS: Options = {
  shallower: { type: 'string', value: 'N', help: 'the student is MODEL without N residual blocks; MODEL teaches' },
  thinner: {
    type: 'string',
    value: 'R',
    help: 'the student is MODEL without this share of its channels; MODEL teaches',
  },
};

export const buildsStudent = (args: Arguments): boolean =>
  args.text('shallower') !== null || args.text('thinner') !== null;

/**
 * Steps of the recipe that make the student: blocks go first, so that channels are chosen among what stays.
 *
 * @throws UsageError where the model has too few residual blocks
 */
export async function buildStudent(studio: CommandStudio, args: Arguments, output: Output, job: Job): Promise<void> {
  const count = args.number('shallower', { min: 1, max: 1000 });
  const ratio = args.number('thinner', { min: 0, max: 1 });
  await freeze(studio, output, job);
  await fold(studio, output, job);
  if (count !== null) {
    const options = { count };
    const [found] = await studio.sites(['prune-blocks'], { 'prune-blocks': options }, job);
    const blocks = found?.sites.length ?? 0;
    if (blocks < count) {
      const reasons = found?.refusals.map(({ reason }) => reason) ?? [];
      throw new UsageError(
        `--shallower ${count}: the model has ${plural(blocks, 'residual block')} that can go.${reasons[0] ? ` ${reasons[0]}` : ''}`,
      );
    }
    await studio.apply({ pass: 'prune-blocks', options, off: [] }, job);
  }
  if (ratio !== null) await studio.apply({ pass: 'prune-channels', options: { ratio }, off: [] }, job);
  const { stops } = studio.document();
  const [first, last] = [stops[0]?.summary, stops.at(-1)?.summary];
  if (first && last)
    output.note(`Student: ${formatCount(last.parameters)} of ${formatCount(first.parameters)} parameters.`);
}
