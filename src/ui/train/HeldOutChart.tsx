import { formatInteger, formatShare } from '../../base/format.ts';
import type { Evaluation } from '../../engine/train/types.ts';
import { createAxis, type Axis } from '../../report/scale.ts';
import type { TrainRun } from '../../state/training-run.ts';
import { useWidth } from '../kit/use-width.ts';
import { metricOf, pathOf, spread, type Metric, type Point } from './chart.ts';
import { Frame, MARGIN, stepAxis } from './LossChart.tsx';
import { metricText } from './words.ts';

const HEIGHT = 168;

interface Series {
  readonly name: string;
  readonly className: string;
  readonly points: readonly Point[];
}

const valueOf = (metric: Metric, evaluation: Evaluation): number | null => {
  const value = evaluation[metric.key];
  return value === null || !Number.isFinite(value) ? null : metric.isShare ? 100 * value : value;
};

function seriesOf(run: TrainRun, metric: Metric): readonly Series[] {
  const of = (read: (each: Evaluation) => number | null): readonly Point[] =>
    run.evaluations.flatMap((each) => {
      const y = read(each);
      return y === null ? [] : [{ x: each.step, y }];
    });
  const last = run.evaluations.at(-1);
  const own: Series = {
    name: last ? metricText(metric, last) : '',
    className: 'train-own',
    points: of((each) => valueOf(metric, each)),
  };
  // How often both say the same, beside how often the student is right.
  if (metric.key !== 'top1' || last?.agreement == null) return [own];
  const agreed = of(({ agreement }) => (agreement === null ? null : 100 * agreement));
  return [own, { name: `agreement ${formatShare(last.agreement)}`, className: 'train-agreed', points: agreed }];
}

function axisOf(metric: Metric, series: readonly Series[], teacher: number | null): Axis {
  const all = [...series.flatMap(({ points }) => points.map(({ y }) => y)), ...(teacher === null ? [] : [teacher])];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (!metric.isShare) return createAxis(Math.min(low, high * 0.9), high, 4);
  return createAxis(Math.max(0, low - 2), Math.min(100, high + 2), 4);
}

/** What held-out samples say, look by look, beside the teacher. */
export function HeldOutChart({ run }: { readonly run: TrainRun }) {
  const [box, full] = useWidth();
  const width = Math.max(160, full - MARGIN.left - MARGIN.right);
  const metric = metricOf(run.evaluations);
  if (!metric) return null;
  const series = seriesOf(run, metric);
  const teacher = run.taught && valueOf(metric, run.taught);
  const x = stepAxis(run.request.steps);
  const y = axisOf(metric, series, teacher);
  const at = (point: Point): Point => ({ x: x.place(point.x) * width, y: (1 - y.place(point.y)) * HEIGHT });
  const teacherAt = teacher === null ? null : at({ x: run.request.steps, y: teacher });
  const ends = series.flatMap(({ name, className, points }) => {
    const last = points.at(-1);
    return last ? [{ name, className, place: at(last) }] : [];
  });
  const heights = spread(
    [...ends.map(({ place }) => place.y + 4), ...(teacherAt ? [teacherAt.y + 4] : [])],
    14,
    HEIGHT + 4,
  );
  const first = run.evaluations[0];
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="Held-out samples">
      <div className="mb-2 flex items-center gap-3">
        <h2 className="h3 grow">{metric.title}</h2>
        <span className="num text-11 text-ink-3">{first && `${formatInteger(first.samples)} samples`}</span>
      </div>
      <div ref={box}>
        <svg
          width="100%"
          height={HEIGHT + MARGIN.top + MARGIN.bottom}
          viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
          className="axis"
          role="img"
          aria-label={`${metric.title}: ${run.evaluations.map((each) => `${metricText(metric, each)} at step ${formatInteger(each.step)}`).join(', ')}. The list beside holds the same figures.`}
        >
          <Frame x={x} y={y} width={width} height={HEIGHT} />
          {teacherAt && run.taught && (
            <>
              <line className="train-teacher" x1={0} x2={width} y1={teacherAt.y} y2={teacherAt.y} />
              <text x={width + 7} y={heights.at(-1)}>
                teacher {metricText(metric, run.taught)}
              </text>
            </>
          )}
          {series.map(({ className, points }) => (
            <g key={className} className={className}>
              <path d={pathOf(points, at)} />
              {points.map((point) => (
                <circle key={point.x} cx={at(point).x} cy={at(point).y} r={3} />
              ))}
            </g>
          ))}
          {ends.map(({ name, className, place }, index) => (
            <text key={className} className={`train-end ${className}`} x={place.x + 7} y={heights[index]}>
              {name}
            </text>
          ))}
        </svg>
      </div>
    </section>
  );
}
