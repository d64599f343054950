import { Timer } from 'lucide-react';
import { useEffect } from 'react';
import { plural } from '../../../base/format.ts';
import { ALONE } from '../../../state/alone.ts';
import type { App } from '../../../state/app.ts';
import { runningJobs } from '../../../state/jobs.ts';
import { tableOf, wasmDevice } from '../../../state/tables-store.ts';
import { Button } from '../../kit/controls.tsx';
import { Problem } from '../../kit/Problem.tsx';
import { useDocument, useJobs, usePart, useSettings } from '../../kit/use-store.ts';
import { BenchProgress } from '../BenchProgress.tsx';
import { EntriesCard } from './EntriesCard.tsx';
import './latency.css';
import { PredictionCard } from './PredictionCard.tsx';
import { TablesCard } from './TablesCard.tsx';

interface BeginProps {
  readonly disabled: boolean;
  readonly threads: number;
  onMeasure(): void;
}

/** Nothing measured on this device yet: what a table is, and its limits. */
function Begin({ disabled, threads, onMeasure }: BeginProps) {
  return (
    <section className="card px-5 py-[18px]" aria-label="Nothing measured yet">
      <h2 className="h3">How long does each operator take here?</h2>
      <p className="mt-1.5 max-w-[72ch] text-ink-2">
        Each kind of operator in this model is timed by itself, at its shapes and with the activation that the runtime
        fuses into it: WASM, {plural(threads, 'thread')}. From then on the latency of any model made of them is
        predicted without running it, at other widths as well. Tables are kept in this browser.
      </p>
      <div className="mt-3">
        <Button variant="primary" icon={Timer} disabled={disabled} onClick={onMeasure}>
          Measure this model's operators
        </Button>
      </div>
    </section>
  );
}

/** Latency tables: operators of this device timed one by one, and what follows from them for a whole model. */
export function LatencyLab({ app }: { readonly app: App }) {
  const { tables, shown, prediction, check, refused, importError } = usePart(app.tables, (state) => state);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const document = useDocument(app, (state) => state.document);
  const failure = useDocument(app, ({ failure: each }) => (each?.place === 'bench' ? each : null));
  const threads = useSettings(app, (settings) => settings.threads);
  const [job] = useJobs(app, (state) => runningJobs(state).filter(({ kind }) => ALONE.includes(kind)));
  const ready = capabilities !== null;
  useEffect(() => {
    if (ready) void app.actions.openTables();
  }, [app, ready]);
  const here = capabilities && wasmDevice(capabilities, threads);
  const device = shown ?? here;
  const table = tables && device && tableOf(tables, device);
  const own = job?.kind === 'latency-table' ? job : null;
  const found = prediction?.stop === document?.cursor ? (prediction?.result ?? null) : null;
  const held = check?.stop === document?.cursor ? (check?.result ?? null) : null;
  const busy = job !== undefined || !ready || tables === null;
  const measure = (): void => void app.actions.measureTable();
  if (!document) return null;
  return (
    <>
      {document.backend === 'webgpu' && (
        <p className="text-12 text-ink-2">
          Tables are of WASM: the runtime tells when it hands a kernel to WebGPU, not how long it runs there.
        </p>
      )}
      {own && <BenchProgress job={own} onCancel={() => app.actions.cancelJob(own.id)} />}
      {failure && (
        <Problem error={failure.error} what={failure.what}>
          <Button size="small" onClick={app.actions.dismissFailure}>
            Dismiss
          </Button>
        </Problem>
      )}
      {!own && tables && !table && <Begin disabled={busy} threads={threads} onMeasure={measure} />}
      <div className="latency-grid">
        {table && found ? (
          <PredictionCard
            prediction={found}
            check={held}
            isHere={shown === null}
            disabled={busy}
            onMeasure={measure}
            onCheck={() => void app.actions.checkTable()}
          />
        ) : null}
        {tables && (
          <TablesCard
            tables={tables}
            here={here}
            shown={device}
            disabled={busy}
            error={importError?.message ?? null}
            onShow={app.actions.showTable}
            onClear={app.actions.clearTable}
            onExport={app.actions.exportTables}
            onImport={(file) => void app.actions.importTables(file)}
          />
        )}
      </div>
      {refused.length > 0 && (
        <p className="text-12 text-ink-2">
          {plural(refused.length, 'operator')} did not run by {refused.length === 1 ? 'itself' : 'themselves'}:{' '}
          {[...new Set(refused.map(({ operators }) => operators))].join(', ')}.
        </p>
      )}
      {table && <EntriesCard table={table} prediction={found} />}
    </>
  );
}
