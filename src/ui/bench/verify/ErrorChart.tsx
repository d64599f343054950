import { memo, useState, type PointerEvent } from 'react';
import { formatError, plural } from '../../../base/format.ts';
import type { Intermediates, LabValue, Part } from '../../../engine/verify-lab/types.ts';
import { useWidth } from '../../kit/use-width.ts';
import { errorScale, powerOfTen, standingOf, type ErrorScale, type Standing } from './chart.ts';

const HEIGHT = 190;
const MARGIN = { left: 52, right: 16, top: 22, bottom: 22 };
/** Room for errors of 0 under the scale, and for those that are no number above it. */
const STRIP = 20;
/** A label that starts further right than this share of the width ends at its place. */
const TURN = 0.6;

const short = (value: number): string => String(Math.round(value * 10) / 10);

interface Frame {
  readonly width: number;
  readonly scale: ErrorScale;
  readonly count: number;
}
const xOf = ({ width, count }: Frame, index: number): number => ((index + 0.5) / count) * width;
const ceiling = ({ scale }: Frame): number => (scale.beyond ? STRIP : 0);
function yOf(frame: Frame, error: number): number {
  const foot = HEIGHT - STRIP;
  if (error === 0) return HEIGHT - 4;
  if (!Number.isFinite(error)) return 4;
  return foot - frame.scale.place(error) * (foot - ceiling(frame));
}

const frameOf = (values: readonly LabValue[], tolerance: number, width: number): Frame => ({
  width,
  scale: errorScale(
    values.map(({ maxRel }) => maxRel),
    tolerance,
  ),
  count: values.length,
});

/** Every value is a dot: paths of zero-length strokes with round caps, one for each standing. */
function dots(frame: Frame, values: readonly LabValue[], standing: Standing): string {
  return values
    .map((value, index) =>
      standingOf(value) === standing ? `M${short(xOf(frame, index))} ${short(yOf(frame, value.maxRel))}h0` : '',
    )
    .join('');
}

interface Props {
  readonly inside: Intermediates;
  readonly parts: readonly Part[];
  /** Values were meant to change: none of them is wrong. */
  readonly free: boolean;
  onChoose(index: number): void;
}

/** The error of every value inside in running order, on a logarithmic scale, with what is allowed and where they part. */
export function ErrorChart({ inside, parts, free, onChoose }: Props) {
  const { values, tolerance } = inside;
  const [here, setHere] = useState<number | null>(null);
  const [box, full] = useWidth();
  const width = Math.max(200, full - MARGIN.left - MARGIN.right);
  const frame = frameOf(values, tolerance, width);
  const [first] = parts;
  // What is allowed stands where the line of the first part does not cross it.
  const isLate = first !== undefined && xOf(frame, first.value) > TURN * width;
  const off = values.filter((value) => standingOf(value) === 'off').length;
  const indexAt = (event: PointerEvent<SVGSVGElement>): number => {
    const { left } = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - left - MARGIN.left) / width) * values.length);
    return Math.min(values.length - 1, Math.max(0, at));
  };
  const pointed = here === null ? undefined : values[here];
  return (
    <div ref={box} className="error-chart">
      <svg
        width="100%"
        height={HEIGHT + MARGIN.top + MARGIN.bottom}
        viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
        className="axis cursor-pointer"
        role="img"
        aria-label={`Relative error of ${plural(values.length, 'value')} in running order; ${off} above what is allowed${first ? `, the first at ${first.producer}` : ''}`}
        onPointerMove={(event) => setHere(indexAt(event))}
        onPointerLeave={() => setHere(null)}
        onClick={() => {
          if (here !== null) onChoose(here);
        }}
      >
        {frame.scale.ticks.map(({ exponent, at }) => {
          const y = HEIGHT - STRIP - at * (HEIGHT - STRIP - ceiling(frame));
          return (
            <g key={exponent}>
              <line x1={0} x2={width} y1={y} y2={y} />
              <text x={-8} y={y + 4} textAnchor="end">
                {powerOfTen(exponent)}
              </text>
            </g>
          );
        })}
        <text x={-8} y={HEIGHT} textAnchor="end">
          equal
        </text>
        {frame.scale.beyond && (
          <text x={-8} y={8} textAnchor="end">
            no number
          </text>
        )}
        {tolerance > 0 && (
          <>
            <line className="tolerance" x1={0} x2={width} y1={yOf(frame, tolerance)} y2={yOf(frame, tolerance)} />
            <text x={isLate ? 0 : width} y={yOf(frame, tolerance) - 5} textAnchor={isLate ? 'start' : 'end'}>
              allowed {formatError(tolerance)}
            </text>
          </>
        )}
        {first && <FirstPart frame={frame} part={first} free={free} />}
        <Dots values={values} tolerance={tolerance} width={width} free={free} />
        {pointed && here !== null && (
          <circle className="here" cx={xOf(frame, here)} cy={yOf(frame, pointed.maxRel)} r={6} />
        )}
        <text x={0} y={HEIGHT + 16}>
          first computed
        </text>
        <text x={width} y={HEIGHT + 16} textAnchor="end">
          last
        </text>
      </svg>
      <p className="num ell h-5 text-11 text-ink-2" aria-hidden="true">
        {pointed ? (
          <>
            {pointed.producer} <span className="mono text-ink-3">{pointed.name}</span>: {formatError(pointed.maxRel)}{' '}
            relative, {formatError(pointed.allowed)} allowed
          </>
        ) : (
          'Point at a value to read it; click to see its node in the graph.'
        )}
      </p>
    </div>
  );
}

interface DotsProps extends Pick<Props, 'free'> {
  readonly values: readonly LabValue[];
  readonly tolerance: number;
  readonly width: number;
}

/** There may be tens of thousands: they are not drawn again as the pointer moves. */
const Dots = memo(function Dots({ values, tolerance, width, free }: DotsProps) {
  const frame = frameOf(values, tolerance, width);
  return (
    <>
      <path className="dots dots-ok" d={dots(frame, values, 'ok')} />
      <path className="dots dots-unsure" d={dots(frame, values, 'unsure')} />
      <path className={free ? 'dots dots-free' : 'dots dots-off'} d={dots(frame, values, 'off')} />
    </>
  );
});

function FirstPart({ frame, part, free }: { readonly frame: Frame; readonly part: Part; readonly free: boolean }) {
  const x = xOf(frame, part.value);
  const turned = x > TURN * frame.width;
  return (
    <>
      <line className={free ? 'first-change' : 'first-part'} x1={x} x2={x} y1={-6} y2={HEIGHT} />
      <text className="series-name" x={x + (turned ? -6 : 6)} y={-8} textAnchor={turned ? 'end' : 'start'}>
        {free ? 'changes first' : 'parts first'}: {part.producer}
      </text>
    </>
  );
}
