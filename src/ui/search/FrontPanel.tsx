import { clsx } from 'clsx';
import { useEffect, useRef } from 'react';
import { formatBytes, formatMs, plural } from '../../base/format.ts';
import type { SearchPoint } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { pointOf, type SearchRun } from '../../state/searching-run.ts';
import { useSearching } from '../kit/use-store.ts';
import { qualityText } from '../../search/figures.ts';
import { Stripe } from './Stripe.tsx';
import { networkName } from './words.ts';

interface RowProps {
  readonly app: App;
  readonly run: SearchRun;
  readonly point: SearchPoint;
}

function Row({ app, run, point }: RowProps) {
  const isSelected = useSearching(app, (state) => state.selected === point.id);
  const isHovered = useSearching(app, (state) => state.hovered === point.id);
  const gene = useSearching(app, (state) => state.gene);
  const { quality } = run;
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  const { metrics, latency, measured } = point;
  const time = measured ?? latency;
  return (
    <li>
      <button
        ref={row}
        type="button"
        className={clsx('search-row', isHovered && 'search-lit')}
        aria-pressed={isSelected}
        onClick={() => app.actions.selectFound(point.id)}
        onDoubleClick={() => void app.actions.openFound()}
        onPointerEnter={() => app.actions.hoverFound(point.id)}
        onPointerLeave={() => app.actions.hoverFound(null)}
      >
        <Stripe space={run} genome={point.genome} width={100} height={22} lit={gene} name={networkName(point.id)} />
        <span className="ml-auto flex flex-col items-end">
          {time === null ? (
            <span className="font-medium">{formatBytes(metrics.bytes)}</span>
          ) : (
            <span className="flex items-center gap-1.5 font-medium">
              {measured !== null && <i className="search-timed" title="measured whole" />}
              {measured !== null && <span className="sr-only">measured</span>}
              {formatMs(time)}
            </span>
          )}
          <span className="text-11 whitespace-nowrap text-ink-3">
            {qualityText(metrics.quality[quality], quality)}
            {time !== null && ` · ${formatBytes(metrics.bytes)}`}
          </span>
        </span>
      </button>
    </li>
  );
}

/** The networks that no other beats, as stripes. */
export function FrontPanel({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  const points = run.front.flatMap((id) => pointOf(run.points, id) ?? []);
  return (
    <section className="search-list" aria-labelledby="search-front">
      <header className="flex items-baseline gap-2 px-3.5 pt-2.5 pb-1.5">
        <h2 id="search-front" className="text-115 font-strong">
          Front
        </h2>
        <span className="num grow text-11 text-ink-3">{plural(points.length, 'network')}</span>
        <span className="text-11 text-ink-3">input → output</span>
      </header>
      {points.length === 0 && (
        <p className="px-3.5 text-11 text-ink-3">
          {run.points.length > 0 ? 'No network keeps within the bounds yet.' : 'Nothing was judged yet.'}
        </p>
      )}
      <ul className="num px-1.5" aria-label="Networks on the front">
        {points.map((point) => (
          <Row key={point.id} app={app} run={run} point={point} />
        ))}
      </ul>
    </section>
  );
}
