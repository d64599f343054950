import { formatMs, formatShare, plural } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import type { LatencyTarget } from '../../engine/latency-target.ts';
import type { LatencyCheck } from '../../engine/latency-types.ts';
import type { Arguments, Options } from '../arguments.ts';
import type { Output } from '../output.ts';
import type { CommandStudio } from '../studio.ts';

export const LATENCY_OPTIONS: Options = {
  latency: { type: 'string', value: 'F', help: 'share of the latency that is kept, predicted from widths timed here' },
  budget: { type: 'string', value: 'SECONDS', help: 'about how long --latency times the model (30)' },
  threads: { type: 'string', value: 'N', help: 'WASM threads that --latency is timed on (1)' },
};

const budgetOf = (args: Arguments): number => (args.number('budget', { min: 1, max: 3600 }) ?? 30) * 1000;
/** Of the budget, for the result in the end. */
const CHECK_SHARE = 0.25;

/** What a latency target comes to here; null: there is none among the options. */
export async function latencyTarget(
  studio: CommandStudio,
  { latency, ...options }: Readonly<Record<string, Json>>,
  args: Arguments,
  output: Output,
  job: Job,
): Promise<LatencyTarget | null> {
  if (typeof latency !== 'number') return null;
  const threads = args.number('threads', { min: 1, max: 64, integer: true }) ?? 1;
  const acrossNorms = options['acrossNorms'] === true;
  const request = { backend: 'wasm', threads, acrossNorms, budgetMs: budgetOf(args) * (1 - CHECK_SHARE) } as const;
  const target = await studio.latencyTarget(options, latency, request, job);
  const { model, predicted } = target;
  output.note(
    `Timed at ${plural(model.points, 'width')} (WASM, ${plural(threads, 'thread')}); predictions are within ± ${formatShare(model.error)} of them, half of the time.`,
  );
  if (predicted > latency) output.note(`No cut comes down to ${formatShare(latency)}: the narrowest widths are taken.`);
  return target;
}

/** Times the result against the model that was cut, at stop `before`. */
export const checkTarget = (
  studio: CommandStudio,
  before: number,
  { predicted, model }: LatencyTarget,
  args: Arguments,
  job: Job,
): Promise<LatencyCheck> =>
  studio.checkLatency({ before, predicted, model, budgetMs: budgetOf(args) * CHECK_SHARE }, job);

export const latencyLine = ({ predicted, measured, error, ms, threads }: LatencyCheck): string =>
  `latency ${formatMs(ms)} → ${formatMs(ms * measured)}: predicted ${formatShare(predicted)}, measured ${formatShare(measured)} of it (${error < 0 ? '−' : '+'}${formatShare(Math.abs(error))}; WASM, ${plural(threads, 'thread')})`;
