import { clsx } from 'clsx';
import { Bug, GraduationCap, Play } from 'lucide-react';
import { useState } from 'react';
import { formatMs } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { runningJobs } from '../../state/jobs.ts';
import type { VerifyResult } from '../../verify/types.ts';
import { Button } from '../kit/controls.tsx';
import { JobLine } from '../kit/JobLine.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useJobs } from '../kit/use-store.ts';
import { JudgedBlock } from '../prune/FidelitySection.tsx';
import { BrokenStep } from './BrokenStep.tsx';
import './checks.css';
import { ErrorTable } from './ErrorTable.tsx';
import { inputsText, requestFor, subjectsOf, type Subject } from './subjects.ts';
import { meaningOf, VerdictBadge } from './VerdictBadge.tsx';

interface ListProps {
  readonly subjects: readonly Subject[];
  readonly selected: string;
  onSelect(id: string): void;
}
function SubjectList({ subjects, selected, onSelect }: ListProps) {
  return (
    <ul className="checks-list" aria-label="Comparisons">
      {subjects.map((subject) => (
        <li key={subject.id}>
          <button
            type="button"
            className={clsx('check-row', subject.id === selected && 'check-row-on')}
            aria-pressed={subject.id === selected}
            title={subject.about}
            onClick={() => onSelect(subject.id)}
          >
            <span className="ell grow text-left">{subject.title}</span>
            <VerdictBadge result={subject.result} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What was found for one comparison: the verdict in words, then every output. */
function Findings({ subject }: { readonly subject: Subject }) {
  const { result } = subject;
  if (!result)
    return (
      <p className="text-12 text-ink-2">
        Not checked yet. Both models run on generated inputs, and every output is compared: {subject.about}.
      </p>
    );
  return (
    <>
      <p className="mb-2 text-12 text-ink">
        {result.message}{' '}
        <span className="text-ink-3">
          {meaningOf(result)} Class {result.class}; inputs: {inputsText(result.inputs)}; {formatMs(result.ms)}.
        </span>
      </p>
      <ErrorTable result={result} />
    </>
  );
}

/** The outputs are not those of the original: by fault, or because a step changes values on purpose. */
const canPart = ({ verdict, class: exactness }: VerifyResult): boolean =>
  verdict === 'differs' || exactness === 'approximation';

/** The dock's page on checks: each step against its predecessor, and the whole against the original. */
export function ChecksPanel({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const hasWebgpu = useDocument(app, (state) => state.capabilities?.webgpu != null);
  const failure = useDocument(app, (state) => (state.failure?.place === 'check' ? state.failure : null));
  const [job] = useJobs(app, (state) =>
    runningJobs(state).filter(({ kind }) => kind === 'verify' || kind === 'bisect'),
  );
  const [chosen, setChosen] = useState('whole');
  const [webgpu, setWebgpu] = useState(false);
  const subjects = document ? subjectsOf(document) : [];
  const subject = subjects.find((each) => each.id === chosen) ?? subjects[0];
  if (!subject) {
    return (
      <div className="px-3.5 py-2.5 text-12 text-ink-2">
        <BrokenStep app={app} />
        <p>Nothing to check: no step is applied.</p>
      </div>
    );
  }
  const parts = subjects.some(({ result }) => result !== null && canPart(result));
  const check = (): void => void app.actions.verify(subject.a, subject.b, requestFor(webgpu, hasWebgpu));
  return (
    <section className="checks" aria-label="Checks">
      <SubjectList subjects={subjects} selected={subject.id} onSelect={setChosen} />
      <div className="checks-body" tabIndex={0} role="region" aria-label={`Check of ${subject.title}`}>
        <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1.5">
          <VerdictBadge result={subject.result} />
          {job ? (
            <JobLine job={job} row onCancel={() => app.actions.cancelJob(job.id)} />
          ) : (
            <>
              <label className="flex items-center gap-1.5 text-12 text-ink-2">
                <input
                  type="checkbox"
                  checked={webgpu && hasWebgpu}
                  disabled={!hasWebgpu}
                  onChange={(event) => setWebgpu(event.target.checked)}
                />
                {hasWebgpu ? 'on WebGPU too' : 'no WebGPU here'}
              </label>
              <Button size="small" icon={Play} onClick={check}>
                {subject.result ? 'Check again' : 'Check'}
              </Button>
              {parts && (
                <Button
                  size="small"
                  icon={Bug}
                  onClick={() => void app.actions.bisect({ backends: requestFor(webgpu, hasWebgpu).backends })}
                >
                  Which step broke it?
                </Button>
              )}
              {parts && (
                <Button
                  size="small"
                  icon={GraduationCap}
                  title="Trains what is shown to answer as the original does"
                  onClick={app.actions.recoverHere}
                >
                  Recover by training
                </Button>
              )}
            </>
          )}
        </div>
        {failure && (
          <Problem error={failure.error} what={failure.what} compact>
            <Button size="small" onClick={app.actions.dismissFailure}>
              Dismiss
            </Button>
          </Problem>
        )}
        <BrokenStep app={app} />
        <Findings subject={subject} />
        {subject.a === 0 && subject.b === document?.cursor && <JudgedBlock app={app} />}
      </div>
    </section>
  );
}
