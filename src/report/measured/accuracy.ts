import { formatInteger, formatShare, formatValue, plural } from '../../base/format.ts';
import type { ReportFinding } from '../types.ts';

interface Classes {
  readonly kind: 'classification';
  readonly top1: { readonly share: number; readonly interval: readonly [number, number] };
  readonly top5: { readonly share: number } | null;
  readonly crossEntropy: number;
  readonly calibrationError: number;
}
interface Numbers {
  readonly kind: 'regression';
  readonly rmse: number;
  readonly mae: number;
  readonly r2: number | null;
}
interface ModelAccuracy {
  readonly name: string;
  readonly metrics: Classes | Numbers | { readonly kind: 'agreement' };
}
/** The second model against the first, sample by sample. */
export interface PairFigures {
  /** Share of samples with the same top class; null: no class scores. */
  readonly agreement: number | null;
  readonly cosine: number;
  /** Mean KL(first ‖ second), nats; null: no class scores. */
  readonly kl: number | null;
  /** Samples that only the second, and that only the first has right; null: no labels. */
  readonly fixed: number | null;
  readonly broken: number | null;
  /** Exact two-sided p of McNemar's test (McNemar, 1947): how likely so uneven a split is by chance. Null: no labels. */
  readonly p: number | null;
}
/** Of what measuring accuracy found, the part that a report tells. */
interface AccuracyResult {
  readonly data: string;
  /** Samples that were run, of so many that there are. */
  readonly samples: number;
  readonly count: number;
  readonly models: readonly ModelAccuracy[];
  readonly pair: PairFigures | null;
  readonly notes: readonly string[];
}

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
    (read: (metrics: Classes) => string | null) =>
    ({ metrics }: ModelAccuracy) =>
      metrics.kind === 'classification' ? read(metrics) : null;
  const numbers =
    (read: (metrics: Numbers) => number | null) =>
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

function pairWords({ agreement, cosine, kl, fixed, broken, p }: PairFigures): string[] {
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
