import { useMemo } from 'react';
import { formatInteger, formatValue, plural } from '../../../base/format.ts';
import type { ChannelRanges as Ranges } from '../../../engine/detail-types.ts';

const WIDTH = 280;
const HEIGHT = 46;

interface Extremes {
  readonly low: number;
  readonly high: number;
  /** The channel whose range is widest, and how many are all zero. */
  readonly widest: number;
  readonly dead: number;
}

function extremesOf({ low, high }: Ranges): Extremes {
  let found: Extremes = { low: 0, high: 0, widest: 0, dead: 0 };
  let width = -1;
  low.forEach((least, channel) => {
    const most = high[channel] ?? NaN;
    const dead = found.dead + (least === 0 && most === 0 ? 1 : 0);
    const isWider = most - least > width;
    if (isWider) width = most - least;
    found = {
      low: Math.min(found.low, least || 0),
      high: Math.max(found.high, most || 0),
      widest: isWider ? channel : found.widest,
      dead,
    };
  });
  return found;
}

/** A stroke a channel, from its least to its greatest element; where there are more than pixels, they lie on one another. */
function strokes({ low, high }: Ranges, { low: bottom, high: top }: Extremes): string {
  const scale = top > bottom ? (HEIGHT - 2) / (top - bottom) : 0;
  const pitch = WIDTH / low.length;
  let path = '';
  low.forEach((least, channel) => {
    const most = high[channel] ?? NaN;
    if (Number.isNaN(least) || Number.isNaN(most)) return;
    const x = ((channel + 0.5) * pitch).toFixed(2);
    const [from, to] = [1 + (top - most) * scale, 1 + (top - least) * scale];
    path += `M${x} ${from.toFixed(1)}V${Math.max(to, from + 0.6).toFixed(1)}`;
  });
  return path;
}

/** Least and greatest element of each output channel: what one scale for all channels would have to cover. */
export function ChannelRanges({ ranges, family }: { readonly ranges: Ranges; readonly family: string }) {
  const extremes = useMemo(() => extremesOf(ranges), [ranges]);
  const path = useMemo(() => strokes(ranges, extremes), [ranges, extremes]);
  const { low, high, widest, dead } = extremes;
  const count = ranges.low.length;
  const zero = high > low ? 1 + (high / (high - low)) * (HEIGHT - 2) : HEIGHT / 2;
  const range = `${formatValue(ranges.low[widest])} to ${formatValue(ranges.high[widest])}`;
  const told = `Widest: channel ${formatInteger(widest)}, ${range}`;
  return (
    <div className="mt-2.5">
      <h5 className="h4 mb-1">
        <span className="ell font-regular text-ink-2">Range by output channel</span>
        <span className="num font-regular text-ink-3">
          {formatInteger(count)} on axis {ranges.axis}
        </span>
      </h5>
      <svg
        width="100%"
        height={HEIGHT}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Ranges of ${plural(count, 'channel')}. ${told}.`}
        className={`f-${family}`}
      >
        <path d={`M0 ${zero}H${WIDTH}`} stroke="var(--line-strong)" vectorEffect="non-scaling-stroke" />
        <path
          d={path}
          stroke="var(--f)"
          strokeWidth={Math.max(0.4, Math.min(6, (WIDTH / count) * 0.7))}
          opacity=".83"
        />
      </svg>
      <p className="num ell text-105 text-ink-3">
        {told}
        {dead > 0 && ` · ${plural(dead, 'channel')} all zero`}
      </p>
    </div>
  );
}
