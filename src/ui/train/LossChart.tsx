import { Table2 } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import { formatInteger, formatValue, plural } from '../../base/format.ts';
import { createAxis, formatTick, type Axis } from '../../report/scale.ts';
import type { TrainRun } from '../../state/training-run.ts';
import { Button } from '../kit/controls.tsx';
import { useWidth } from '../kit/use-width.ts';
import { factorsOf, lossLines, pathOf, spread, type LossLines, type Point } from './chart.ts';
import { lossText } from './words.ts';

/** Room for the numbers at the left and the names of the lines at the right. */
export const MARGIN = { left: 44, right: 124, top: 8, bottom: 24 };
const HEIGHT = 250;
const LABEL = 14;
/** Letters of a name that find room beside the lines. */
const LONGEST = 14;
/** Rows of the table: as many points of the curve, evenly. */
const ROWS = 40;

/** Colours of the terms: told apart by their names at the ends of the lines too. */
const TERM_COLOURS = ['var(--op-dense)', 'var(--op-norm)', 'var(--op-elem)', 'var(--op-pool)', 'var(--op-control)'];
const colourOf = (term: number): string => TERM_COLOURS[term % TERM_COLOURS.length]!;

interface FrameProps {
  readonly x: Axis;
  readonly y: Axis;
  readonly width: number;
  readonly height: number;
}

/** Lines for the heights, and steps below. */
export function Frame({ x, y, width, height }: FrameProps) {
  return (
    <>
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line x1={0} x2={width} y1={(1 - y.place(tick)) * height} y2={(1 - y.place(tick)) * height} />
          <text x={-8} y={(1 - y.place(tick)) * height + 4} textAnchor="end">
            {formatTick(tick, y.step)}
          </text>
        </g>
      ))}
      {x.ticks.map((tick) => (
        <text key={tick} x={x.place(tick) * width} y={height + 17} textAnchor="middle">
          {formatInteger(tick)}
        </text>
      ))}
    </>
  );
}

/** Steps from the first to the last one that was asked for. */
export const stepAxis = (steps: number): Axis => {
  const axis = createAxis(0, Math.max(1, steps), 6);
  // The end of the run is the end of the axis, wherever the last label stands.
  const ticks = axis.ticks.filter((tick) => tick <= steps && Number.isInteger(tick));
  return { ...axis, to: steps, ticks, place: (value) => value / Math.max(1, steps) };
};

function Lines({ lines, at, clip }: { readonly lines: LossLines; at(point: Point): Point; readonly clip: string }) {
  return (
    <g clipPath={`url(#${clip})`}>
      <path className="train-raw" d={pathOf(lines.raw, at)} />
      {lines.terms.map((line, term) => (
        // oxlint-disable-next-line react/no-array-index-key
        <path key={term} className="train-term" style={{ stroke: colourOf(term) }} d={pathOf(line, at)} />
      ))}
      <path className="train-total" d={pathOf(lines.total, at)} />
    </g>
  );
}

/** Names of the lines, at their ends. */
function Ends({ run, lines, at }: { readonly run: TrainRun; readonly lines: LossLines; at(point: Point): Point }) {
  const named = [
    { name: lines.terms.length > 0 ? 'total' : (run.terms[0] ?? 'loss'), line: lines.total, colour: 'var(--accent)' },
    ...lines.terms.map((line, term) => ({ name: run.terms[term] ?? '', line, colour: colourOf(term) })),
  ].flatMap(({ name, line, colour }) => {
    const last = line.at(-1);
    return last ? [{ name, colour, value: last.y, place: at(last) }] : [];
  });
  const heights = spread(
    named.map(({ place }) => place.y + 4),
    LABEL,
    HEIGHT,
  );
  return (
    <>
      {named.map(({ name, colour, value, place }, index) => (
        <text key={name} className="train-end" x={place.x + 7} y={heights[index]} style={{ fill: colour }}>
          {name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name} {formatValue(value)}
          {name.length > LONGEST && <title>{name}</title>}
        </text>
      ))}
    </>
  );
}

function LossTable({ run }: { readonly run: TrainRun }) {
  const { curve, terms, request } = run;
  const factors = factorsOf(request.losses);
  const every = Math.max(1, Math.ceil(curve.length / ROWS));
  const rows = curve.filter((_, at) => at % every === 0 || at === curve.length - 1);
  return (
    <div className="max-h-72 overflow-auto" tabIndex={0} role="region" aria-label="Loss by step">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" className="r">
              Loss
            </th>
            {terms.length > 1 &&
              terms.map((term) => (
                <th key={term} scope="col" className="r">
                  {term}
                </th>
              ))}
            <th scope="col" className="r">
              Learning rate
            </th>
            <th scope="col" className="r">
              Length of the gradient
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((point) => (
            <tr key={point.step}>
              <td>{formatInteger(point.step)}</td>
              <td className="r">{lossText(point.loss)}</td>
              {terms.length > 1 &&
                terms.map((term, index) => (
                  <td key={term} className="r">
                    {lossText((factors[index] ?? 1) * (point.terms[index] ?? NaN))}
                  </td>
                ))}
              <td className="r text-ink-2">{formatValue(point.rate)}</td>
              <td className="r text-ink-2">{formatValue(point.norm)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The loss of the batches: each step faint, the mean of the last ones plain, and the terms by themselves. */
export function LossChart({ run }: { readonly run: TrainRun }) {
  const [isTable, setTable] = useState(false);
  const clip = useId();
  const [box, full] = useWidth();
  const width = Math.max(160, full - MARGIN.left - MARGIN.right);
  const { curve, request, step } = run;
  const lines = useMemo(() => lossLines(curve, factorsOf(request.losses), width), [curve, request, width]);
  const x = stepAxis(request.steps);
  const y = createAxis(0, lines.top || 1, 5);
  const at = (point: Point): Point => ({ x: x.place(point.x) * width, y: (1 - y.place(point.y)) * HEIGHT });
  const last = lines.total.at(-1);
  const now = x.place(step) * width;
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="Loss">
      <div className="mb-2 flex items-center gap-3">
        <h2 className="h3 grow">Loss</h2>
        <span className="text-11 text-ink-3">
          {lines.window > 1 && `mean of ${plural(lines.window, 'step')}`}
          {lines.terms.length > 0 && ' · terms with their factors'}
        </span>
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          Show as table
        </Button>
      </div>
      {isTable ? (
        <LossTable run={run} />
      ) : (
        <div ref={box}>
          <svg
            width="100%"
            height={HEIGHT + MARGIN.top + MARGIN.bottom}
            viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
            className="axis"
            role="img"
            aria-label={
              last
                ? `Loss over ${plural(curve.length, 'step')}: from ${formatValue(lines.total[0]?.y)} to ${formatValue(last.y)}`
                : 'Loss: no step was made yet'
            }
          >
            <clipPath id={clip}>
              <rect x={0} y={-MARGIN.top} width={width} height={HEIGHT + MARGIN.top} />
            </clipPath>
            <Frame x={x} y={y} width={width} height={HEIGHT} />
            {step > 0 && step < request.steps && (
              <line className="train-now" x1={now} x2={now} y1={-MARGIN.top} y2={HEIGHT} />
            )}
            <Lines lines={lines} at={at} clip={clip} />
            <Ends run={run} lines={lines} at={at} />
          </svg>
        </div>
      )}
    </section>
  );
}
