import { THIN } from '../../base/format.ts';
import { formatTick } from '../../report/scale.ts';
import type { AxisUnit } from '../../search/figures.ts';
import type { Frame } from './scatter.ts';

/** Lines for the values, their numbers, and what they are to the right. */
export function Grid({
  frame,
  width,
  height,
  label,
}: {
  readonly frame: Frame;
  readonly width: number;
  readonly height: number;
  readonly label: string;
}) {
  const { x, y } = frame;
  return (
    <>
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line x1={0} x2={width} y1={(1 - y.place(tick)) * height} y2={(1 - y.place(tick)) * height} />
          <text x={-9} y={(1 - y.place(tick)) * height + 4} textAnchor="end">
            {formatTick(tick, y.step)}
          </text>
        </g>
      ))}
      {x.ticks.map((tick) => (
        <g key={tick}>
          <line x1={x.place(tick) * width} x2={x.place(tick) * width} y1={0} y2={height} />
          <text x={x.place(tick) * width} y={height + 17} textAnchor="middle">
            {formatTick(tick, x.step)}
          </text>
        </g>
      ))}
      <text x={width} y={height + 34} textAnchor="end">
        {label}
      </text>
    </>
  );
}

/** @param digits fewer where the bound is a share of a time that was measured */
export const boundText = (bound: number, { size, unit }: AxisUnit, digits = 4): string =>
  `${Number((bound / size).toPrecision(digits))}${unit === '' ? '' : THIN + unit}`;

interface BoundProps {
  readonly at: number;
  readonly text: string;
  readonly width: number;
  readonly height: number;
}
/** What lies within a bound is shaded: to the left of it, or above. */
export const RightBound = ({ at, text, width, height }: BoundProps) => (
  <g className="search-bound">
    <rect x={0} y={0} width={Math.max(0, Math.min(width, at))} height={height} />
    {at >= 0 && at <= width && (
      <>
        <line x1={at} x2={at} y1={0} y2={height} />
        <text x={at - 6} y={height - 8} textAnchor="end">
          {text}
        </text>
      </>
    )}
  </g>
);
export const LowerBound = ({ at, text, width, height }: BoundProps) => (
  <g className="search-bound">
    <rect x={0} y={0} width={width} height={Math.max(0, Math.min(height, at))} />
    {at >= 0 && at <= height && (
      <>
        <line x1={0} x2={width} y1={at} y2={at} />
        <text x={width - 6} y={at - 6} textAnchor="end">
          {text}
        </text>
      </>
    )}
  </g>
);

/** What dots stand for. */
export const Legend = () => (
  <span className="flex flex-none items-center gap-3 pt-1 text-11 text-ink-2" aria-hidden="true">
    <span className="flex items-center gap-1.5">
      <svg width="9" height="9" className="search-legend">
        <circle cx="4.5" cy="4.5" r="4" className="search-on" />
      </svg>
      front
    </span>
    <span className="flex items-center gap-1.5">
      <svg width="9" height="9" className="search-legend">
        <circle cx="4.5" cy="4.5" r="3" className="search-off" />
      </svg>
      others
    </span>
  </span>
);
