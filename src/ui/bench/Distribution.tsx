import { formatInteger, formatMs } from '../../base/format.ts';
import { densityPath, distribute, type DistributionSeries, type TimingSeries } from '../../report/distribution.ts';
import { formatTick } from '../../report/scale.ts';
import { useWidth } from '../kit/use-width.ts';

/** Room left of the axis and right of it, for the labels at its ends. */
const MARGIN = { left: 18, right: 30 };
const LANE = 92;
const CURVE = 50;
/** Height of the scatter under a curve. */
const SCATTER = 14;

export interface Series {
  readonly name: string;
  readonly kind: 'before' | 'after';
  readonly timing: TimingSeries;
}

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** Every run is a dot: a path of zero-length strokes with round caps. */
const dotsPath = ({ dots }: DistributionSeries, width: number, base: number): string =>
  dots.map((dot) => `M${short(dot.x * width)} ${short(base + 6 + dot.lane * SCATTER)}h0`).join('');

interface LaneProps {
  readonly series: Series;
  readonly drawn: DistributionSeries;
  readonly width: number;
  readonly base: number;
}
function Lane({ series, drawn, width, base }: LaneProps) {
  const curve = densityPath(drawn, width, CURVE, base);
  const [median, p95] = [drawn.median * width, drawn.p95 * width];
  const left = drawn.median > 0.7;
  return (
    <g className={`series-${series.kind}`}>
      {curve !== '' && <path className="series-area" d={`${curve}L${width} ${base}L0 ${base}Z`} />}
      <path className="series-line" d={curve === '' ? `M0 ${base}H${width}` : curve} />
      <path className="series-dots" d={dotsPath(drawn, width, base)} />
      <path className="series-line" d={`M${short(median)} ${base - CURVE - 6}V${base + SCATTER + 10}`} />
      <path className="series-p95" d={`M${short(p95)} ${base - 14}V${base + SCATTER + 10}`} />
      <text
        className="series-name"
        x={median + (left ? -9 : 9)}
        y={base - CURVE - 2}
        textAnchor={left ? 'end' : 'start'}
      >
        {series.name} {formatMs(series.timing.median)}
      </text>
      <text x={p95 + (left ? -6 : 6)} y={base - 6} textAnchor={left ? 'end' : 'start'}>
        p95 {formatMs(series.timing.p95)}
      </text>
      {drawn.beyond && (
        <text x={width} y={base - 20} textAnchor="end">
          +{formatInteger(drawn.beyond.count)} later, up to {formatMs(drawn.beyond.max)}
        </text>
      )}
    </g>
  );
}

/** Times on one axis, before above after; every run a dot, the median solid, the 95th percentile dashed. */
export function Distribution({ series }: { readonly series: readonly Series[] }) {
  const { axis, series: drawn } = distribute(series.map((each) => each.timing));
  const bottom = series.length * LANE;
  const label = series
    .map(({ name, timing }) => `${name}: median ${formatMs(timing.median)}, p95 ${formatMs(timing.p95)}`)
    .join('; ');
  const [box, full] = useWidth();
  const width = Math.max(120, full - MARGIN.left - MARGIN.right);
  return (
    <div ref={box}>
      <svg
        width="100%"
        height={bottom + 28}
        viewBox={`${-MARGIN.left} -8 ${width + MARGIN.left + MARGIN.right} ${bottom + 28}`}
        className="axis"
        role="img"
        aria-label={label}
      >
        {axis.ticks.map((tick, index) => {
          const x = axis.place(tick) * width;
          return (
            <g key={tick}>
              <line x1={x} x2={x} y1={-4} y2={bottom} />
              <text x={x} y={bottom + 15} textAnchor="middle">
                {formatTick(tick, axis.step)}
                {index === axis.ticks.length - 1 && ' ms'}
              </text>
            </g>
          );
        })}
        {series.map((each, index) => {
          const shape = drawn[index];
          return shape && <Lane key={each.name} series={each} drawn={shape} width={width} base={index * LANE + 62} />;
        })}
      </svg>
    </div>
  );
}
