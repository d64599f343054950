import { Play } from 'lucide-react';
import type { App } from '../../../state/app.ts';
import { ALONE } from '../../../state/alone.ts';
import { runningJobs, type JobView } from '../../../state/jobs.ts';
import { fitVerify } from '../../../state/verify-lab-store.ts';
import { Button, ProgressBar } from '../../kit/controls.tsx';
import { Problem } from '../../kit/Problem.tsx';
import { useCompare, useDocument, useJobs, usePart } from '../../kit/use-store.ts';
import { countOf } from '../../kit/job-text.ts';
import { InputsCard } from './InputsCard.tsx';
import { Result } from './Result.tsx';
import { Setup } from './Setup.tsx';
import './verify.css';

/** Nothing compared yet: what a comparison does. */
function Nothing() {
  return (
    <section className="card px-5 py-[18px]" aria-label="Nothing compared yet">
      <h2 className="h3">Nothing compared yet</h2>
      <p className="mt-1.5 max-w-[64ch] text-ink-2">
        A runs on WASM without the runtime’s optimization, B at every level and backend that is chosen, on the same
        inputs. Every output is compared, and every value inside that both compute: the first node whose result is off
        though what it reads is right is where they part.
      </p>
    </section>
  );
}

function Running({ job, onCancel }: { readonly job: JobView; onCancel(): void }) {
  const { stage, done, total } = job.progress;
  const label = stage === '' ? 'Preparing' : stage;
  return (
    <section className="card px-5 py-3.5" aria-label="Comparison at work">
      <div className="mb-2 flex items-center gap-3">
        <span className="ell grow">{label}</span>
        <span className="num text-ink-2">{countOf(job.progress)}</span>
        <Button size="small" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <ProgressBar label={label} done={done} total={total} />
    </section>
  );
}

/** Any two models against each other: outputs, the values inside, and where they part first. */
export function VerifyLab({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const capabilities = useDocument(app, (state) => state.capabilities);
  const second = useCompare(app, (state) => state.second);
  const { setup: chosen, inputs, verified, stale, error } = usePart(app.verifyLab, (state) => state);
  const [job] = useJobs(app, (state) => runningJobs(state).filter(({ kind }) => kind === 'verify-lab'));
  const [alone] = useJobs(app, (state) => runningJobs(state).filter(({ kind }) => ALONE.includes(kind)));
  if (!document) return null;
  const setup = fitVerify(chosen, {
    stops: document.stops.length,
    cursor: document.cursor,
    hasSecond: second !== null,
    hasWebgpu: capabilities?.webgpu != null,
  });
  const isBusy = job !== undefined || alone !== undefined || inputs?.asking === true;
  const isUnfed = setup.seeds === 0 && !inputs?.view;
  return (
    <>
      <div className="verify-top">
        <section className="card px-[18px] py-3.5" aria-label="What to compare">
          <Setup
            app={app}
            setup={setup}
            stops={document.stops}
            second={second?.name ?? null}
            capabilities={capabilities}
            disabled={job !== undefined}
          />
          <div className="mt-3 flex flex-wrap items-center gap-3">
            <Button
              variant="primary"
              icon={Play}
              disabled={isBusy || isUnfed || (inputs?.error ?? null) !== null}
              onClick={() => void app.actions.runVerifyLab()}
            >
              {verified ? 'Run again' : 'Run'}
            </Button>
            {isUnfed && (
              <span className="text-11 text-ink-3">There is no input to run on: choose seeds, or give files.</span>
            )}
            {alone && (
              <span className="text-11 text-ink-3">A measurement is running. It needs the device for itself.</span>
            )}
          </div>
        </section>
        <InputsCard app={app} setup={setup} inputs={inputs} disabled={job !== undefined} />
      </div>
      {job && <Running job={job} onCancel={() => app.actions.cancelJob(job.id)} />}
      {error && (
        <Problem error={error} what="Verification">
          <Button size="small" onClick={app.actions.dismissVerifyError}>
            Dismiss
          </Button>
        </Problem>
      )}
      {!verified && !job && !error && <Nothing />}
      {verified && (
        <Result app={app} verified={verified} stale={stale} software={capabilities?.webgpu?.software === true} />
      )}
    </>
  );
}
