import { formatInteger, formatShare, formatValue, plural } from '../../../base/format.ts';
import type { AccuracyResult, ModelAccuracy, PairAccuracy } from '../../../engine/accuracy/types.ts';
import type { ReportFinding } from '../../../report/types.ts';

/** What is right on labelled rows, or how far two models agree on any. */
export function accuracyFinding({ data, samples, count, models, pair, notes }: AccuracyResult): ReportFinding {
  const all =
    samples === count ? plural(samples, 'sample') : `${formatInteger(samples)} of ${formatInteger(count)} samples`;
  const rows = rowsOf(models);
  return {
    title: 'Accuracy',
    note: `${all} of ${data}`,
    words: [...(pair ? pairWords(pair) : []), ...notes],
    chart: null,
    table: rows.length > 0 ? { heads: ['', ...models.map(({ name }) => name)], rows } : null,
  };
}

function rowsOf(models: readonly ModelAccuracy[]): string[][] {
  const row = (title: string, of: (model: ModelAccuracy) => string | null): string[] => {
    const cells = models.map(of);
    return cells.every((cell) => cell === null) ? [] : [title, ...cells.map((cell) => cell ?? '–')];
  };
  const classes =
    (read: (metrics: ModelAccuracy['metrics'] & { kind: 'classification' }) => string | null) =>
    ({ metrics }: ModelAccuracy) =>
      metrics.kind === 'classification' ? read(metrics) : null;
  const numbers =
    (read: (metrics: ModelAccuracy['metrics'] & { kind: 'regression' }) => number | null) =>
    ({ metrics }: ModelAccuracy) => {
      const value = metrics.kind === 'regression' ? read(metrics) : null;
      return value === null ? null : formatValue(value);
    };
  return [
    row(
      'Top-1',
      classes(({ top1 }) => formatShare(top1.share)),
    ),
    row(
      '95 % interval',
      classes(({ top1 }) => top1.interval.map((end) => formatShare(end)).join(' to ')),
    ),
    row(
      'Top-5',
      classes(({ top5 }) => top5 && formatShare(top5.share)),
    ),
    row(
      'Cross entropy',
      classes(({ crossEntropy }) => formatValue(crossEntropy)),
    ),
    row(
      'Calibration error',
      classes(({ calibrationError }) => formatShare(calibrationError)),
    ),
    row(
      'RMSE',
      numbers(({ rmse }) => rmse),
    ),
    row(
      'MAE',
      numbers(({ mae }) => mae),
    ),
    row(
      'R²',
      numbers(({ r2 }) => r2),
    ),
  ].filter((cells) => cells.length > 0);
}

function pairWords({ agreement, cosine, kl, fixed, broken, p }: PairAccuracy): string[] {
  const same = agreement === null ? [] : [`The same top class on ${formatShare(agreement)} of the samples.`];
  const apart =
    kl === null
      ? `Cosine ${formatValue(cosine)}.`
      : `KL divergence ${formatValue(kl)} nats, cosine ${formatValue(cosine)}.`;
  const changed =
    fixed === null || broken === null
      ? []
      : [
          `${plural(fixed, 'sample')} fixed, ${formatInteger(broken)} broken${p === null ? '' : ` (p = ${formatValue(p)})`}.`,
        ];
  return [[...same, apart, ...changed].join(' ')];
}
