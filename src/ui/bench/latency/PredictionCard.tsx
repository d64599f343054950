import { Gauge, Timer } from 'lucide-react';
import { formatMs, formatOff, formatShare, plural } from '../../../base/format.ts';
import type { PredictionCheck } from '../../../engine/latency-table/studio-calls.ts';
import type { LatencyPrediction } from '../../../engine/latency-table/types.ts';
import { Button } from '../../kit/controls.tsx';

function Figure({ title, value, note }: { readonly title: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt className="text-11 text-ink-3">{title}</dt>
      <dd className="num latency-figure">{value}</dd>
      <dd className="num text-11 text-ink-3">{note}</dd>
    </div>
  );
}

const coverage = ({ parts, missing, missingWork }: LatencyPrediction): string => {
  const total = parts.length + missing.length;
  if (missing.length === 0) return `all ${plural(total, 'part')} covered`;
  return `${parts.length} of ${plural(total, 'part')} covered; ${formatShare(missingWork)} of the work is not`;
};

/** Where the prediction and the model's own profile part most. */
function Apart({ check }: { readonly check: PredictionCheck }) {
  return (
    <>
      <h3 className="mt-4 mb-1.5 font-medium">Where they part most</h3>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Where the prediction parts">
        <table className="table entries num" aria-label="Where prediction and profile part most">
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">Operators</th>
              <th scope="col" className="r">
                Table
              </th>
              <th scope="col" className="r">
                In the model
              </th>
              <th scope="col" className="r">
                Apart
              </th>
            </tr>
          </thead>
          <tbody>
            {check.apart.slice(0, 6).map(({ part, measured }) => (
              <tr key={part.nodes.join()}>
                <td className="entries-what">{part.label}</td>
                <td className="entries-what text-ink-2">{part.operators}</td>
                <td className="r">{formatMs(part.ms)}</td>
                <td className="r">{formatMs(measured)}</td>
                <td className="r text-ink-2">
                  {part.ms < measured ? '−' : '+'}
                  {formatMs(Math.abs(part.ms - measured))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="mt-1.5 text-11 text-ink-3">
        Times in the model come from the runtime's profile, which adds some microseconds to each kernel.
      </p>
    </>
  );
}

interface Props {
  readonly prediction: LatencyPrediction;
  readonly check: PredictionCheck | null;
  /** The table is of this device: what it predicts can be measured here. */
  readonly isHere: boolean;
  readonly disabled: boolean;
  onMeasure(): void;
  onCheck(): void;
}

/** What the table says of the model at the cursor, and how near that is. */
export function PredictionCard({ prediction, check, isHere, disabled, onMeasure, onCheck }: Props) {
  const missing = prediction.missing.filter(({ reason }) => reason === null).length;
  const interpolated = prediction.parts.filter(({ source }) => source === 'interpolated').length;
  return (
    <section className="card px-[18px] py-3.5" aria-label="Predicted latency">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 className="h3 grow">Predicted latency</h2>
        {isHere && missing > 0 && (
          <Button size="small" icon={Timer} disabled={disabled} onClick={onMeasure}>
            Measure {plural(missing, 'part')} more
          </Button>
        )}
        {isHere && (
          <Button size="small" icon={Gauge} disabled={disabled} onClick={onCheck}>
            {check ? 'Check again' : 'Check against a run'}
          </Button>
        )}
      </header>
      <dl className="mt-3 flex flex-wrap gap-x-10 gap-y-3">
        <Figure
          title="Predicted"
          value={formatMs(prediction.ms)}
          note={coverage(prediction) + (interpolated > 0 ? `, ${interpolated} interpolated` : '')}
        />
        {check && (
          <>
            <Figure
              title="Measured"
              value={formatMs(check.measured)}
              note={`fastest run; median ${formatMs(check.median)}`}
            />
            <Figure title="Error" value={formatOff(check.error)} note="predicted against measured" />
          </>
        )}
      </dl>
      {check && <Apart check={check} />}
      {!check && isHere && (
        <p className="mt-3 max-w-[72ch] text-ink-2">
          Nothing of the whole model was run for this. Check it against a run to see the error.
        </p>
      )}
    </section>
  );
}
