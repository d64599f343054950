import { formatInteger, formatMs, formatShare, formatValue, plural, THIN, UNKNOWN } from '../../base/format.ts';
import type { Evaluation } from '../../engine/train/types.ts';
import { bestOf, msLeft, type TrainRun, type TrainStatus } from '../../state/training-run.ts';
import { metricOf, type Metric } from './chart.ts';

export const STATUS_WORDS: Readonly<Record<TrainStatus, string>> = {
  running: 'running',
  pausing: 'pausing',
  paused: 'paused',
  stopping: 'stopping',
  done: 'done',
  cancelled: 'cancelled',
  failed: 'failed',
};

/** A figure of held-out samples: a share, or a number of three digits. */
export const metricText = ({ key, isShare }: Metric, evaluation: Evaluation): string =>
  evaluation[key] === null ? UNKNOWN : isShare ? formatShare(evaluation[key]) : formatValue(evaluation[key]);

/** A loss in a column: three digits after the point, others where it is very large or small. */
export const lossText = (loss: number | null): string =>
  loss !== null && loss >= 0.0995 && loss < 100 ? loss.toFixed(3) : formatValue(loss);

/** `11.4 steps/s`; below one a second, the time of a step. */
export const paceText = (pace: number): string =>
  pace >= 1 ? `${pace.toFixed(pace < 99.5 ? 1 : 0)} steps/s` : `${formatMs(1000 / pace)} a step`;

/** Whole seconds, then minutes, then hours: an estimate is no measurement. */
function leftText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds}${THIN}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes}${THIN}min` : `${Math.floor(minutes / 60)}${THIN}h ${minutes % 60}${THIN}min`;
}

/** `2 390 of 3 000 · 11.4 steps/s · 53 s left`. */
export function progressText(run: TrainRun): string {
  const { step, request, pace, status, stage } = run;
  const count = `${formatInteger(step)} of ${formatInteger(request.steps)}`;
  if (status === 'paused') return `${count} · paused`;
  if (pace === null) return step > 0 ? `${count} · ${stage}` : stage;
  const left = msLeft(run);
  return `${count} · ${paceText(pace)}${left === null ? '' : ` · ${leftText(left)} left`}`;
}

/**
 * Half the width of the 95 % interval of a share, in points: the larger side of Wilson’s (E. B. Wilson, Probable
 * inference, 1927), which is no 0 where all of few samples are right.
 */
export function halfWidth(share: number, samples: number): number {
  const z = 1.96;
  const base = 1 + z ** 2 / samples;
  const centre = (share + z ** 2 / (2 * samples)) / base;
  const half = (z * Math.sqrt((share * (1 - share)) / samples + z ** 2 / (4 * samples ** 2))) / base;
  return Math.max(centre + half - share, share - centre + half);
}

const points = (share: number): string => (100 * Math.abs(share)).toFixed(1);

export interface Verdict {
  readonly headline: string;
  readonly detail: string;
}

/** What held-out samples say of the run so far; null: they were not looked at twice. */
export function verdictOf(run: TrainRun): Verdict | null {
  const [first] = run.evaluations;
  const best = bestOf(run);
  const metric = metricOf(run.evaluations);
  if (!first || !best || !metric || run.evaluations.length < 2) return null;
  const [before, after] = [first[metric.key] ?? NaN, best[metric.key] ?? NaN];
  const at = `step ${formatInteger(best.step)}`;
  const teacher = run.taught?.[metric.key] ?? null;
  const beside = teacher === null || !run.taught ? '' : ` The teacher: ${metricText(metric, run.taught)}.`;
  if (!metric.isShare) {
    const same = best.step === first.step;
    const headline = same
      ? `${metric.said} has not fallen.`
      : `${metric.said} fell from ${formatValue(before)} to ${formatValue(after)}.`;
    return { headline, detail: `On ${plural(first.samples, 'held-out sample')}; best at ${at}.${beside}` };
  }
  const gain = after - before;
  const width = halfWidth(after, first.samples);
  const headline =
    gain > 0
      ? `${metric.said} rose by ${points(gain)} points, to ${metricText(metric, best)}.`
      : `${metric.said} has not risen above ${metricText(metric, first)}.`;
  const settled = Math.abs(gain) > width + halfWidth(before, first.samples) ? '' : ': not settled';
  const interval = `With ${plural(first.samples, 'held-out sample')} the 95${THIN}% interval is ±${points(width)} points${settled}.`;
  return { headline, detail: `${interval} Best at ${at}.${beside}` };
}
