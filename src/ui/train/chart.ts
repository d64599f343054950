import type { CurvePoint, Evaluation, LossSettings } from '../../engine/train/types.ts';

/** A place in a chart, in its own units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Mean over the last `window` values; those that are no numbers are left out. */
export function smoothed(values: readonly number[], window: number): number[] {
  let [sum, count] = [0, 0];
  return values.map((value, at) => {
    if (Number.isFinite(value)) {
      sum += value;
      count += 1;
    }
    const leaving = values[at - window];
    if (leaving !== undefined && Number.isFinite(leaving)) {
      sum -= leaving;
      count -= 1;
    }
    return count > 0 ? sum / count : NaN;
  });
}

/** Steps that a smoothed line goes over: 20, fewer where there are few. */
export const windowOf = (count: number): number => Math.max(1, Math.min(20, Math.round(count / 8)));

/**
 * Few enough points for so many columns: of each column the least and the greatest, in their order, so that no peak is
 * lost.
 */
export function thinned(points: readonly Point[], columns: number): readonly Point[] {
  if (points.length <= 2 * columns) return points;
  const size = points.length / columns;
  const kept: Point[] = [];
  for (let column = 0; column < columns; column++) {
    const [from, to] = [Math.floor(column * size), Math.floor((column + 1) * size)];
    let [low, high] = [from, from];
    for (let at = from; at < to; at++) {
      if (points[at]!.y < points[low]!.y) low = at;
      if (points[at]!.y > points[high]!.y) high = at;
    }
    kept.push(points[Math.min(low, high)]!);
    if (low !== high) kept.push(points[Math.max(low, high)]!);
  }
  return kept;
}

/** Values that are enough to tell what is usual. */
const ENOUGH = 4096;

/** The height below which all but the wildest 2 % of the values lie. */
export function usualTop(values: readonly number[]): number {
  const every = Math.max(1, Math.ceil(values.length / ENOUGH));
  const sorted = values.filter((value, at) => at % every === 0 && Number.isFinite(value)).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.98) - 1)] ?? 0;
}

/** Heights of labels, in the order given, moved apart so that neighbours keep `gap`, within [0, bottom]. */
export function spread(heights: readonly number[], gap: number, bottom: number): number[] {
  const order = heights.map((_, at) => at).sort((a, b) => heights[a]! - heights[b]!);
  const placed = [...heights];
  order.forEach((at, rank) => {
    const above = order[rank - 1];
    if (above !== undefined) placed[at] = Math.max(placed[at]!, placed[above]! + gap);
  });
  let limit = bottom;
  for (const at of order.reverse()) {
    placed[at] = Math.min(placed[at]!, limit);
    limit = placed[at] - gap;
  }
  return placed;
}

/** What held-out samples are told by. */
export interface Metric {
  readonly key: 'top1' | 'agreement' | 'perplexity' | 'divergence' | 'error';
  readonly title: string;
  /** In a column's head. */
  readonly short: string;
  /** As the subject of a sentence. */
  readonly said: string;
  readonly isShare: boolean;
}

const METRICS: readonly Metric[] = [
  {
    key: 'perplexity',
    title: 'Perplexity of held-out samples',
    short: 'Perplexity',
    said: 'Perplexity',
    isShare: false,
  },
  {
    key: 'top1',
    title: 'Top class right, held-out samples, %',
    short: 'Top class',
    said: 'The share of right top classes',
    isShare: true,
  },
  {
    key: 'agreement',
    title: 'Top class as the teacher’s, held-out samples, %',
    short: 'As teacher',
    said: 'Agreement with the teacher',
    isShare: true,
  },
  { key: 'error', title: 'Squared error of held-out samples', short: 'Error', said: 'The error', isShare: false },
  {
    key: 'divergence',
    title: 'KL to the teacher, held-out samples',
    short: 'KL',
    said: 'KL to the teacher',
    isShare: false,
  },
];

/** The first that held-out samples say anything of; null: none. */
export const metricOf = (evaluations: readonly Evaluation[]): Metric | null =>
  METRICS.find(({ key }) => evaluations.some((each) => each[key] !== null)) ?? null;

/** The loss of held-out samples: against labels, else to the teacher. */
export const lossOf = ({ crossEntropy, divergence, error }: Evaluation): number | null =>
  crossEntropy ?? divergence ?? error;

export interface LossLines {
  readonly raw: readonly Point[];
  readonly total: readonly Point[];
  /** In the order of the terms; none where there is one term, which is the total. */
  readonly terms: readonly (readonly Point[])[];
  readonly window: number;
  readonly top: number;
}

/** Factors of the terms that are not left out, in the order of the terms. */
export const factorsOf = ({ labels, logits, values, hints }: LossSettings): readonly number[] => [
  ...[labels, logits, values].filter((factor) => factor > 0),
  ...hints.map(({ factor }) => factor),
];

/**
 * The lines of the chart of the loss, thinned to so many columns.
 *
 * @param factors of the terms: with them the lines of the terms add up to that of the total
 */
export function lossLines(curve: readonly CurvePoint[], factors: readonly number[], columns: number): LossLines {
  const window = windowOf(curve.length);
  const line = (values: readonly number[]): readonly Point[] =>
    thinned(
      values.flatMap((y, at) => (Number.isFinite(y) ? [{ x: curve[at]!.step, y }] : [])),
      columns,
    );
  const losses = curve.map(({ loss }) => loss);
  const of = (factor: number, term: number): number[] =>
    smoothed(
      curve.map((point) => factor * (point.terms[term] ?? NaN)),
      window,
    );
  const lines = factors.length > 1 ? factors.map((factor, term) => line(of(factor, term))) : [];
  const total = line(smoothed(losses, window));
  const highest = [total, ...lines].flat().reduce((most, { y }) => Math.max(most, y), 0);
  return { raw: line(losses), total, terms: lines, window, top: Math.max(highest, usualTop(losses)) };
}

const short = (value: number): string => String(Math.round(value * 10) / 10);

export const pathOf = (points: readonly Point[], at: (point: Point) => Point): string =>
  points
    .map((point, index) => {
      const { x, y } = at(point);
      return `${index === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`;
    })
    .join('');
