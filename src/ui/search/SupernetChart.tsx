import { formatInteger } from '../../base/format.ts';
import type { Evaluation } from '../../engine/train/types.ts';
import { createAxis } from '../../report/scale.ts';
import type { SupernetRun } from '../../state/supernet-run.ts';
import { useWidth } from '../kit/use-width.ts';
import { pathOf, spread, type Metric, type Point } from '../train/chart.ts';
import { Frame, MARGIN, stepAxis } from '../train/LossChart.tsx';
import { metricText } from '../train/words.ts';
import { LOOKED_AT } from './supernet-words.ts';

const HEIGHT = 150;
const LABEL = 14;

const valueOf = ({ key, isShare }: Metric, evaluation: Evaluation): number | null => {
  const value = evaluation[key];
  return value === null || !Number.isFinite(value) ? null : isShare ? 100 * value : value;
};

/** What held-out samples say of the largest, the middle and the smallest network, look by look. */
export function SupernetChart({ run, metric }: { readonly run: SupernetRun; readonly metric: Metric }) {
  const [box, full] = useWidth();
  const width = Math.max(160, full - MARGIN.left - MARGIN.right);
  const series = LOOKED_AT.map(([which, name]) => {
    const points = run.looks.flatMap((look): readonly Point[] => {
      const y = valueOf(metric, look[which]);
      return y === null ? [] : [{ x: look[which].step, y }];
    });
    return { which, name, points };
  });
  const heights = series.flatMap(({ points }) => points.map(({ y }) => y));
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const x = stepAxis(run.request.steps);
  const y = metric.isShare
    ? createAxis(Math.max(0, low - 2), Math.min(100, high + 2), 4)
    : createAxis(Math.min(low, high * 0.9), high, 4);
  const at = (point: Point): Point => ({ x: x.place(point.x) * width, y: (1 - y.place(point.y)) * HEIGHT });
  const last = run.looks.at(-1);
  const ends = series.flatMap(({ which, name, points }) => {
    const end = points.at(-1);
    if (!end || !last) return [];
    return [{ which, text: `${name.toLowerCase()} ${metricText(metric, last[which])}`, place: at(end) }];
  });
  const places = spread(
    ends.map(({ place }) => place.y + 4),
    LABEL,
    HEIGHT + 4,
  );
  const told = run.looks.map((look) => {
    const figures = LOOKED_AT.map(([which, name]) => `${name.toLowerCase()} ${metricText(metric, look[which])}`);
    return `step ${formatInteger(look.full.step)}: ${figures.join(', ')}`;
  });
  return (
    <div ref={box}>
      <svg
        width="100%"
        height={HEIGHT + MARGIN.top + MARGIN.bottom}
        viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
        className="axis"
        role="img"
        aria-label={`${metric.title}, by steps. ${told.join('; ')}.`}
      >
        <Frame x={x} y={y} width={width} height={HEIGHT} />
        {series.map(({ which, points }) => (
          <g key={which} className="supernet-line" data-of={which}>
            <path d={pathOf(points, at)} />
            {points.map((point) => (
              <circle key={point.x} cx={at(point).x} cy={at(point).y} r={3} />
            ))}
          </g>
        ))}
        {ends.map(({ which, text, place }, index) => (
          <text key={which} className="supernet-end" data-of={which} x={place.x + 7} y={places[index]}>
            {text}
          </text>
        ))}
      </svg>
    </div>
  );
}
