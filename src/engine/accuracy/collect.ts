import { argmax, distribution, surprise } from '../distribution.ts';
import { Calibration, proportion } from './statistics.ts';
import type { ClassificationMetrics, RegressionMetrics } from './types.ts';

/** What is kept of one sample of a classifier. */
export interface Verdict {
  readonly predicted: number;
  readonly confidence: number;
  readonly right: boolean;
}

const TOP = 5;

/** Gathers what a classifier said, sample by sample, in terms of the labels. */
export class Classified {
  private readonly classes: number;
  private readonly offset: number;
  private right = 0;
  private near = 0;
  private total = 0;
  private loss = 0;
  private readonly calibration = new Calibration();
  private readonly cells = new Map<string, number>();
  /** Samples that would be right at other offsets, by offset. */
  private readonly shifted = new Map<number, number>();

  /** @param offset class of an output element less that of a label */
  constructor(classes: number, offset: number) {
    this.classes = classes;
    this.offset = offset;
  }

  get rightSoFar(): number {
    return this.right;
  }

  add(scores: Float64Array, label: number): Verdict {
    const probabilities = distribution(scores);
    const best = argmax(scores);
    const truth = label + this.offset;
    const isRight = best === truth;
    const score = scores[truth] ?? -Infinity;
    // Ties go to the lower class, as argmax takes them.
    const before = scores.reduce((n, each, i) => n + (each > score || (each === score && i < truth) ? 1 : 0), 0);
    const confidence = probabilities[best] ?? 0;
    this.total++;
    if (isRight) this.right++;
    if (before < TOP) this.near++;
    this.loss += surprise(scores, truth);
    this.calibration.add(confidence, isRight);
    const key = `${label} ${best - this.offset}`;
    this.cells.set(key, (this.cells.get(key) ?? 0) + 1);
    const shift = best - label;
    if (Math.abs(shift) <= 1) this.shifted.set(shift, (this.shifted.get(shift) ?? 0) + 1);
    return { predicted: best - this.offset, confidence, right: isRight };
  }

  /** Another offset of −1, 0 or 1 at which clearly more is right; null: there is none. */
  betterOffset(): { readonly offset: number; readonly share: number } | null {
    const best = [...this.shifted].toSorted(([, a], [, b]) => b - a)[0];
    if (!best || best[0] === this.offset) return null;
    const [offset, right] = best;
    // Chance gives one in so many.
    return right > 2 * this.right + (3 * this.total) / this.classes ? { offset, share: right / this.total } : null;
  }

  metrics(): ClassificationMetrics {
    const confusion = [...this.cells].map(([key, count]) => {
      const [label = 0, predicted = 0] = key.split(' ').map(Number);
      return { label, predicted, count };
    });
    confusion.sort((a, b) => a.label - b.label || a.predicted - b.predicted);
    const classes = new Map<number, { right: number; total: number }>();
    for (const { label, predicted, count } of confusion) {
      const row = classes.get(label) ?? { right: 0, total: 0 };
      row.total += count;
      if (predicted === label) row.right += count;
      classes.set(label, row);
    }
    return {
      kind: 'classification',
      top1: proportion(this.right, this.total),
      top5: this.classes > TOP ? proportion(this.near, this.total) : null,
      crossEntropy: this.loss / this.total,
      calibrationError: this.calibration.error(),
      classes: [...classes].map(([label, row]) => ({ label, ...row })),
      confusion,
    };
  }
}

/** Gathers errors against targets, element by element. */
export class Regressed {
  private readonly own: ((y: Float64Array, t: Float64Array) => number) | null;
  private count = 0;
  private samples = 0;
  private squares = 0;
  private absolute = 0;
  private largest = 0;
  private ownSum = 0;
  /** Mean and sum of squares of the targets, updated by each (Welford, 1962). */
  private mean = 0;
  private spread = 0;

  constructor(own: ((y: Float64Array, t: Float64Array) => number) | null) {
    this.own = own;
  }

  add(y: Float64Array, t: Float64Array): void {
    for (let i = 0; i < t.length; i++) {
      const target = t[i] ?? 0;
      const error = Math.abs((y[i] ?? 0) - target);
      this.count++;
      this.squares += error * error;
      this.absolute += error;
      // Keeps NaN, which Math.max would keep too: it has to be seen.
      this.largest = Math.max(this.largest, error);
      const delta = target - this.mean;
      this.mean += delta / this.count;
      this.spread += delta * (target - this.mean);
    }
    this.samples++;
    if (this.own) this.ownSum += this.own(y, t);
  }

  metrics(): RegressionMetrics {
    const mse = this.squares / this.count;
    return {
      kind: 'regression',
      mse,
      rmse: Math.sqrt(mse),
      mae: this.absolute / this.count,
      largest: this.largest,
      r2: this.spread > 0 ? 1 - this.squares / this.spread : null,
      own: this.own ? this.ownSum / this.samples : null,
    };
  }
}
