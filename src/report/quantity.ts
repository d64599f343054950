import { bytesPair, countPair, formatSignedBytes, formatSignedCount, msPair, type Pair } from '../base/format.ts';
import { THIN, UNKNOWN } from '../base/format.ts';

export type Quantity = 'count' | 'bytes' | 'ms';

const PAIRS: Readonly<Record<Quantity, (before: number | null, after: number | null) => Pair>> = {
  count: countPair,
  bytes: bytesPair,
  ms: msPair,
};

/** Before and after in one unit, which the second carries: `['14.18', '7.62 MB']`. */
export function pairTexts(kind: Quantity, before: number | null, after: number | null): readonly [string, string] {
  const pair = PAIRS[kind](before, after);
  const unit = pair.unit === '' ? '' : THIN + pair.unit;
  if (after === null) return [before === null ? UNKNOWN : pair.before + unit, UNKNOWN];
  return [pair.before, pair.after + unit];
}

/** A difference with its sign; nothing lost and nothing won is `±0`, without a unit. */
export function deltaText(kind: 'count' | 'bytes', before: number, after: number): string {
  if (before === after) return '±0';
  return kind === 'bytes' ? formatSignedBytes(after - before) : formatSignedCount(after - before);
}

/** Six decimals tell 0.999999 from 1; an output of zeros has no direction. */
export const cosineText = (cosine: number): string => (Number.isFinite(cosine) ? cosine.toFixed(6) : UNKNOWN);
