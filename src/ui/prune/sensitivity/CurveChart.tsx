import { clsx } from 'clsx';
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { formatInteger, formatShare } from '../../../base/format.ts';
import type { HarmId } from '../../../prune/sensitivity.ts';
import { harmAtWidth, type CurveLine } from '../../../state/curves.ts';
import { useWidth } from '../../kit/use-width.ts';
import { curvePath, nearest, placeAfterKey, scaleOf, TICK, xOf, yOf, type CurveScale, type Place } from './geometry.ts';
import { HARMS, harmText } from './words.ts';

/** Room for the labels of the axes, px. */
const MARGIN = { left: 44, right: 8, top: 8, bottom: 20 };

interface Props {
  readonly label: string;
  readonly harm: HarmId;
  readonly lines: readonly CurveLine[];
  /** Channels kept at present, by key. */
  readonly kept: ReadonlyMap<string, number>;
  /** The group in focus. */
  readonly focused: string | null;
  readonly height: number;
  /** A line was chosen, by click or Enter. */
  onChoose?(key: string): void;
}

function Axes({ scale, harm }: { readonly scale: CurveScale; readonly harm: HarmId }) {
  const shares = Array.from({ length: Math.floor(scale.reach / TICK + 1e-9) + 1 }, (_, index) => index * TICK);
  return (
    <>
      {[0, 0.25, 1].map((part) => {
        const y = yOf(scale, part * scale.worst);
        return (
          <g key={part}>
            <line x1={0} x2={scale.width} y1={y} y2={y} />
            <text x={-6} y={y + 4} textAnchor="end">
              {part === 0 ? '0' : HARMS[harm].format(part * scale.worst)}
            </text>
          </g>
        );
      })}
      {shares.map((share, index) => (
        <text key={share} x={xOf(scale, share)} y={scale.height + 15} textAnchor={index === 0 ? 'start' : 'middle'}>
          {Math.round(share * 100)}
          {index === shares.length - 1 && '\u202f%'}
        </text>
      ))}
    </>
  );
}

/** The width of now on a curve: a dot, where it was measured so far. */
function Now({ scale, line, kept }: { readonly scale: CurveScale; readonly line: CurveLine; readonly kept: number }) {
  const harm = harmAtWidth(line, kept);
  if (harm === null || !Number.isFinite(harm)) return null;
  return <circle cx={xOf(scale, 1 - kept / line.channels)} cy={yOf(scale, harm)} r={2.5} className="curve-now" />;
}

/** The group, then what is known of the point. */
function readout(lines: readonly CurveLine[], place: Place | null, harm: HarmId): readonly [string, string] | null {
  const line = place === null ? undefined : lines[place.line];
  const point = line?.points[place?.point ?? 0];
  if (!line || !point) return null;
  const width = `${formatInteger(point.kept)} of ${formatInteger(line.channels)} kept, ${formatShare(point.removed)} cut`;
  return [line.name, `${width}: ${harmText(harm, point.harm)}`];
}

/** Harm against the share removed, a line for each group. Pointing or arrow keys read single points out. */
export function CurveChart({ label, harm, lines, kept, focused, height, onChoose }: Props) {
  const [box, full] = useWidth();
  const [place, setPlace] = useState<Place | null>(null);
  const width = Math.max(80, full - MARGIN.left - MARGIN.right);
  const scale = useMemo(() => scaleOf(lines, width, height), [lines, width, height]);
  const paths = useMemo(() => lines.map((line) => curvePath(scale, line)), [lines, scale]);
  const pointed = place === null ? undefined : lines[place.line];
  const point = pointed?.points[place?.point ?? 0];
  const said = readout(lines, place, harm);
  const onPointer = (event: PointerEvent<SVGSVGElement>): void => {
    const bounds = event.currentTarget.getBoundingClientRect();
    setPlace(nearest(scale, lines, event.clientX - bounds.left - MARGIN.left, event.clientY - bounds.top - MARGIN.top));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const chosen = event.key === 'Enter' ? pointed : undefined;
    if (chosen) onChoose?.(chosen.key);
    const next = placeAfterKey(lines, place, event.key);
    if (!next && !chosen) return;
    event.preventDefault();
    event.stopPropagation();
    if (next) setPlace(next);
  };
  const line = (index: number, className: string) => (
    <path key={lines[index]?.key} d={paths[index]} className={clsx('curve', className)} />
  );
  const focus = lines.findIndex(({ key }) => key === focused);
  return (
    <div ref={box}>
      <svg
        width="100%"
        height={height + MARGIN.top + MARGIN.bottom}
        viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${height + MARGIN.top + MARGIN.bottom}`}
        className="axis curves"
        role="application"
        aria-roledescription="chart"
        aria-label={label}
        tabIndex={0}
        onPointerMove={onPointer}
        onPointerLeave={() => setPlace(null)}
        onBlur={() => setPlace(null)}
        onKeyDown={onKeyDown}
        onClick={() => pointed && onChoose?.(pointed.key)}
      >
        <Axes scale={scale} harm={harm} />
        {lines.map((each, index) => (each.key === focused ? null : line(index, '')))}
        {focus >= 0 && line(focus, 'curve-focus')}
        {place !== null && line(place.line, 'curve-at')}
        {lines.map((each) => (
          <Now key={each.key} scale={scale} line={each} kept={kept.get(each.key) ?? each.channels} />
        ))}
        {point && Number.isFinite(point.harm) && (
          <circle cx={xOf(scale, point.removed)} cy={yOf(scale, point.harm)} r={4} className="curve-point" />
        )}
      </svg>
      <p className={clsx('num h-8 text-11', said ? 'text-ink-2' : 'text-ink-3')} aria-live="polite">
        {(said ?? [HARMS[harm].axis, 'by the share cut; dots: the widths of now']).map((text) => (
          <span key={text} className="ell block" title={text}>
            {text}{' '}
          </span>
        ))}
      </p>
    </div>
  );
}
