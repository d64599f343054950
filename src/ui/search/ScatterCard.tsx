import { Table2 } from 'lucide-react';
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { ObjectiveId } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { pointOf, type SearchRun } from '../../state/searching-run.ts';
import { limitIn } from './limits.ts';
import { constraintOf } from '../../state/searching-setup.ts';
import { Button, Segments } from '../kit/controls.tsx';
import { useSearching } from '../kit/use-store.ts';
import { useSize } from '../kit/use-size.ts';
import { OBJECTIVE_WORDS, QUALITY_MEANS, titleOf } from '../../search/figures.ts';
import { HoverCard } from './HoverCard.tsx';
import { PointTable } from './PointTable.tsx';
import { boundText, Grid, Legend, LowerBound, RightBound } from './ScatterFrame.tsx';
import { ScatterMarks } from './ScatterMarks.tsx';
import { dotPath, dotsOf, frameOf, nearest, placer, sidesOf, sizeClass, SIZES, type Sides } from './scatter.ts';
import { networkText } from './words.ts';

const MARGIN = { left: 46, right: 16, top: 14, bottom: 40 };
/** How near the pointer has to come to a dot, px. */
const REACH = 14;

/** All that was judged, quality over cost, with the front as a step line. */
export function ScatterCard({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  const [wished, setWished] = useState<ObjectiveId | null>(null);
  const [view, setView] = useState<'all' | 'front'>('all');
  const [isTable, setTable] = useState(false);
  const { quality } = run;
  const { objectives } = run.request;
  const sides = useMemo(() => sidesOf(objectives, wished, quality), [objectives, wished, quality]);
  const choices = objectives.filter((each) => each !== 'quality' && each !== sides.y);
  return (
    <section className="card search-scatter" aria-label="Front">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-1.5">
        <div className="min-w-0 grow">
          <h2 className="h3">
            {titleOf(sides.y, quality)} against {OBJECTIVE_WORDS[sides.x].toLowerCase()}
          </h2>
          <p className="text-11 text-ink-3">
            {QUALITY_MEANS[quality]}, before training
            {sides.z !== null &&
              ` · larger dots: more ${sides.z === 'macs' ? 'MACs' : OBJECTIVE_WORDS[sides.z].toLowerCase()}`}
          </p>
        </div>
        <Legend />
        {choices.length > 1 && (
          <Segments
            label="To the right"
            value={sides.x}
            options={choices.map((value) => ({ value, label: OBJECTIVE_WORDS[value] }))}
            onChange={setWished}
          />
        )}
        <Segments
          label="Shown"
          value={view}
          options={[
            { value: 'all', label: 'All' },
            { value: 'front', label: 'Front' },
          ]}
          onChange={setView}
        />
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          Show as table
        </Button>
      </header>
      {isTable ? (
        <PointTable app={app} run={run} />
      ) : (
        <Scatter app={app} run={run} sides={sides} close={view === 'front'} />
      )}
    </section>
  );
}

interface ScatterProps {
  readonly app: App;
  readonly run: SearchRun;
  readonly sides: Sides;
  readonly close: boolean;
}

function Scatter({ app, run, sides, close }: ScatterProps) {
  const [box, size] = useSize();
  const request = useSearching(app, (state) => state.request);
  const { points, front, quality } = run;
  const width = Math.max(160, size.width - MARGIN.left - MARGIN.right);
  const height = Math.max(120, size.height - MARGIN.top - MARGIN.bottom);
  const bounds = useMemo(
    () => ({ x: limitIn(request, points, sides.x, quality), y: limitIn(request, points, sides.y, quality) }),
    [request, points, sides, quality],
  );
  const picture = useMemo(() => {
    const dots = dotsOf(points, sides);
    const onFront = new Set(front);
    const frame = frameOf(dots, onFront, sides, close, bounds);
    const at = placer(frame, width, height);
    const placed = dots.map((dot) => ({ ...dot, place: at(dot.x, dot.y) }));
    const others = placed.filter(({ id }) => id !== 0 && !onFront.has(id));
    // What breaks a bound is fainter still.
    const classes = [false, true].flatMap((broken) =>
      SIZES.map((size, index) => ({
        key: `${size} ${broken}`,
        broken,
        size,
        path: dotPath(
          others.filter((dot) => dot.broken === broken && sizeClass(dot.size) === index).map(({ place }) => place),
        ),
      })),
    );
    return { frame, at, placed, classes };
  }, [points, front, sides, close, bounds, width, height]);
  const { frame, at, placed, classes } = picture;
  const digits = (objective: ObjectiveId): number => (constraintOf(request, objective)?.relative ? 3 : 4);

  const placeOf = (event: PointerEvent) => {
    const area = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - area.left - MARGIN.left, y: event.clientY - area.top - MARGIN.top };
  };
  const found = (event: PointerEvent): number | null => nearest(placed, placeOf(event), REACH);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key] as 1 | -1 | undefined;
    if (by !== undefined) {
      event.preventDefault();
      app.actions.stepFront(by);
      const { selected } = app.searching.getState();
      const point = pointOf(points, selected);
      if (point) app.notices.announce(networkText(run, point, quality));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      void app.actions.openFound();
    }
  };
  const label = `${sides.x === 'latency' ? 'latency' : OBJECTIVE_WORDS[sides.x]}, ${frame.units.x.unit}`;
  return (
    <div
      ref={box}
      className="search-plot"
      role="application"
      aria-label={`${titleOf(sides.y, quality)} against ${OBJECTIVE_WORDS[sides.x].toLowerCase()} of ${points.length} networks, ${front.length} on the front. Arrows walk along the front, Enter opens on the canvas.`}
      tabIndex={0}
      data-region-focus=""
      onKeyDown={onKeyDown}
      onPointerMove={(event) => {
        const id = found(event);
        if (id !== app.searching.getState().hovered) app.actions.hoverFound(id);
      }}
      onPointerLeave={() => app.actions.hoverFound(null)}
      onPointerDown={(event) => {
        const id = found(event);
        if (id !== null) app.actions.selectFound(id);
      }}
    >
      <svg
        width="100%"
        height="100%"
        viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${height + MARGIN.top + MARGIN.bottom}`}
        className="axis"
        aria-hidden="true"
      >
        {bounds.x !== null && (
          <RightBound
            at={at(bounds.x, 0).x}
            text={`at most ${boundText(bounds.x, frame.units.x, digits(sides.x))}`}
            width={width}
            height={height}
          />
        )}
        {bounds.y !== null && (
          <LowerBound
            at={at(0, bounds.y).y}
            text={`${sides.y === 'quality' ? 'at least' : 'at most'} ${boundText(bounds.y, frame.units.y, digits(sides.y))}`}
            width={width}
            height={height}
          />
        )}
        <Grid frame={frame} width={width} height={height} label={label} />
        <clipPath id="search-clip">
          <rect x={-8} y={-8} width={width + 16} height={height + 16} />
        </clipPath>
        <g clipPath="url(#search-clip)">
          {classes.map(
            ({ key, broken, size: wide, path }) =>
              path !== '' && (
                <path
                  key={key}
                  className="search-others"
                  data-broken={broken ? '' : undefined}
                  style={{ strokeWidth: sides.z === null ? 6 : wide }}
                  d={path}
                />
              ),
          )}
          <ScatterMarks app={app} run={run} placed={placed} at={at} width={width} sides={sides} />
        </g>
      </svg>
      <HoverCard app={app} run={run} placed={placed} margin={MARGIN} width={width} height={size.height} />
    </div>
  );
}
