import { useRef, useState, type KeyboardEvent } from 'react';
import { three } from '../../../report/profile/bound.ts';
import type { ProfileRow, Roofline } from '../../../report/profile/types.ts';
import { useWidth } from '../../kit/use-width.ts';
import { tickText, type RoofPicture, type RoofPoint } from './roofline-picture.ts';

const HEIGHT = 318;
/** Room that an annotation takes beside its node, px. */
const NOTE_WIDTH = 190;
const MARGIN = { left: 40, right: 12, top: 10, bottom: 36 };

/** What is said of a node: what it reached, and what limits it. */
export const pointText = (row: ProfileRow, { intensity, gflops }: RoofPoint): string =>
  `${row.label}${row.detail === '' ? '' : ` ${row.detail}`}: ${three(gflops)} GFLOP/s at ${three(intensity)} FLOP per byte${row.bound ? `, ${row.bound.words}` : ''}`;

interface Frame {
  readonly width: number;
  readonly picture: RoofPicture;
}
const placeX = ({ width, picture }: Frame, value: number): number => picture.x.place(value) * width;
const placeY = ({ picture }: Frame, value: number): number => (1 - picture.y.place(value)) * HEIGHT;

function Grid({ frame }: { readonly frame: Frame }) {
  const { width, picture } = frame;
  return (
    <>
      {picture.y.ticks.map((tick) => (
        <g key={tick}>
          <line x1={0} x2={width} y1={placeY(frame, tick)} y2={placeY(frame, tick)} />
          <text x={-7} y={placeY(frame, tick) + 4} textAnchor="end">
            {tickText(tick)}
          </text>
        </g>
      ))}
      {picture.x.ticks.map((tick) => (
        <g key={tick}>
          <line x1={placeX(frame, tick)} x2={placeX(frame, tick)} y1={0} y2={HEIGHT} />
          <text x={placeX(frame, tick)} y={HEIGHT + 15} textAnchor="middle">
            {tickText(tick)}
          </text>
        </g>
      ))}
      <text x={width} y={HEIGHT + 31} textAnchor="end">
        FLOP per byte
      </text>
    </>
  );
}

/** The two ceilings, each with what it was measured to be. */
function Ceilings({ frame, roofline }: { readonly frame: Frame; readonly roofline: Roofline }) {
  const { picture, width } = frame;
  const { peakGflops, bandwidthGbs } = roofline;
  const top = placeY(frame, peakGflops);
  const corner = placeX(frame, picture.ridge ?? 1);
  // The slope leaves the picture at its foot or at its left edge, whichever comes first.
  const start = Math.max(picture.x.from, picture.y.from / bandwidthGbs);
  const foot = [placeX(frame, start), placeY(frame, start * bandwidthGbs)] as const;
  const angle = (Math.atan2(top - foot[1], corner - foot[0]) * 180) / Math.PI;
  const along = 0.3;
  const middle = [foot[0] + along * (corner - foot[0]), foot[1] + along * (top - foot[1])] as const;
  return (
    <>
      <path className="roof-line" d={`M${foot.join(' ')}L${corner} ${top}L${width} ${top}`} />
      <text className="roof-label" x={width - 2} y={top - 7} textAnchor="end">
        {three(peakGflops)} GFLOP/s, measured peak
      </text>
      <text
        className="roof-label"
        transform={`translate(${middle[0] - 6} ${middle[1] - 7}) rotate(${angle})`}
        textAnchor="middle"
      >
        {three(bandwidthGbs)} GB/s
      </text>
    </>
  );
}

