import { placeName } from '../../base/backends.ts';
import { formatBytes, formatMs, formatRatioInterval, UNKNOWN } from '../../base/format.ts';
import type { BenchEntry } from '../../state/document.ts';
import { Badge } from '../kit/controls.tsx';
import { BENCH_VERDICTS } from './verdicts.ts';

/** Settings that took turns, each held against the first. */
export function SettingsCard({ entries }: { readonly entries: readonly BenchEntry[] }) {
  const pairs = entries.some(({ b }) => b !== null);
  return (
    <section className="card px-[18px] py-3.5" aria-label="Settings">
      <h2 className="h3 mb-2">
        Settings <span className="text-11 font-regular text-ink-3">in turn, a round each</span>
      </h2>
      <div className="overflow-x-auto">
        <table className="table num">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              {pairs && (
                <th scope="col" className="r">
                  Before
                </th>
              )}
              <th scope="col" className="r">
                {pairs ? 'After' : 'Median'}
              </th>
              {pairs && (
                <th scope="col" className="r">
                  Ratio, 95 % interval
                </th>
              )}
              <th scope="col" className="r">
                Start-up
              </th>
              <th scope="col" className="r">
                Memory
              </th>
              <th scope="col" className="r">
                Against the first setting
              </th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(({ result, turn }) => {
              const shown = result.b ?? result.a;
              const look = turn?.across.verdict && BENCH_VERDICTS[turn.across.verdict];
              return (
                <tr key={placeName(result.backend, result.threads)}>
                  <td>{placeName(result.backend, result.threads)}</td>
                  {pairs && <td className="r text-ink-3">{formatMs(result.a.median)}</td>}
                  <td className="r">{formatMs(shown.median)}</td>
                  {pairs && <td className="r">{formatRatioInterval(result.ratio, result.interval)}</td>}
                  <td className="r text-ink-2">{formatMs(shown.startMs)}</td>
                  <td className="r text-ink-2">{shown.heapBytes === null ? UNKNOWN : formatBytes(shown.heapBytes)}</td>
                  <td className="r">
                    {look && turn ? formatRatioInterval(turn.across.ratio, turn.across.interval) : 'the first'}
                  </td>
                  <td>
                    {look && (
                      <Badge tone={look.tone} icon={look.icon}>
                        {look.word}
                      </Badge>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
