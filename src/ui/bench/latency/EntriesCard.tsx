import { useState } from 'react';
import { formatInteger, formatMs, formatShare, plural, UNKNOWN } from '../../../base/format.ts';
import { Badge, Button, Segments } from '../../kit/controls.tsx';
import type { StoredTable } from '../../../engine/latency-table/table.ts';
import type { LatencyPrediction } from '../../../engine/latency-table/types.ts';
import { modelRows, tableRows, type EntryRow } from './rows.ts';

/** Rows that are drawn at first. */
const SHOWN = 60;

function Source({ source }: Pick<EntryRow, 'source'>) {
  if (source === 'measured') return <span className="text-ink-3">measured</span>;
  return source === 'interpolated' ? (
    <Badge tone="changed">interpolated</Badge>
  ) : (
    <Badge tone="warning">not covered</Badge>
  );
}

function Rows({ rows, counted }: { readonly rows: readonly EntryRow[]; readonly counted: boolean }) {
  return (
    <table className="table latency-entries num" aria-label="Operators of the latency table">
      <thead>
        <tr>
          <th scope="col">Operators</th>
          <th scope="col">Shapes: read; weights → written</th>
          {counted && (
            <th scope="col" className="r">
              Times
            </th>
          )}
          <th scope="col" className="r">
            Each
          </th>
          {counted && (
            <th scope="col" className="r">
              Together
            </th>
          )}
          <th scope="col" className="r">
            Spread
          </th>
          <th scope="col">Source</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, operators, shapes, ms, spread, count, source, reason }) => (
          <tr key={key}>
            <td className="entries-what">
              <span className="font-medium">{operators}</span>
              {reason !== null && <span className="block text-11 text-ink-3">{reason}</span>}
            </td>
            <td className="entries-what text-ink-2">{shapes}</td>
            {counted && <td className="r text-ink-2">{formatInteger(count)}</td>}
            <td className="r">{ms === null ? UNKNOWN : formatMs(ms)}</td>
            {counted && <td className="r">{ms === null ? UNKNOWN : formatMs(ms * (count ?? 1))}</td>}
            <td className="r text-ink-3">{spread === null ? UNKNOWN : formatShare(spread)}</td>
            <td>
              <Source source={source} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Props {
  readonly table: StoredTable;
  readonly prediction: LatencyPrediction | null;
}

/** What the table holds: of the model at the cursor, or all of it. */
export function EntriesCard({ table, prediction }: Props) {
  const [wanted, setWanted] = useState<'model' | 'table'>('model');
  const [all, setAll] = useState(false);
  const which = prediction ? wanted : 'table';
  const rows = prediction && which === 'model' ? modelRows(prediction) : tableRows(table.entries);
  const shown = all ? rows : rows.slice(0, SHOWN);
  return (
    <section className="card px-[18px] py-3.5" aria-label="Entries">
      <header className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <h2 className="h3 grow">{plural(rows.length, 'entry', 'entries')}</h2>
        {prediction && (
          <Segments
            label="Entries of"
            value={which}
            options={[
              { value: 'model', label: 'This model' },
              { value: 'table', label: 'Whole table' },
            ]}
            onChange={setWanted}
          />
        )}
      </header>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Entries of the table">
        <Rows rows={shown} counted={which === 'model'} />
      </div>
      {shown.length < rows.length && (
        <div className="mt-2.5">
          <Button size="small" onClick={() => setAll(true)}>
            Show all {formatInteger(rows.length)}
          </Button>
        </div>
      )}
    </section>
  );
}
