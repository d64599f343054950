import { TriangleAlert } from 'lucide-react';
import { formatChange, formatInteger, THIN } from '../../base/format.ts';
import { bytesPair, countPair, type Pair } from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { StopView } from '../../engine/types.ts';
import type { PruneForecast } from '../../prune/types.ts';
import type { App } from '../../state/app.ts';
import { VerdictBadge } from '../checks/VerdictBadge.tsx';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { roundedWidths } from './cut.ts';
import { FidelitySection } from './FidelitySection.tsx';
import { LatencyNote, LatencyRow } from './LatencyRow.tsx';
import { SensitivitySection } from './sensitivity/SensitivitySection.tsx';

interface Row {
  readonly label: string;
  readonly pair: typeof bytesPair;
  readonly before: (summary: ModelSummary) => number | null;
  readonly after: (forecast: PruneForecast) => number;
}
const ROWS: readonly Row[] = [
  { label: 'MACs', pair: countPair, before: (summary) => summary.macs, after: (forecast) => forecast.macs },
  {
    label: 'Parameters',
    pair: countPair,
    before: (summary) => summary.parameters,
    after: (forecast) => forecast.parameters,
  },
  { label: 'File', pair: bytesPair, before: (summary) => summary.bytes, after: (forecast) => forecast.bytes },
  {
    label: 'Peak memory',
    pair: bytesPair,
    before: (summary) => summary.peakActivationBytes,
    after: (forecast) => forecast.activation,
  },
];

const unitOf = ({ unit }: Pair): string => (unit === '' ? '' : THIN + unit);

function ForecastRow({ row, summary, forecast }: { row: Row; summary: ModelSummary; forecast: PruneForecast }) {
  const before = row.before(summary);
  // Where the cost of the whole is unknown, the forecast of its parts is no number to show.
  const after = before === null ? null : row.after(forecast);
  const pair = row.pair(before, after);
  const change = formatChange(before, after);
  const less = change !== 'same' && before !== null && after !== null && after < before;
  return (
    <tr>
      <th scope="row">{row.label}</th>
      <td className="text-ink-3">{pair.before}</td>
      <td>{after === null ? pair.after : pair.after + unitOf(pair)}</td>
      <td className={less ? 'text-added' : 'text-ink-3'}>{change}</td>
    </tr>
  );
}

function Rounded({ app }: { readonly app: App }) {
  const session = useDocument(app, (state) => state.prune);
  if (!session) return null;
  const rounded = roundedWidths(session.plan.groups, session.forecast, session.options);
  const first = rounded[0];
  if (!first) return null;
  const direction = first.kept > first.asked ? 'up' : 'down';
  return (
    <div className="flex items-start gap-1.5 px-3.5 py-3 text-11 text-ink-2">
      <Icon of={TriangleAlert} size={13} className="mt-px text-warning" />
      <span>
        {first.name} would keep {formatInteger(first.asked)}. Rounded {direction} to {formatInteger(first.kept)}, a
        multiple of {session.options.roundTo}.{rounded.length > 1 && ` So are ${rounded.length - 1} more.`}
      </span>
    </div>
  );
}

/** What was measured of the last pruning step, if the model shown is one. */
function LastCheck({ stop }: { readonly stop: StopView | undefined }) {
  if (stop?.pass !== 'prune-channels') return null;
  return (
    <div className="sec">
      <h3 className="h4 mb-2">
        The step before <VerdictBadge result={stop.verify} />
      </h3>
      <p className="text-11 text-ink-2">{stop.verify?.message ?? 'Not compared with the model before it yet.'}</p>
    </div>
  );
}

/** The right panel while channels are pruned: counted numbers only, which follow the sliders. */
export function ForecastPanel({ app }: { readonly app: App }) {
  const session = useDocument(app, (state) => state.prune);
  const stop = useDocument(app, ({ document }) => document?.stops[document.cursor]);
  if (!session || !stop) return null;
  return (
    <section className="flex h-full min-h-0 flex-col overflow-auto" aria-label="Forecast">
      <div className="sec">
        <h2 className="h3">Forecast</h2>
        <p className="mb-2 text-11 text-ink-3">counted, not measured, until you apply</p>
        <table className="forecast num" aria-label="Forecast of the pruned model">
          <thead className="sr-only">
            <tr>
              <th scope="col">Quantity</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {ROWS.map((row) => (
              <ForecastRow key={row.label} row={row} summary={stop.summary} forecast={session.forecast} />
            ))}
            <LatencyRow app={app} session={session} />
          </tbody>
        </table>
        <LatencyNote app={app} session={session} />
      </div>
      <SensitivitySection app={app} session={session} />
      <FidelitySection app={app} />
      <LastCheck stop={stop} />
      <Rounded app={app} />
    </section>
  );
}
