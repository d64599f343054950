import { Download, Trash2 } from 'lucide-react';
import { formatInteger, plural } from '../../../base/format.ts';
import type { StoredTable } from '../../../engine/latency-table/table.ts';
import { sameDevice } from '../../../state/tables-store.ts';
import type { TableDevice } from '../../../engine/latency-table/types.ts';
import { Button, IconButton } from '../../kit/controls.tsx';
import { FileButton } from '../../kit/FileButton.tsx';
import { deviceName } from '../agent.ts';

const dateOf = ({ entries }: StoredTable): string => {
  const last = entries.reduce((latest, { at }) => Math.max(latest, at), 0);
  return last > 0
    ? new Date(last).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
    : '–';
};

const placeOf = ({ backend, threads }: TableDevice): string =>
  backend === 'webgpu' ? 'WebGPU' : `WASM, ${plural(threads, 'thread')}`;

interface Props {
  readonly tables: readonly StoredTable[];
  readonly here: TableDevice | null;
  readonly shown: TableDevice | null;
  readonly disabled: boolean;
  readonly error: string | null;
  onShow(device: TableDevice): void;
  onClear(device: TableDevice): void;
  onExport(): void;
  onImport(file: File): void;
}

/** The devices whose operators were measured, here or elsewhere. */
export function TablesCard({ tables, here, shown, disabled, error, onShow, onClear, onExport, onImport }: Props) {
  return (
    <section className="card px-[18px] py-3.5" aria-label="Tables">
      <header className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 className="h3 grow">Tables</h2>
        <FileButton
          label="File of latency tables"
          accept=".json,application/json"
          disabled={disabled}
          onFiles={([first]) => first && onImport(first.file)}
        >
          Import…
        </FileButton>
        <Button size="small" icon={Download} disabled={tables.length === 0} onClick={onExport}>
          Export
        </Button>
      </header>
      {error !== null && (
        <p className="mb-2 text-12 text-error" role="alert">
          {error}
        </p>
      )}
      {tables.length === 0 ? (
        <p className="text-ink-2">No table yet. Measure this model's operators, or import a table from elsewhere.</p>
      ) : (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Tables of devices">
          <table className="table history num" aria-label="Latency tables">
            <thead>
              <tr>
                <th scope="col">Device</th>
                <th scope="col">Runs on</th>
                <th scope="col" className="r">
                  Entries
                </th>
                <th scope="col" className="r">
                  Last measured
                </th>
                <th scope="col">
                  <span className="sr-only">Clear</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {tables.map((table) => {
                const { device } = table;
                const isShown = shown !== null && sameDevice(device, shown);
                const name = `${deviceName(device.name)}, ${placeOf(device)}`;
                return (
                  <tr key={JSON.stringify(device)} className={isShown ? 'history-on' : undefined}>
                    <td>
                      <button
                        type="button"
                        className="latency-device"
                        aria-pressed={isShown}
                        title={`${device.name}, ONNX Runtime ${device.runtimeVersion}`}
                        onClick={() => onShow(device)}
                      >
                        {deviceName(device.name)}
                      </button>
                      <span className="ml-1.5 text-11 text-ink-2">
                        {here !== null && sameDevice(device, here) ? 'this device' : 'another device'}
                      </span>
                    </td>
                    <td className="text-ink-2">{placeOf(device)}</td>
                    <td className="r">{formatInteger(table.entries.length)}</td>
                    <td className="r text-ink-2">{dateOf(table)}</td>
                    <td className="r">
                      <IconButton
                        icon={Trash2}
                        size="small"
                        label={`Clear the table of ${name}`}
                        disabled={disabled}
                        onClick={() => onClear(device)}
                      />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
