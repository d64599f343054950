import { clsx } from 'clsx';
import { placeName } from '../../base/backends.ts';
import { formatMs, formatRatioInterval, plural, UNKNOWN } from '../../base/format.ts';
import type { BenchEntry } from '../../state/document.ts';
import { Badge } from '../kit/controls.tsx';
import { entryTitle } from './samples.ts';
import { BENCH_VERDICTS } from './verdicts.ts';

interface Props {
  readonly benches: readonly BenchEntry[];
  readonly selected: number;
  onSelect(index: number): void;
}

/** Every benchmark of this session; one of them is shown above. */
export function History({ benches, selected, onSelect }: Props) {
  return (
    <section className="card px-[18px] py-3.5" aria-label="History">
      <h2 className="h3 mb-2">
        This session <span className="text-11 font-regular text-ink-3">{plural(benches.length, 'benchmark')}</span>
      </h2>
      <div className="overflow-x-auto">
        <table className="table history num">
          <thead>
            <tr>
              <th scope="col">Compared</th>
              <th scope="col">On</th>
              <th scope="col" className="r">
                Before
              </th>
              <th scope="col" className="r">
                After
              </th>
              <th scope="col" className="r">
                Ratio, 95 % interval
              </th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {benches.map((entry, index) => (
              <HistoryRow
                key={`${entry.revision} ${entryTitle(entry)} ${entry.result.a.startMs}`}
                entry={entry}
                current={index === selected}
                onSelect={() => onSelect(index)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function HistoryRow({ entry, current, onSelect }: { entry: BenchEntry; current: boolean; onSelect(): void }) {
  const { result } = entry;
  const look = result.verdict && BENCH_VERDICTS[result.verdict];
  return (
    <tr className={clsx(current && 'history-on')} aria-current={current}>
      <td>
        <button type="button" className="link text-12" onClick={onSelect}>
          {entryTitle(entry)}
        </button>
      </td>
      <td className="text-ink-2">{placeName(result.backend, result.threads, result.device)}</td>
      <td className="r text-ink-3">{formatMs(result.a.median)}</td>
      <td className="r">{formatMs(result.b?.median)}</td>
      <td className="r">{formatRatioInterval(result.ratio, result.interval)}</td>
      <td>
        {look ? (
          <Badge tone={look.tone} icon={look.icon}>
            {look.word}
          </Badge>
        ) : (
          UNKNOWN
        )}
      </td>
    </tr>
  );
}
