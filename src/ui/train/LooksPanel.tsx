import { Download, ListPlus } from 'lucide-react';
import { formatBytes, formatCount, formatInteger, formatMs } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { bestOf, isAtWork, type TrainRun } from '../../state/training-run.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument } from '../kit/use-store.ts';
import { lossOf, metricOf } from './chart.ts';
import { lossText, metricText } from './words.ts';

/** Looks at held-out samples, the newest first, as a table. */
function Looks({ run }: { readonly run: TrainRun }) {
  const metric = metricOf(run.evaluations);
  const best = bestOf(run);
  const last = run.evaluations.at(-1);
  const rows = run.evaluations.toReversed();
  return (
    <section className="train-section" aria-labelledby="train-looks">
      <h2 id="train-looks" className="h4">
        Looks at held-out samples
      </h2>
      {rows.length === 0 && <p className="text-11 text-ink-3">None yet: the first one comes before the first step.</p>}
      {rows.length > 0 && (
        <div className="max-h-[46vh] overflow-auto" tabIndex={0} role="region" aria-label="Looks, the newest first">
          <table className="table num train-looks">
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col">
                  <span className="sr-only">Note</span>
                </th>
                {metric && (
                  <th scope="col" className="r">
                    {metric.short}
                  </th>
                )}
                <th scope="col" className="r">
                  Loss
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => {
                const notes = [
                  each.step === best?.step ? 'best' : '',
                  each.step === 0 ? 'before' : each === last && isAtWork(run) ? 'now' : '',
                ].filter(Boolean);
                return (
                  <tr key={each.step} className={each.step === best?.step ? 'train-best' : undefined}>
                    <td>{formatInteger(each.step)}</td>
                    <td className="text-11 text-ink-2">{notes.join(', ')}</td>
                    {metric && <td className="r">{metricText(metric, each)}</td>}
                    <td className="r text-ink-2">{lossText(lossOf(each))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {metric && run.taught && run.taught[metric.key] !== null && (
        <p className="num text-11 text-ink-3">The teacher on the same samples: {metricText(metric, run.taught)}.</p>
      )}
    </section>
  );
}

function Outcome({ app, run }: { readonly app: App; readonly run: TrainRun }) {
  const { result } = run;
  const best = bestOf(run);
  if (!result) return null;
  const { parameters, ms, notes } = result;
  return (
    <section className="train-section" aria-labelledby="train-outcome">
      <h2 id="train-outcome" className="h4">
        Trained model
      </h2>
      <p className="num text-12 text-ink-2">
        {run.student} with the weights of step {formatInteger(best?.step)}: {formatCount(parameters.trained)} of{' '}
        {formatCount(parameters.all)} numbers trained, {formatInteger(result.steps)} steps in {formatMs(ms)}.
      </p>
      <div className="flex flex-wrap gap-1.5">
        <Button
          variant="primary"
          icon={ListPlus}
          disabled={run.side === 'second'}
          title={
            run.side === 'second'
              ? 'A second file was trained: its weights fit no step of this recipe'
              : 'What was learnt becomes a step behind the stop that was trained'
          }
          onClick={() => void app.actions.keepTrained()}
        >
          Use in the recipe
        </Button>
        <Button icon={Download} onClick={() => void app.actions.saveTrained()}>
          Export model
        </Button>
      </div>
      <ul className="flex flex-col gap-1 text-11 text-ink-3">
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

/** Samples that neither trained nor chose the weights: the figures that count. */
function Tested({ run }: { readonly run: TrainRun }) {
  const test = run.result?.test;
  const metric = test && metricOf([test.before, test.after]);
  if (!test || !metric) return null;
  const rows = [
    ['Before', test.before],
    ['After', test.after],
    ...(test.teacher ? ([['Teacher', test.teacher]] as const) : []),
  ] as const;
  return (
    <section className="train-section" aria-labelledby="train-tested">
      <h2 id="train-tested" className="h4">
        Test data
        <span className="num font-regular text-ink-3">{formatInteger(test.after.samples)} samples</span>
      </h2>
      <table className="table num train-looks" aria-labelledby="train-tested">
        <thead>
          <tr>
            <th scope="col">
              <span className="sr-only">Model</span>
            </th>
            <th scope="col" className="r">
              {metric.short}
            </th>
            <th scope="col" className="r">
              Loss
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, each]) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="r">{metricText(metric, each)}</td>
              <td className="r text-ink-2">{lossText(lossOf(each))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What comes of a run: looks at held-out samples, and in the end the model. */
export function LooksPanel({ app, run }: { readonly app: App; readonly run: TrainRun }) {
  const failure = useDocument(app, (state) => (state.failure?.place === 'train' ? state.failure : null));
  return (
    <>
      <Outcome app={app} run={run} />
      {failure && (
        <div className="train-section">
          <Problem compact error={failure.error} what={failure.what}>
            <Button size="small" onClick={app.actions.dismissFailure}>
              Dismiss
            </Button>
          </Problem>
        </div>
      )}
      <Tested run={run} />
      <Looks run={run} />
    </>
  );
}

interface MemoryProps {
  readonly memory: { readonly weights: number; readonly optimizer: number; readonly activations: number | null };
}

/** What a run takes of memory, before it begins. */
export function Memory({ memory }: MemoryProps) {
  const { weights, optimizer, activations } = memory;
  const rows: readonly (readonly [string, number | null])[] = [
    ['Trained weights', weights],
    ['Optimizer', optimizer],
    ['Values of a step, at most', activations],
    ['Together', activations === null ? null : weights + optimizer + activations],
  ];
  return (
    <dl className="train-memory num text-12">
      {rows.map(([what, bytes]) => (
        <div key={what} className="contents">
          <dt className="text-ink-3">{what}</dt>
          <dd>{formatBytes(bytes)}</dd>
        </div>
      ))}
    </dl>
  );
}
