import { formatShare } from '../../../base/format.ts';
import type { AccuracyResult, ModelAccuracy, Proportion } from '../../../engine/accuracy/types.ts';

/** p below which a difference is called settled. */
const SETTLED = 0.05;

export const className = (names: readonly string[] | null, label: number | null): string =>
  label === null ? '–' : (names?.[label] ?? String(label));

export const intervalText = ({ interval }: Proportion): string =>
  `${formatShare(interval[0])} to ${formatShare(interval[1])}`;

export const top1Of = (model: ModelAccuracy | undefined): Proportion | null =>
  model?.metrics.kind === 'classification' ? model.metrics.top1 : null;

/** What the two models' difference comes to, in a sentence; null: one model, or no labels. */
export function differenceText({ models, pair, samples }: AccuracyResult): string | null {
  const [before, after] = [top1Of(models[0]), top1Of(models[1])];
  if (!pair || !before || !after || pair.p === null || pair.fixed === null || pair.broken === null) return null;
  const points = 100 * (after.share - before.share);
  const sign = points > 0 ? '+' : points < 0 ? '−' : '±';
  const moved = `${sign}${Math.abs(points).toFixed(1)} points: ${pair.fixed} of ${samples} samples are right only after, ${pair.broken} only before.`;
  const settled =
    pair.p < SETTLED
      ? `Settled: by chance so uneven a split has p ${pair.p < 0.001 ? 'below 0.001' : pair.p.toPrecision(2)}.`
      : `Not settled: chance alone splits so unevenly with p ${pair.p.toPrecision(2)}. More samples may tell.`;
  return `${moved} ${settled}`;
}

/** The verdict on the difference: better and worse only where it is settled. */
export function differenceVerdict({ models, pair }: AccuracyResult): 'better' | 'worse' | 'not settled' | null {
  const [before, after] = [top1Of(models[0]), top1Of(models[1])];
  if (!before || !after || !pair || pair.p === null) return null;
  if (pair.p >= SETTLED) return 'not settled';
  return after.share > before.share ? 'better' : 'worse';
}
