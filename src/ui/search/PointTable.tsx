import { formatBytes, formatCount, formatMs, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { pointOf, type SearchRun } from '../../state/searching-run.ts';
import { useSearching } from '../kit/use-store.ts';
import { QUALITY_WORDS, qualityText } from '../../search/figures.ts';
import { networkName } from './words.ts';

/** Rows beyond those of the front. */
const OTHERS = 100;

/** The same points as figures: the front, then what was found last. */
export function PointTable({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  const selected = useSearching(app, (state) => state.selected);
  const { quality } = run;
  const onFront = new Set(run.front);
  const others = run.points.filter(({ id }) => !onFront.has(id)).toReversed();
  const rows = [...run.front.flatMap((id) => pointOf(run.points, id) ?? []), ...others.slice(0, OTHERS)];
  return (
    <div className="min-h-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label="Networks that were judged">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Network</th>
            <th scope="col">Front</th>
            <th scope="col" className="r">
              Predicted
            </th>
            <th scope="col" className="r">
              Measured
            </th>
            <th scope="col" className="r">
              {QUALITY_WORDS[quality]}
            </th>
            <th scope="col" className="r">
              Size
            </th>
            <th scope="col" className="r">
              MACs
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, latency, measured, metrics, broken }) => (
            <tr key={id} className={id === selected ? 'history-on' : undefined}>
              <td>
                <button
                  type="button"
                  className="link"
                  aria-pressed={id === selected}
                  onClick={() => app.actions.selectFound(id)}
                >
                  {networkName(id)}
                </button>
              </td>
              <td className="text-ink-2">{onFront.has(id) ? 'on it' : broken > 0 ? 'breaks a bound' : ''}</td>
              <td className="r">{formatMs(latency)}</td>
              <td className="r">{formatMs(measured)}</td>
              <td className="r">{qualityText(metrics.quality[quality], quality)}</td>
              <td className="r">{formatBytes(metrics.bytes)}</td>
              <td className="r">{formatCount(metrics.macs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {others.length > OTHERS && (
        <p className="mt-2 text-11 text-ink-3">
          {plural(others.length - OTHERS, 'network')} found before are left out.
        </p>
      )}
    </div>
  );
}
