import { formatRatioInterval } from '../../base/format.ts';
import type { BenchVerdict } from '../../bench/types.ts';
import { BENCH_VERDICTS } from './verdicts.ts';

/** A measured ratio with its 95 % interval. */
export interface Figures {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: BenchVerdict;
}

const WIDTH = 128;
/** Changes inside are no change. */
const BAND = Math.log(1.03);
/** A scale that shows less would make noise look like news. */
const LEAST = Math.log(1.1);

/** How far rows reach from 1×, as a logarithm: the same for all rows of a table. */
export const reachOf = (rows: readonly Figures[]): number =>
  rows.reduce((most, { interval }) => Math.max(most, ...interval.map((end) => Math.abs(Math.log(end)))), LEAST);

/** The interval around 1×, faster to the right; ±3 % is shaded. Twice as fast lies as far out as half as fast. */
export function IntervalBar({ figures, reach }: { readonly figures: Figures; readonly reach: number }) {
  const { ratio, interval, verdict } = figures;
  const at = (value: number): number => (WIDTH / 2) * (1 + Math.max(-1, Math.min(1, Math.log(value) / reach)));
  const band = (WIDTH / 2) * (BAND / reach);
  return (
    <svg
      width={WIDTH + 10}
      height={18}
      viewBox={`-5 0 ${WIDTH + 10} 18`}
      className={`ratio-bar tone-${BENCH_VERDICTS[verdict].tone}`}
      role="img"
      aria-label={formatRatioInterval(ratio, interval)}
    >
      <rect x={WIDTH / 2 - band} width={2 * band} y={2} height={14} className="ratio-band" />
      <path d={`M${WIDTH / 2} 1V17`} className="ratio-one" />
      <path d={`M${at(interval[0])} 9H${at(interval[1])}`} className="ratio-interval" />
      <circle cx={at(ratio)} cy={9} r={3.5} className="ratio-dot" />
    </svg>
  );
}
