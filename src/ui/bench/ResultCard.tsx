import { Download, Table2 } from 'lucide-react';
import { useState } from 'react';
import type { BenchResult } from '../../bench/types.ts';
import { Button } from '../kit/controls.tsx';
import { Distribution, type Series } from './Distribution.tsx';
import { describeSamples, plainMs, sampleRows } from './samples.ts';
import { TimingTable } from './TimingTable.tsx';

const seriesOf = ({ a, b }: BenchResult): readonly Series[] =>
  b
    ? [
        { name: 'Before', kind: 'before', timing: a },
        { name: 'After', kind: 'after', timing: b },
      ]
    : [{ name: 'Median', kind: 'before', timing: a }];

/** The same data as the picture, sample by sample. */
function SampleTable({ result }: { readonly result: BenchResult }) {
  return (
    <div className="max-h-56 min-w-0 grow overflow-auto" tabIndex={0} role="region" aria-label="Samples">
      <table className="table num">
        <thead>
          <tr>
            <th scope="col">Sample</th>
            <th scope="col" className="r">
              {result.b ? 'Before, ms' : 'Time, ms'}
            </th>
            {result.b && (
              <th scope="col" className="r">
                After, ms
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {sampleRows(result).map(([index, before, after]) => (
            <tr key={index}>
              <td className="text-ink-2">{index}</td>
              <td className="r text-ink-3">{plainMs(before)}</td>
              {result.b && <td className="r">{plainMs(after)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Props {
  readonly result: BenchResult;
  onSave(format: 'csv' | 'json'): void;
}

/** All runs of one benchmark: as a picture or as a table, and to take away. */
export function ResultCard({ result, onSave }: Props) {
  const [table, setTable] = useState(false);
  return (
    <section className="card min-w-0 px-[18px] pt-3.5 pb-2.5" aria-label="Time for one run">
      <div className="mb-1.5 flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="h3">Time for one run</h2>
        <span className="num grow text-11 text-ink-3">{describeSamples(result)}</span>
        <Button size="small" variant="ghost" icon={Table2} aria-pressed={table} onClick={() => setTable(!table)}>
          Show as table
        </Button>
        <Button size="small" variant="ghost" icon={Download} onClick={() => onSave('csv')}>
          CSV
        </Button>
        <Button size="small" variant="ghost" icon={Download} onClick={() => onSave('json')}>
          JSON
        </Button>
      </div>
      <div className="flex items-stretch gap-4">
        {table ? (
          <SampleTable result={result} />
        ) : (
          <div className="min-w-0 grow">
            <Distribution series={seriesOf(result)} />
          </div>
        )}
        <TimingTable result={result} />
      </div>
    </section>
  );
}
