import { Download, Play } from 'lucide-react';
import { useId, useState } from 'react';
import { formatShare } from '../../../base/format.ts';
import type { AccuracyRequest } from '../../../engine/accuracy/types.ts';
import type { CompareSide } from '../../../engine/compare-types.ts';
import { ALONE } from '../../../state/alone.ts';
import type { App } from '../../../state/app.ts';
import { runningJobs } from '../../../state/jobs.ts';
import { Button, Segments } from '../../kit/controls.tsx';
import { Problem } from '../../kit/Problem.tsx';
import { useAccuracy, useDocument, useJobs, useSettings } from '../../kit/use-store.ts';
import { BenchProgress } from '../BenchProgress.tsx';
import { saveJson } from '../save-json.ts';
import { SecondFileButton, SecondProblem, SideField } from '../SideFields.tsx';
import './accuracy.css';
import { ChangedCard } from './ChangedCard.tsx';
import { ConfusionCard } from './ConfusionCard.tsx';
import { DataCard } from './DataCard.tsx';
import { changedCsv } from '../../../report/accuracy-csv.ts';
import { Headline } from './Headline.tsx';

/** What is typed before it is asked for. */
interface Choice {
  readonly a: CompareSide;
  readonly b: CompareSide | null;
  readonly backend: 'wasm' | 'webgpu';
  readonly samples: string;
  readonly offset: string;
  readonly output: string;
  readonly formula: string;
}

const whole = (text: string): number | null => (/^\s*-?\d+\s*$/.test(text) ? Number(text) : null);

function requestOf({ samples, offset, output, formula, backend }: Choice, threads: number): AccuracyRequest {
  const count = whole(samples);
  return {
    samples: count !== null && count > 0 ? count : null,
    labelOffset: whole(offset) ?? 0,
    output: output.trim() === '' ? null : output.trim(),
    formula: formula.trim() === '' ? null : formula.trim(),
    backend,
    level: 'all',
    threads: backend === 'wasm' ? threads : 1,
  };
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly wide?: boolean;
  onChange(value: string): void;
}
function Text({ label, value, hint, wide = false, onChange }: TextProps) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-11 text-ink-3">
        {label}
      </label>
      <span className={wide ? 'field w-44' : 'field w-20'}>
        <input
          id={id}
          className="min-w-0 flex-1"
          value={value}
          placeholder={hint}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      </span>
    </span>
  );
}

/** What came out; and that it is of an earlier state of the recipe, where it is. */
function Results({ app }: { readonly app: App }) {
  const { finding, partial } = useAccuracy(app, (state) => state);
  const revision = useDocument(app, (state) => state.document?.revision);
  if (!finding) {
    if (!partial || partial.done === 0) return null;
    return (
      <section className="card px-5 py-4" aria-label="Cancelled">
        <h2 className="h3">Cancelled</h2>
        <p className="num mt-1 text-ink-2">
          After {partial.done} of {partial.total} samples top-1 was{' '}
          {partial.right.map((right) => formatShare(right / partial.done)).join(' and ')}.
        </p>
      </section>
    );
  }
  const { result } = finding;
  return (
    <>
      {finding.revision !== revision && (
        <p role="status" className="card px-[18px] py-2.5 text-warning">
          The recipe has changed since: this was measured before.
        </p>
      )}
      <div className="flex flex-wrap items-center justify-end gap-1.5">
        {result.pair && (
          <Button
            size="small"
            variant="ghost"
            icon={Download}
            onClick={() => app.actions.saveFile('changed.csv', new Blob([changedCsv(result)], { type: 'text/csv' }))}
          >
            CSV of changes
          </Button>
        )}
        <Button
          size="small"
          variant="ghost"
          icon={Download}
          onClick={() => app.actions.saveFile('accuracy.json', saveJson(result))}
        >
          JSON
        </Button>
      </div>
      <Headline result={result} />
      <div className="bench-pair">
        <ConfusionCard result={result} />
        {result.pair && result.pair.agreement !== null && <ChangedCard app={app} result={result} pair={result.pair} />}
      </div>
    </>
  );
}

