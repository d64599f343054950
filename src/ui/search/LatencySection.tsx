import { useEffect, useId } from 'react';
import { formatInteger, formatMs, formatShare, plural } from '../../base/format.ts';
import type { TableDevice } from '../../engine/latency-table/types.ts';
import { createAxis } from '../../report/scale.ts';
import type { App } from '../../state/app.ts';
import { latencyFit, type SearchRun } from '../../state/searching-run.ts';
import { asksLatency } from '../../state/searching-setup.ts';
import { sameDevice, tableOf, wasmDevice } from '../../state/tables-store.ts';
import { deviceName } from '../bench/agent.ts';
import { useDocument, usePart, useSearching } from '../kit/use-store.ts';
import { useWidth } from '../kit/use-width.ts';
import { rankText } from '../../search/figures.ts';
import { usePresent } from './use-present.ts';

const HEIGHT = 92;
const MARGIN = { left: 20, right: 8, top: 6, bottom: 18 };

/** Times of whole networks over what their table said; on the line both are the same. */
function PredictionChart({ run }: { readonly run: SearchRun }) {
  const [box, full] = useWidth();
  const fit = latencyFit(run.points);
  if (!fit) return null;
  const width = Math.max(100, full - MARGIN.left - MARGIN.right);
  const all = fit.timed.flatMap(({ predicted, measured }) => [predicted, measured]);
  const axis = createAxis(Math.min(...all), Math.max(...all), 3);
  const [x, y] = [
    (value: number): number => axis.place(value) * width,
    (value: number): number => (1 - axis.place(value)) * HEIGHT,
  ];
  return (
    <div ref={box}>
      <svg
        width="100%"
        height={HEIGHT + MARGIN.top + MARGIN.bottom}
        viewBox={`${-MARGIN.left} ${-MARGIN.top} ${width + MARGIN.left + MARGIN.right} ${HEIGHT + MARGIN.top + MARGIN.bottom}`}
        className="axis"
        role="img"
        aria-label={`Predicted against measured latency of ${plural(fit.timed.length, 'network')}, from ${formatMs(Math.min(...all))} to ${formatMs(Math.max(...all))}`}
      >
        <line x1={0} y1={HEIGHT} x2={width} y2={0} />
        {fit.timed.map(({ id, predicted, measured }) => (
          <circle key={id} className="search-timing" cx={x(predicted)} cy={y(measured)} r={2.5} />
        ))}
        <text x={width} y={HEIGHT + 14} textAnchor="end">
          predicted
        </text>
        <text x={0} y={HEIGHT + 14}>
          {formatMs(axis.from)}
        </text>
        <text transform={`translate(-8 ${HEIGHT}) rotate(-90)`}>measured</text>
      </svg>
      <p className="num flex justify-between text-11 text-ink-2">
        <span>{formatInteger(fit.timed.length)} timed whole</span>
        <span>
          error {formatShare(fit.error)}
          {fit.rank !== null && `, rank ${rankText(fit.rank)}`}
        </span>
      </p>
    </div>
  );
}

const nameOf = ({ name, backend, threads }: TableDevice): string =>
  `${deviceName(name)}, ${backend === 'webgpu' ? 'WebGPU' : plural(threads, 'thread')}`;

function Choice({ app, disabled }: { readonly app: App; readonly disabled: boolean }) {
  const id = useId();
  const tables = usePart(app.tables, (state) => state.tables);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const threads = useSearching(app, (state) => state.request.threads);
  const device = useSearching(app, (state) => state.device);
  const here = capabilities && wasmDevice(capabilities, threads);
  const lent = usePresent(app);
  const clock = useSearching(app, (state) => state.clock);
  // One that went away is not timed on: the next search times here.
  const timing = device === null ? lent.find(({ id: each }) => each === clock) : undefined;
  const others = (tables ?? []).filter((table) => !here || !sameDevice(table.device, here));
  const used = device ?? here;
  const known = used && tables ? (tableOf(tables, used)?.entries.length ?? 0) : null;
  return (
    <>
      <label htmlFor={id} className="text-12 text-ink-2">
        Table
      </label>
      <select
        id={id}
        className="select h-7 w-full min-w-0"
        disabled={disabled}
        value={device !== null ? JSON.stringify(device) : timing ? `lent ${timing.id}` : 'here'}
        onChange={({ target: { value } }) => {
          const chosen = lent.find((each) => value === `lent ${each.id}`);
          if (chosen) app.actions.chooseSearchClock(chosen.id);
          else {
            const table = others.find((each) => JSON.stringify(each.device) === value);
            app.actions.chooseSearchTable(table?.device ?? null);
          }
        }}
      >
        <option value="here">This device, {plural(threads, 'thread')}</option>
        {lent.map((each) => (
          <option key={each.id} value={`lent ${each.id}`}>
            {each.name}, lent, {plural(Math.min(threads, each.capabilities.maxThreads), 'thread')}
          </option>
        ))}
        {others.map((table) => (
          <option key={JSON.stringify(table.device)} value={JSON.stringify(table.device)}>
            {nameOf(table.device)}
          </option>
        ))}
      </select>
      {timing && <p className="text-11 text-ink-3">Operators and whole networks are timed on the lent device.</p>}
      {known !== null && !timing && (
        <p className="num text-11 text-ink-3">
          {device === null
            ? `${plural(known, 'operator')} measured; what is lacking is measured as the search goes.`
            : `${plural(known, 'operator')}. What was judged before is not judged again; nothing of another device is measured here.`}
        </p>
      )}
    </>
  );
}

/** From which table latencies are read, and how well it foretells. */
export function LatencySection({ app, disabled }: { readonly app: App; readonly disabled: boolean }) {
  const asked = useSearching(app, (state) => asksLatency(state.request));
  const run = useSearching(app, (state) => state.run);
  useEffect(() => void app.actions.openTables(), [app]);
  return (
    <section className="train-section" aria-labelledby="search-latency">
      <h2 id="search-latency" className="h4">
        Latency
      </h2>
      {asked ? (
        <Choice app={app} disabled={disabled} />
      ) : (
        <p className="text-11 text-ink-3">Latency plays no part: it is neither weighed nor bound.</p>
      )}
      {run?.result?.table && (
        <p className="num text-11 text-ink-2">
          Found with the table of {nameOf(run.result.table.device)}:{' '}
          {plural(run.result.table.entries.length, 'operator')}.
        </p>
      )}
      {run && <PredictionChart run={run} />}
    </section>
  );
}
