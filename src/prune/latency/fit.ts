import { evaluate } from '../evaluate.ts';
import { merge, pack } from '../terms.ts';
import type { CostTerms } from '../types.ts';
import { nonNegativeLeastSquares } from './nnls.ts';
import type { LatencyFeature, LatencyFit, LatencyPoint } from './types.ts';

/** Of the whole model, whose share is 1 by definition, against one for each point. */
const WHOLE_WEIGHT = 1000;
/** How much the profile counts beside the points: enough to settle what they leave open. */
const PRIOR_WEIGHT = 1e-3;
/** Parts below this share of the latency are left out of the sum. */
const NEGLIGIBLE = 1e-6;

/**
 * Latency as a sum of features, each times a share that is not negative, which fits the measured points best by relative
 * error. Where the points cannot tell features apart, the profile of the whole model decides.
 *
 * @param channels of every group, whole
 */
export function fitLatency(
  features: readonly LatencyFeature[],
  channels: readonly number[],
  points: readonly LatencyPoint[],
): LatencyFit {
  const packed = features.map(({ terms }) => pack(terms));
  const rows = points.map(({ kept }) => rowOf(packed, channels, kept));
  const found = sharesOf(features, rows, points);
  const whole = found.reduce((sum, each) => sum + each, 0);
  const shares = found.map((share) => share / whole);
  const terms = features.flatMap((feature, i) => {
    const share = shares[i] ?? 0;
    if (share < NEGLIGIBLE) return [];
    return feature.terms.map(({ coefficient, groups }) => ({ coefficient: coefficient * share, groups }));
  });
  const named = features.map(({ name }, i) => ({ name, share: shares[i] ?? 0 }));
  return {
    terms: pack(merge(terms)),
    error: leaveOneOut(features, rows, points),
    parts: named.filter(({ share }) => share >= NEGLIGIBLE).sort((a, b) => b.share - a.share),
    points: points.length,
  };
}

const rowOf = (packed: readonly CostTerms[], channels: readonly number[], kept: Int32Array): Float64Array =>
  Float64Array.from(packed, (terms) => evaluate(terms, { channels, kept }));

/** Relative errors: an equation is divided by its measured share. */
function sharesOf(
  features: readonly LatencyFeature[],
  rows: readonly Float64Array[],
  points: readonly LatencyPoint[],
): Float64Array {
  const whole = new Float64Array(features.length).fill(Math.sqrt(WHOLE_WEIGHT));
  const equations = rows.map((row, i) => row.map((value) => value / (points[i]?.share ?? 1)));
  const right = [Math.sqrt(WHOLE_WEIGHT), ...points.map(() => 1)];
  const prior = features.map((feature) => feature.prior);
  return nonNegativeLeastSquares([whole, ...equations], right, prior, PRIOR_WEIGHT);
}

/** Each point predicted from the others; the median of the relative errors. NaN of fewer than two points. */
function leaveOneOut(
  features: readonly LatencyFeature[],
  rows: readonly Float64Array[],
  points: readonly LatencyPoint[],
): number {
  if (points.length < 2) return NaN;
  const errors = points.map(({ share }, out) => {
    const rest = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== out);
    const shares = sharesOf(features, rest(rows), rest(points));
    const predicted = shares.reduce((sum, each, i) => sum + each * (rows[out]?.[i] ?? 0), 0);
    return Math.abs(predicted / share - 1);
  });
  const sorted = errors.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
