import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import type { PrunedWidth } from '../../engine/types.ts';
import { joinedWidths } from '../../engine/widths.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { Output } from '../output.ts';
import type { CommandStudio } from '../studio.ts';

const REESTIMATE = 'reestimate-batch-norm';

/** How often `whittle prune` cuts, and what follows. */
export const ROUND_OPTIONS: Options = {
  rounds: { type: 'string', value: 'N', help: 'cut channels in N rounds, each rated and repaired anew (1)' },
  reestimate: { type: 'boolean', help: 'take mean and variance of batch norms anew from --data after each cut' },
};

/** Whether batch norms are to be re-estimated. */
function asksForNorms(args: Arguments): boolean {
  const asked = args.flag('reestimate');
  if (asked && args.text('data') === null) throw new UsageError('--reestimate needs --data: noise would do harm.');
  return asked;
}

export interface Rounds {
  readonly rounds: number;
  readonly reestimate: boolean;
}
export const roundsOf = (args: Arguments): Rounds => ({
  rounds: args.number('rounds', { min: 1, max: 20, integer: true }) ?? 1,
  reestimate: asksForNorms(args),
});

/** Cuts channels; returns old and new widths over all rounds. */
export async function cutInRounds(
  studio: CommandStudio,
  options: Readonly<Record<string, Json>>,
  rounds: Rounds,
  job: Job,
): Promise<readonly PrunedWidth[]> {
  const before = studio.document().stops.length;
  const { stops } = await studio.applySchedule({ options, ...rounds }, job);
  return joinedWidths(stops.slice(before).map(({ groups }) => groups));
}

/** `--reestimate` after anything but cuts of channels; the studio is calibrated. */
export async function reestimateAfter(studio: CommandStudio, args: Arguments, output: Output, job: Job): Promise<void> {
  if (!asksForNorms(args)) return;
  const { stops } = await studio.apply({ pass: REESTIMATE, options: {}, off: [] }, job);
  const norms = stops.at(-1)?.sites ?? 0;
  output.note(norms > 0 ? `${norms} batch norms are re-estimated.` : 'No batch norm could be re-estimated.');
}