/** What models get right on labelled data: the data, the models, and what came out. */
export function AccuracyLab({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const webgpu = useDocument(app, (state) => state.capabilities?.webgpu ?? null);
  const failure = useDocument(app, (state) => (state.failure?.place === 'accuracy' ? state.failure : null));
  const view = useAccuracy(app, (state) => state.view);
  const threads = useSettings(app, (settings) => settings.threads);
  const [job] = useJobs(app, (state) =>
    runningJobs(state).filter(({ kind }) => kind === 'accuracy' || ALONE.includes(kind)),
  );
  const [changes, setChanges] = useState<Partial<Choice>>({});
  if (!document) return null;
  const { cursor, stops } = document;
  const first: Choice = {
    a: 0,
    b: cursor === 0 ? null : cursor,
    backend: 'wasm',
    samples: '',
    offset: '',
    output: '',
    formula: '',
  };
  const chosen = { ...first, ...changes };
  const fit = (side: CompareSide): CompareSide => (side === 'second' ? side : Math.min(side, stops.length - 1));
  const choice = { ...chosen, a: fit(chosen.a), b: chosen.b === null ? null : fit(chosen.b) };
  const onChoice = (patch: Partial<Choice>): void => setChanges({ ...changes, ...patch });
  const run = (): void => void app.actions.measureAccuracy(choice.a, choice.b, requestOf(choice, threads));
  const busy = job !== undefined;
  return (
    <>
      <DataCard app={app} />
      {view && (
        <div className="card flex flex-wrap items-center gap-x-4 gap-y-2 px-[18px] py-2.5">
          <div
            className="flex min-w-0 grow flex-wrap items-center gap-x-4 gap-y-2"
            role="group"
            aria-label="What to measure"
          >
            <SideField
              app={app}
              label="Measure"
              value={choice.a}
              disabled={busy}
              onChange={(a) => onChoice({ a: a ?? 0 })}
            />
            <SideField
              app={app}
              label="and"
              value={choice.b}
              none="no other"
              disabled={busy}
              onChange={(b) => onChoice({ b })}
            />
            <SecondFileButton app={app} onOpened={() => onChoice({ b: 'second' })} />
            <Segments
              label="Backend"
              value={choice.backend}
              onChange={(backend) => onChoice({ backend })}
              options={[
                { value: 'wasm', label: 'WASM', disabled: busy },
                { value: 'webgpu', label: 'WebGPU', disabled: busy || webgpu === null },
              ]}
            />
            <Text label="Samples" value={choice.samples} hint="all" onChange={(samples) => onChoice({ samples })} />
            {view.labels && (
              <Text label="Label offset" value={choice.offset} hint="0" onChange={(offset) => onChoice({ offset })} />
            )}
            <Text
              label="Output"
              value={choice.output}
              hint="the first that can"
              wide
              onChange={(output) => onChoice({ output })}
            />
            {view.targets && (
              <Text
                label="Your own error"
                value={choice.formula}
                hint="mean(abs(y - t))"
                wide
                onChange={(formula) => onChoice({ formula })}
              />
            )}
            {choice.backend === 'webgpu' && webgpu?.software && (
              <span className="text-11 text-warning">This WebGPU adapter is software: slow, and no graphics card.</span>
            )}
          </div>
          <Button variant="primary" icon={Play} disabled={busy} onClick={run}>
            Run
          </Button>
        </div>
      )}
      <SecondProblem app={app} />
      {job?.kind === 'accuracy' && <BenchProgress job={job} onCancel={() => app.actions.cancelJob(job.id)} />}
      {failure && (
        <Problem error={failure.error} what={failure.what}>
          <Button size="small" onClick={app.actions.dismissFailure}>
            Dismiss
          </Button>
        </Problem>
      )}
      <Results app={app} />
    </>
  );
}
