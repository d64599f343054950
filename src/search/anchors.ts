/** A network's time by the table of operators and timed whole, both in ms. */
export interface Anchor {
  readonly told: number;
  readonly timed: number;
}

/** What a whole run takes of what a table tells: `fixed` ms, and `share` of each told ms. */
export interface Correction {
  readonly fixed: number;
  readonly share: number;
}

export const UNCORRECTED: Correction = { fixed: 0, share: 1 };

/** Below the least of what was timed, the line through the anchors is trusted down to so much of what was told. */
const LEAST = 0.25;

export const corrected = (told: number, { fixed, share }: Correction): number =>
  Math.max(fixed + share * told, LEAST * share * told);

/**
 * The line that comes nearest to the anchors by relative error. An operator timed alone finds its operands in the cache
 * or out of it, and a run costs what no operator has: both are nearly the same for all sub-networks of one model, and are
 * told by a few of them timed whole. Order is kept: the line always rises. Anchors of one size, or a line that falls,
 * leave a share alone.
 */
export function correctionOf(anchors: readonly Anchor[]): Correction {
  const usable = anchors.filter(({ told, timed }) => told > 0 && timed > 0 && Number.isFinite(told + timed));
  if (usable.length === 0) return UNCORRECTED;
  // Weighted least squares of timed over told, each weighted by 1 / timed².
  let [weights, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { told, timed } of usable) {
    const weight = 1 / timed ** 2;
    weights += weight;
    x += weight * told;
    y += weight * timed;
    xx += weight * told * told;
    xy += weight * told * timed;
  }
  const spread = weights * xx - x * x;
  if (spread > 1e-6 * weights * xx) {
    const share = (weights * xy - x * y) / spread;
    if (share > 0) return { fixed: (y - share * x) / weights, share };
  }
  return { fixed: 0, share: xy / xx };
}