/** The one annotation: the node that is pointed at, else the one that loses the most time. */
function Note({ frame, point, row }: { readonly frame: Frame; readonly point: RoofPoint; readonly row: ProfileRow }) {
  const [x, y] = [placeX(frame, point.intensity), placeY(frame, point.gflops)];
  const left = x > frame.width - NOTE_WIDTH;
  const side = left ? -1 : 1;
  const below = y < HEIGHT - 40;
  const [endX, endY] = [x + side * 34, y + (below ? 20 : -20)];
  return (
    <g pointerEvents="none">
      <circle className="roof-ring" cx={x} cy={y} r={8} />
      <path className="roof-lead" d={`M${x + side * 7} ${y + (below ? 4 : -4)}L${endX} ${endY}`} />
      <text className="roof-note" x={endX + side * 4} y={endY + 4} textAnchor={left ? 'end' : 'start'}>
        {row.label}
        {row.kind === '' ? '' : `, ${row.kind}`}: {three(point.gflops)}
      </text>
    </g>
  );
}

interface Props {
  readonly rows: readonly ProfileRow[];
  readonly picture: RoofPicture;
  readonly roofline: Roofline | null;
  onPoint(point: RoofPoint | null): void;
  onChoose(row: ProfileRow): void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/**
 * GFLOP/s reached over FLOP per byte, both logarithmic, under the ceilings of the device. One stop for Tab; arrows go
 * from node to node by intensity, Enter shows one in the graph.
 */
export function RooflineChart({ rows, picture, roofline, onPoint, onChoose }: Props) {
  const [box, full] = useWidth();
  const chart = useRef<SVGSVGElement>(null);
  const [stop, setStop] = useState(0);
  const [near, setNear] = useState<RoofPoint | null>(null);
  const width = Math.max(160, full - MARGIN.left - MARGIN.right);
  const frame = { width, picture };
  const noted = near ?? picture.worst;
  const point = (next: RoofPoint | null): void => {
    setNear(next);
    onPoint(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = (stop + by + picture.points.length) % picture.points.length;
    setStop(next);
    chart.current?.querySelectorAll<SVGElement>('[data-point]')[next]?.focus();
  };
  return (
    <div ref={box}>
      <svg
        ref={chart}
        width="100%"
        height={HEIGHT + MARGIN.top + MARGIN.bottom}
        viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
        className="axis"
        role="group"
        aria-label="Roofline: GFLOP per second over FLOP per byte"
        onKeyDown={onKeyDown}
        onPointerLeave={() => point(null)}
      >
        <Grid frame={frame} />
        {roofline && <Ceilings frame={frame} roofline={roofline} />}
        {picture.points.map((each, index) => (
          <Point
            key={each.row}
            frame={frame}
            point={each}
            row={rows[each.row]!}
            tabIndex={index === Math.min(stop, picture.points.length - 1) ? 0 : -1}
            onNear={() => point(each)}
            onFar={() => point(null)}
            onFocus={() => setStop(index)}
            onChoose={onChoose}
          />
        ))}
        {noted && <Note frame={frame} point={noted} row={rows[noted.row]!} />}
      </svg>
    </div>
  );
}

interface PointProps {
  readonly frame: Frame;
  readonly point: RoofPoint;
  readonly row: ProfileRow;
  readonly tabIndex: number;
  onNear(): void;
  onFar(): void;
  onFocus(): void;
  onChoose(row: ProfileRow): void;
}

function Point({ frame, point, row, tabIndex, onNear, onFar, onFocus, onChoose }: PointProps) {
  const [x, y] = [placeX(frame, point.intensity), placeY(frame, point.gflops)];
  const common = {
    'data-point': '',
    role: 'button',
    tabIndex,
    'aria-label': pointText(row, point),
    className: `roof-point f-${row.family}${row.depthwise ? ' roof-square' : ''}`,
    onPointerEnter: onNear,
    onFocus: () => {
      onFocus();
      onNear();
    },
    onBlur: onFar,
    onClick: () => onChoose(row),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Enter') onChoose(row);
    },
  };
  return row.depthwise ? (
    <rect {...common} x={x - 3.5} y={y - 3.5} width={7} height={7} />
  ) : (
    <circle {...common} cx={x} cy={y} r={3.6} />
  );
}
