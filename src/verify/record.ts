import type { Exactness } from '../base/exactness.ts';
import type { Difference } from './compare.ts';
import type { OutputError } from './types.ts';

/** Gathers the differences of one output over all inputs. */
export class OutputRecord {
  readonly name: string;
  private readonly exactness: Exactness;
  private readonly tolerance: number;
  private maxAbs = 0;
  private cosine = 1;
  private sqnr = Infinity;
  private agree = 0;
  private rows = 0;
  /** The input that tells most, its error beside what was allowed on it: one that fails, then the largest error. */
  private worst: Pick<OutputError, 'maxRel' | 'allowed' | 'ok'> | null = null;

  constructor(name: string, exactness: Exactness, tolerance: number) {
    this.name = name;
    this.exactness = exactness;
    this.tolerance = tolerance;
  }

  /** `rel`: error relative to max|y|. `allowed`: what this input allows. Returns whether it holds. */
  add(difference: Difference, rel: number, allowed: number): boolean {
    this.maxAbs = Math.max(this.maxAbs, difference.maxAbs);
    this.cosine = Math.min(this.cosine, cosineOf(difference));
    this.sqnr = Math.min(this.sqnr, sqnrOf(difference));
    this.agree += difference.top1?.agree ?? 0;
    this.rows += difference.top1?.rows ?? 0;
    const ok = isAcceptable(this.exactness, difference, rel, allowed);
    const found = { maxRel: rel, allowed, ok };
    if (!this.worst || isWorse(found, this.worst)) this.worst = found;
    return ok;
  }

  result(): OutputError {
    return {
      name: this.name,
      maxAbs: this.maxAbs,
      cosine: this.cosine,
      sqnr: this.sqnr,
      top1: this.rows > 0 ? this.agree / this.rows : null,
      ...(this.worst ?? { maxRel: 0, allowed: this.tolerance, ok: true }),
    };
  }
}

/** `approximation` fails only where shapes change or NaN appear; `bits` wants equality; the others a small error. */
function isAcceptable(exactness: Exactness, difference: Difference, rel: number, allowed: number): boolean {
  if (difference.mismatch !== null) return false;
  if (difference.equal) return true;
  if (exactness === 'approximation') return !difference.newNaN;
  return exactness !== 'bits' && rel <= allowed;
}

function cosineOf({ mismatch, dot, normA, normB }: Difference): number {
  if (mismatch !== null) return 0;
  if (normA === 0 || normB === 0) return normA === normB ? 1 : 0;
  return Math.min(1, dot / Math.sqrt(normA * normB));
}

/** 10·log10(Σa² / Σ(a − b)²), dB. */
function sqnrOf({ mismatch, maxAbs, normA, noise }: Difference): number {
  if (mismatch !== null) return -Infinity;
  if (noise === 0) return Number.isFinite(maxAbs) ? Infinity : -Infinity;
  return normA === 0 ? -Infinity : 10 * Math.log10(normA / noise);
}

/** The error relative to max|y| of this input, or of all inputs where this one's output is 0 throughout. */
export function relativeError({ equal, maxAbs, scale }: Difference, widest: number): number {
  if (equal || maxAbs === 0) return 0;
  return maxAbs / (scale || widest || 1);
}

/** The worst of each output over several comparisons. */
export function worstOf(runs: readonly (readonly OutputError[])[]): OutputError[] {
  const worst = new Map<string, OutputError>();
  for (const each of runs.flat()) {
    const old = worst.get(each.name);
    worst.set(each.name, old ? worse(old, each) : each);
  }
  return [...worst.values()];
}

type Worst = Pick<OutputError, 'maxRel' | 'ok'>;

/** NaN is larger than any error. */
const isWorse = (a: Worst, b: Worst): boolean => (a.ok === b.ok ? !(a.maxRel <= b.maxRel) : !a.ok);

function worse(a: OutputError, b: OutputError): OutputError {
  const { maxRel, allowed, ok } = isWorse(b, a) ? b : a;
  return {
    name: a.name,
    maxAbs: Math.max(a.maxAbs, b.maxAbs),
    cosine: Math.min(a.cosine, b.cosine),
    sqnr: Math.min(a.sqnr, b.sqnr),
    top1: a.top1 === null || b.top1 === null ? (a.top1 ?? b.top1) : Math.min(a.top1, b.top1),
    ...{ maxRel, allowed, ok },
  };
}
