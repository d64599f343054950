import { createAxis, formatTick } from '../../report/scale.ts';
import type { SweepRun } from '../../state/recipes-store.ts';
import { useWidth } from '../kit/use-width.ts';
import type { Figure } from './sweep-columns.ts';
import { valueText } from './sweep-columns.ts';

const MARGIN = { left: 64, right: 20, top: 12, bottom: 30 };
const HEIGHT = 180;

interface Props {
  readonly run: SweepRun;
  readonly figure: Figure;
  /** What a person points at. */
  onTake(index: number): void;
}

/** One figure over the values; numbers stand where they are, choices one beside the other. */
export function SweepPlot({ run, figure, onTake }: Props) {
  const [ref, width] = useWidth();
  const points = run.points.flatMap((point, index) => {
    const y = figure.at(point);
    return y === null ? [] : [{ index, y, value: point.value }];
  });
  const numeric = points.every(({ value }) => typeof value === 'number');
  const xs = points.map(({ value, index }) => (numeric ? (value as number) : index));
  const x = createAxis(Math.min(...xs), Math.max(...xs), 7);
  const y = createAxis(Math.min(0, ...points.map((point) => point.y)), Math.max(...points.map((point) => point.y)), 4);
  const [inner, height] = [Math.max(0, width - MARGIN.left - MARGIN.right), HEIGHT - MARGIN.top - MARGIN.bottom];
  const places = points.map((point, at) => ({
    ...point,
    left: x.place(xs[at]!) * inner,
    top: (1 - y.place(point.y)) * height,
  }));
  const ticks = numeric
    ? x.ticks.map((tick) => ({ at: x.place(tick), text: formatTick(tick, x.step) }))
    : points.map(({ value, index }) => ({ at: x.place(index), text: valueText(value) }));
  return (
    <div ref={ref}>
      {points.length > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={`${figure.title} by ${run.label}`}>
          <g className="axis" transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
            {y.ticks.map((tick) => (
              <g key={tick} transform={`translate(0 ${(1 - y.place(tick)) * height})`}>
                <line x2={inner} />
                <text x={-8} y={4} textAnchor="end">
                  {figure.tick(tick)}
                </text>
              </g>
            ))}
            {ticks.map(({ at, text }) => (
              <text key={text} x={at * inner} y={height + 17} textAnchor="middle">
                {text}
              </text>
            ))}
            {numeric && (
              <path className="sweep-line" d={`M${places.map(({ left, top }) => `${left} ${top}`).join('L')}`} />
            )}
            {places.map(({ index, left, top, value }) => (
              <circle
                key={index}
                className="sweep-dot cursor-pointer"
                cx={left}
                cy={top}
                r={4}
                onClick={() => onTake(index)}
              >
                <title>
                  {valueText(value)}: {figure.text(run.points[index]!)}
                </title>
              </circle>
            ))}
          </g>
        </svg>
      )}
    </div>
  );
}
