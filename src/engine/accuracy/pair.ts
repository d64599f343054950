import type { DataSet } from '../../data/types.ts';
import { argmax, distribution, divergence } from '../distribution.ts';
import type { Verdict } from './collect.ts';
import { mcnemar } from './statistics.ts';
import type { ChangedSample, PairAccuracy } from './types.ts';

/** Samples that are told one by one. */
const MOST_CHANGED = 500;

type Kind = 'broken' | 'fixed' | 'other';

/** The second model against the first, over all samples. */
export class Pair {
  private readonly offset: number;
  private readonly dataSet: DataSet;
  private dot = 0;
  private squares: [number, number] = [0, 0];
  private same = 0;
  private kl = 0;
  private count = 0;
  private width = 0;
  private readonly counts = { broken: 0, fixed: 0, other: 0 };
  private readonly changed: Record<Kind, ChangedSample[]> = { broken: [], fixed: [], other: [] };

  constructor(offset: number, dataSet: DataSet) {
    this.offset = offset;
    this.dataSet = dataSet;
  }

  add(index: number, [before, after]: readonly Float64Array[], [was, is]: readonly Verdict[]): void {
    if (!before || !after) return;
    this.count++;
    this.width = before.length;
    for (let i = 0; i < before.length; i++) {
      const [x, y] = [before[i] ?? 0, after[i] ?? 0];
      this.dot += x * y;
      this.squares = [this.squares[0] + x * x, this.squares[1] + y * y];
    }
    const [p, q] = [distribution(before), distribution(after)];
    this.kl += divergence(p, q);
    const tops = [argmax(before), argmax(after)] as const;
    if (was && is && was.right !== is.right) this.counts[is.right ? 'fixed' : 'broken']++;
    if (tops[0] === tops[1]) {
      this.same++;
      return;
    }
    const kind: Kind = was && is && was.right !== is.right ? (is.right ? 'fixed' : 'broken') : 'other';
    if (kind === 'other') this.counts.other++;
    if (this.changed[kind].length >= MOST_CHANGED) return;
    this.changed[kind].push({
      index,
      file: this.dataSet.files?.[index] ?? null,
      label: this.dataSet.labels?.[index] ?? null,
      before: tops[0] - this.offset,
      after: tops[1] - this.offset,
      confidence: [p[tops[0]] ?? 0, q[tops[1]] ?? 0],
    });
  }

  /** @param isClassified whether classes were counted, so that right and wrong mean something */
  result(isClassified: boolean): PairAccuracy {
    const { broken, fixed, other } = this.changed;
    const scores = this.width > 1;
    const norm = Math.sqrt(this.squares[0] * this.squares[1]);
    return {
      agreement: scores ? this.same / this.count : null,
      cosine: norm === 0 ? 1 : this.dot / norm,
      kl: scores ? this.kl / this.count : null,
      fixed: isClassified ? this.counts.fixed : null,
      broken: isClassified ? this.counts.broken : null,
      p: isClassified ? mcnemar(this.counts.broken, this.counts.fixed) : null,
      changed: scores ? [...broken, ...fixed, ...other].slice(0, MOST_CHANGED) : [],
      changedCount: scores ? this.count - this.same : 0,
    };
  }
}
