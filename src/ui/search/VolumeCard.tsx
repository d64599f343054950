import { formatInteger, formatValue } from '../../base/format.ts';
import { formatTick } from '../../report/scale.ts';
import type { SearchRun } from '../../state/searching-run.ts';
import { useWidth } from '../kit/use-width.ts';
import { volumeLine } from './line.ts';

const MARGIN = { left: 44, right: 14, top: 8, bottom: 22 };
const HEIGHT = 118;

/** How much better the front has become, network by network. */
export function VolumeCard({ run }: { readonly run: SearchRun }) {
  const [box, full] = useWidth();
  const width = Math.max(120, full - MARGIN.left - MARGIN.right);
  const { x, y, path, last } = volumeLine(run.history, run.request.evaluations, width, HEIGHT);
  const first = run.history[0];
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="Hypervolume">
      <div className="mb-1.5 flex items-baseline gap-2">
        <h2 className="h3 grow">Hypervolume</h2>
        <span className="num text-11 text-ink-3">{last ? formatValue(last.hypervolume) : ''}</span>
      </div>
      <p className="mb-1.5 text-11 text-ink-3">What the front holds of all there could be, over networks judged</p>
      <div ref={box}>
        <svg
          width="100%"
          height={HEIGHT + MARGIN.top + MARGIN.bottom}
          viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
          className="axis"
          role="img"
          aria-label={
            first && last
              ? `From ${formatValue(first.hypervolume)} to ${formatValue(last.hypervolume)} over ${formatInteger(last.evaluations)} networks`
              : 'Nothing was judged yet'
          }
        >
          {y.ticks.map((tick) => (
            <g key={tick}>
              <line x1={0} x2={width} y1={(1 - y.place(tick)) * HEIGHT} y2={(1 - y.place(tick)) * HEIGHT} />
              <text x={-8} y={(1 - y.place(tick)) * HEIGHT + 4} textAnchor="end">
                {formatTick(tick, y.step)}
              </text>
            </g>
          ))}
          {x.ticks.map((tick) => (
            <text key={tick} x={x.place(tick) * width} y={HEIGHT + 17} textAnchor="middle">
              {formatInteger(tick)}
            </text>
          ))}
          <path className="search-volume" d={path} />
        </svg>
      </div>
    </section>
  );
}
