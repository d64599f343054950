import { Table2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { formatInteger } from '../../base/format.ts';
import { type Axis } from '../../report/scale.ts';
import { Button } from '../kit/controls.tsx';
import { useWidth } from '../kit/use-width.ts';
import { pathOf, spread, type Point } from '../train/chart.ts';
import { stepAxis } from '../train/LossChart.tsx';

export interface Line {
  readonly name: string;
  /** Its last value, as it stands beside its name. */
  readonly last: string;
  readonly colour: string;
  readonly dash: string | undefined;
  readonly points: readonly Point[];
}

interface Props {
  readonly title: string;
  /** How the numbers came about. */
  readonly note: string;
  readonly lines: readonly Line[];
  /** The last place, in tokens. */
  readonly upTo: number;
  readonly y: Axis;
  /** What a height is called. */
  tick(value: number): string;
  /** A value in the table. */
  cell(value: number): string;
  readonly children?: ReactNode;
}

const MARGIN = { left: 50, right: 152, top: 10, bottom: 24 };
const [HEIGHT, LABEL, ROWS] = [206, 14, 9];

/** Heights of the lines at a few places. */
function Table({ title, lines, upTo, cell }: Pick<Props, 'title' | 'lines' | 'upTo' | 'cell'>) {
  const places = Array.from({ length: ROWS }, (_, row) => Math.max(1, Math.round((row * upTo) / (ROWS - 1))));
  const at = ({ points }: Line, place: number): number | undefined => points.findLast(({ x }) => x <= place)?.y;
  return (
    <div className="overflow-auto" tabIndex={0} role="region" aria-label={`${title} by tokens`}>
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Tokens</th>
            {lines.map(({ name }) => (
              <th key={name} scope="col" className="r">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <tr key={place}>
              <td>{formatInteger(place)}</td>
              {lines.map((line) => {
                const value = at(line, place);
                return (
                  <td key={line.name} className="r">
                    {value === undefined ? '–' : cell(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Lines over the tokens of a text, each called by its name at its end; the same as a table. */
export function LineChart({ title, note, lines, upTo, y, tick, cell, children }: Props) {
  const [isTable, setTable] = useState(false);
  const [box, full] = useWidth();
  const width = Math.max(160, full - MARGIN.left - MARGIN.right);
  const x = stepAxis(upTo);
  const at = (point: Point): Point => ({ x: x.place(point.x) * width, y: (1 - y.place(point.y)) * HEIGHT });
  const ends = lines.flatMap((line) => {
    const last = line.points.at(-1);
    return last ? [{ ...line, place: at(last) }] : [];
  });
  const heights = spread(
    ends.map(({ place }) => place.y + 4),
    LABEL,
    HEIGHT + 4,
  );
  const size = [width + MARGIN.left + MARGIN.right, HEIGHT + MARGIN.top + MARGIN.bottom] as const;
  return (
    <section className="card min-w-0 px-4 py-3" aria-label={title}>
      <div className="mb-1.5 flex items-center gap-3">
        <h2 className="h3 grow">{title}</h2>
        <span className="ell text-11 text-ink-3">{note}</span>
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          Show as table
        </Button>
      </div>
      {isTable ? (
        <Table title={title} lines={lines} upTo={upTo} cell={cell} />
      ) : (
        <div ref={box}>
          <svg
            width="100%"
            height={size[1]}
            viewBox={`${-MARGIN.left} ${-MARGIN.top} ${size[0]} ${size[1]}`}
            className="axis"
            role="img"
            aria-label={`${title} up to ${formatInteger(upTo)} tokens: ${lines.map(({ name, last }) => `${name} ${last}`).join(', ')}`}
          >
            {y.ticks.map((value) => (
              <g key={value}>
                <line x1={0} x2={width} y1={(1 - y.place(value)) * HEIGHT} y2={(1 - y.place(value)) * HEIGHT} />
                <text x={-8} y={(1 - y.place(value)) * HEIGHT + 4} textAnchor="end">
                  {tick(value)}
                </text>
              </g>
            ))}
            {x.ticks.map((value) => (
              <text key={value} x={x.place(value) * width} y={HEIGHT + 17} textAnchor="middle">
                {formatInteger(value)}
              </text>
            ))}
            {lines.map(({ name, colour, dash, points }) => (
              <path
                key={name}
                className="kv-line"
                style={{ stroke: colour }}
                strokeDasharray={dash}
                d={pathOf(points, at)}
              />
            ))}
            {ends.map(({ name, last, colour, place }, index) => (
              <text key={name} className="train-end" x={place.x + 7} y={heights[index]} style={{ fill: colour }}>
                {name} {last}
              </text>
            ))}
          </svg>
        </div>
      )}
      {children}
    </section>
  );
}
