import { clsx } from 'clsx';
import { useMemo } from 'react';
import type { App } from '../../state/app.ts';
import { pointOf, type SearchRun } from '../../state/searching-run.ts';
import { useSearching } from '../kit/use-store.ts';
import { CALLOUT, callouts, corners, SIZES, sizeClass, stepPath, type Dot, type Place, type Sides } from './scatter.ts';
import { StripeBars, stripeWidth } from './Stripe.tsx';

export interface PlacedDot extends Dot {
  readonly place: Place;
}

interface Props {
  readonly app: App;
  readonly run: SearchRun;
  readonly placed: readonly PlacedDot[];
  at(x: number, y: number): Place;
  readonly width: number;
  readonly sides: Sides;
}

/** Stripes beside the selected point and a few others of the front, as far as there is room. */
const CALLED = 3;

interface CalloutProps extends Pick<Props, 'app' | 'run' | 'width'> {
  readonly points: readonly PlacedDot[];
  readonly upIsBetter: boolean;
}

function Callouts({ app, run, points, width, upIsBetter }: CalloutProps) {
  const selected = useSearching(app, (state) => state.selected);
  const gene = useSearching(app, (state) => state.gene);
  const own = points.filter(({ id }) => id === selected && id !== 0);
  // The original is named as it is.
  const better = corners(points, upIsBetter).filter(({ id }) => id !== 0);
  const middle = better[Math.floor(better.length / 2)];
  const some = [...new Set([better[1], better.at(-2), middle])].flatMap((each) =>
    each && each.id !== selected ? [each] : [],
  );
  const stripe = stripeWidth(run, CALLOUT.stripe);
  const wide = stripe + 2 * CALLOUT.pad;
  const shown = callouts(
    [...own, ...some.slice(0, CALLED - own.length)],
    width,
    points.map(({ place }) => place),
    wide,
  );
  return shown.map(({ id, corner }) => {
    const point = points.find((each) => each.id === id);
    return (
      point && (
        <g key={id} className={clsx('search-callout', id === selected && 'search-chosen')}>
          <line x1={corner.x + wide - 8} y1={corner.y + CALLOUT.height} x2={point.place.x} y2={point.place.y} />
          <rect x={corner.x} y={corner.y} width={wide} height={CALLOUT.height} rx={5} />
          <g transform={`translate(${corner.x + CALLOUT.pad} ${corner.y + 5})`}>
            <StripeBars
              space={run}
              genome={pointOf(run.points, id)?.genome ?? []}
              width={stripe}
              height={CALLOUT.height - 10}
              lit={gene}
            />
          </g>
        </g>
      )
    );
  });
}

/** What stands out of all dots: the front and its line, the original, what is selected and what is pointed at. */
export function ScatterMarks({ app, run, placed, at, width, sides }: Props) {
  const selected = useSearching(app, (state) => state.selected);
  const hovered = useSearching(app, (state) => state.hovered);
  const byId = useMemo(() => new Map(placed.map((dot) => [dot.id, dot])), [placed]);
  const front = run.front.flatMap((id) => byId.get(id) ?? []).sort((a, b) => a.place.x - b.place.x);
  const line = stepPath(corners(front, sides.y === 'quality').map(({ place }) => place));
  const [original, chosen, pointed] = [byId.get(0), byId.get(selected ?? -1), byId.get(hovered ?? -1)];
  const radius = ({ size }: Dot): number => (sides.z === null ? 4.25 : (SIZES[sizeClass(size)] ?? 6) / 2 + 0.75);
  return (
    <>
      <path className="search-line" d={line} />
      {placed.map((dot) =>
        dot.predicted === null ? null : (
          <Predicted key={dot.id} dot={dot} from={at(dot.predicted, dot.y)} isFront={run.front.includes(dot.id)} />
        ),
      )}
      {front.map((dot) =>
        dot.id === 0 ? null : (
          <circle
            key={dot.id}
            className={clsx('search-front', dot.id === selected && 'search-chosen')}
            cx={dot.place.x}
            cy={dot.place.y}
            r={radius(dot)}
          />
        ),
      )}
      <Callouts app={app} run={run} points={front} width={width} upIsBetter={sides.y === 'quality'} />
      {original && (
        <g
          className={clsx('search-original', selected === 0 && 'search-chosen')}
          transform={`translate(${original.place.x} ${original.place.y})`}
        >
          <path d="M0 -6.5L6.5 0L0 6.5L-6.5 0Z" />
          <text
            y={original.place.y < 12 ? 22 : -12}
            textAnchor={original.place.x > width - 30 ? 'end' : 'middle'}
            x={original.place.x > width - 30 ? 8 : 0}
          >
            original
          </text>
        </g>
      )}
      {chosen && <circle className="search-ring" cx={chosen.place.x} cy={chosen.place.y} r={9} />}
      {pointed && pointed !== chosen && (
        <circle className="search-pointed" cx={pointed.place.x} cy={pointed.place.y} r={7.5} />
      )}
    </>
  );
}

/** From where a network was predicted to where it was measured. */
function Predicted({
  dot,
  from,
  isFront,
}: {
  readonly dot: PlacedDot;
  readonly from: Place;
  readonly isFront: boolean;
}) {
  const { x, y } = dot.place;
  return (
    <g className={clsx('search-predicted', isFront && 'search-on-front')}>
      <line x1={from.x} x2={x} y1={y} y2={y} />
      <line x1={from.x} x2={from.x} y1={y - 4} y2={y + 4} />
    </g>
  );
}
