import { formatShare, THIN } from '../../base/format.ts';
import type { Bound, ProfileRow, Roofline } from './types.ts';

/** Three significant digits, thousands apart. */
export const three = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

/** Below this share of a limit something else holds the node back: how its kernel is made, mostly. */
const FAR = 0.25;
/** Beyond this share of the memory's rate the data cannot have come from memory. */
const CACHED = 1.05;

/**
 * What limits a node. Under the roofline (Williams, Waterman and Patterson, CACM 52(4), 2009) a node of F FLOPs that
 * moves B bytes takes at least F ÷ peak to compute and B ÷ bandwidth to move; in a runtime each of its kernels takes a
 * time to start besides. The largest of the three names the bound: which of `compute` and `memory` is larger is the
 * same as which side of the ridge F ÷ B lies on. The fraction is what the node reaches of that limit: its GFLOP/s of
 * the peak, its GB/s of the bandwidth, or the share of its time that starting takes.
 *
 * Null: it has no time, or its work is not known.
 */
export function boundOf(
  { ms, movedMs, calls, flops, bytes }: Pick<ProfileRow, 'ms' | 'movedMs' | 'calls' | 'flops' | 'bytes'>,
  { peakGflops, bandwidthGbs, kernelUs }: Roofline,
): Bound | null {
  const own = (ms ?? 0) - movedMs;
  if (!(own > 0) || flops === null || bytes === null) return null;
  const limits = {
    compute: flops / peakGflops / 1e6,
    memory: bytes / bandwidthGbs / 1e6,
    dispatch: (calls * kernelUs) / 1000,
  };
  const kind = (['memory', 'compute', 'dispatch'] as const).reduce((a, b) => (limits[b] > limits[a] ? b : a));
  const fraction = limits[kind] / own;
  if (kind === 'dispatch') {
    const words = `dispatch-bound: starting is ${formatShare(Math.min(1, fraction))} of its ${three(own * 1000)}${THIN}µs`;
    return { kind, fraction, words };
  }
  const rate = kind === 'compute' ? `${three(peakGflops)}${THIN}GFLOP/s` : `${three(bandwidthGbs)}${THIN}GB/s`;
  const cached = kind === 'memory' && fraction > CACHED ? ', so it is read from cache' : '';
  const far = fraction < FAR ? ', far below it' : '';
  return { kind, fraction, words: `${kind}-bound: ${formatShare(fraction)} of ${rate}${cached}${far}` };
}

/** Rows with what limits each. */
export const withBounds = (rows: readonly ProfileRow[], roofline: Roofline): readonly ProfileRow[] =>
  rows.map((row) => ({ ...row, bound: boundOf(row, roofline) }));
