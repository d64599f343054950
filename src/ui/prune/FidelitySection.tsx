import { Scale } from 'lucide-react';
import { formatInteger, formatShare, formatValue, plural } from '../../base/format.ts';
import type { Fidelity } from '../../engine/fidelity.ts';
import type { CalibrationView } from '../../engine/calibrate-files.ts';
import type { App } from '../../state/app.ts';
import { runningJobs } from '../../state/jobs.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument, useJobs } from '../kit/use-store.ts';
import { JobLine } from '../kit/JobLine.tsx';

/** Accuracy before and after, and how near each output stays to the original's. */
function Figures({ fidelity }: { readonly fidelity: Fidelity }) {
  const { outputs, accuracy } = fidelity;
  return (
    <table className="forecast num" aria-label="Fidelity on the held-out samples">
      <thead className="sr-only">
        <tr>
          <th scope="col">Figure</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {accuracy && (
          <tr>
            <th scope="row">Accuracy</th>
            <td>
              <span className="text-ink-3">{formatShare(accuracy.before)}</span> → {formatShare(accuracy.after)}
            </td>
          </tr>
        )}
        {outputs.flatMap(({ name, cosine, kl, agreement }) => {
          const of = outputs.length > 1 ? `${name}: ` : '';
          return [
            <tr key={`${name} cosine`}>
              <th scope="row">{of}Cosine</th>
              <td>{Number.isNaN(cosine) ? formatValue(cosine) : cosine.toFixed(4)}</td>
            </tr>,
            <tr key={`${name} kl`}>
              <th scope="row">{of}KL, nats</th>
              <td>{formatValue(kl)}</td>
            </tr>,
            <tr key={`${name} agreement`}>
              <th scope="row">{of}Same top class</th>
              <td>{formatShare(agreement)}</td>
            </tr>,
          ];
        })}
      </tbody>
    </table>
  );
}

const heldOut = ({ judged, used, name }: Pick<CalibrationView, 'judged' | 'used' | 'name'>): string =>
  `${plural(judged, 'sample')} of ${name} beside the ${formatInteger(used)} that calibrate`;

/** The result against the original on data of a person's own: what was found, or the offer to find it. */
export function JudgedBlock({ app }: { readonly app: App }) {
  const view = useDocument(app, (state) => state.calibration?.view ?? null);
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const judged = useDocument(app, (state) => (state.judged?.stop === cursor ? state.judged.result : null));
  const [job] = useJobs(app, (state) => runningJobs(state).filter(({ kind }) => kind === 'judge'));
  if (!view || view.judged === 0 || cursor === 0) return null;
  return (
    <div role="group" aria-label="Judged on data">
      {job && <JobLine job={job} onCancel={() => app.actions.cancelJob(job.id)} />}
      {judged && (
        <>
          <p className="num mb-1 text-11 text-ink-2">
            The model shown against the original, on {heldOut({ ...view, judged: judged.samples })}.
          </p>
          <Figures fidelity={judged.fidelity} />
        </>
      )}
      {!job && !judged && (
        <>
          <p className="num mb-1.5 text-11 text-ink-2">
            The model shown has not been held against the original on {heldOut(view)}.
          </p>
          <Button size="small" icon={Scale} onClick={() => void app.actions.judge()}>
            Judge on data
          </Button>
        </>
      )}
    </div>
  );
}

/** What is known of how close the result is: on the data that were given, where there are some. */
export function FidelitySection({ app }: { readonly app: App }) {
  const view = useDocument(app, (state) => state.calibration?.view ?? null);
  return (
    <section className="sec" aria-label="Fidelity">
      <h3 className="h4 mb-1.5">Fidelity</h3>
      <p className="mb-1.5 text-11 text-ink-2">
        Unknown until you apply. The result is then run against the model before it, and its stop says how close it is.
        {view && view.judged > 0 && ` It is also judged on ${heldOut(view)}.`}
        {view?.judged === 0 && ` ${view.name} has no sample left to judge by: one calibrates.`}
      </p>
      <JudgedBlock app={app} />
    </section>
  );
}
