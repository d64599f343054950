import { clsx } from 'clsx';
import { Download, ExternalLink, Pause, Play, Square, X } from 'lucide-react';
import { formatInteger, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { isSupernetAtWork, type SupernetRun } from '../../state/supernet-run.ts';
import { Badge, Button, IconButton, ProgressBar } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useSupernet } from '../kit/use-store.ts';
import type { Metric } from '../train/chart.ts';
import { metricText } from '../train/words.ts';
import { LOOKS } from './Header.tsx';
import { LOOKED_AT, supernetEnd, supernetMetric, supernetProgress } from './supernet-words.ts';
import { SupernetChart } from './SupernetChart.tsx';
import './supernet.css';

interface Props {
  readonly app: App;
  readonly run: SupernetRun;
}

function AtWork({ app, run }: Props) {
  const { pauseSupernet, resumeSupernet, stopSupernet, cancelSupernet } = app.actions;
  const { status, step, request } = run;
  return (
    <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-2">
      <span className="min-w-24 flex-1">
        <ProgressBar
          label={`Step ${formatInteger(step)} of ${formatInteger(request.steps)}`}
          done={step}
          total={request.steps}
        />
      </span>
      <span className="num text-12 text-ink-2">{supernetProgress(run)}</span>
      <span className="flex gap-1.5">
        {status === 'paused' || status === 'pausing' ? (
          <Button icon={Play} onClick={resumeSupernet}>
            Resume
          </Button>
        ) : (
          <Button icon={Pause} disabled={status === 'stopping'} onClick={pauseSupernet}>
            Pause
          </Button>
        )}
        <Button
          icon={Square}
          disabled={status === 'stopping'}
          title="Ends now, and keeps what was learnt"
          onClick={stopSupernet}
        >
          Stop and keep
        </Button>
        <Button variant="ghost" title="Ends now; a checkpoint is left to go on from" onClick={cancelSupernet}>
          Cancel
        </Button>
      </span>
    </div>
  );
}

/** The three that are looked at: before, now, and on samples that took no part. */
function Figures({ run, metric }: { readonly run: SupernetRun; readonly metric: Metric }) {
  const [first, last] = [run.looks[0], run.looks.at(-1)];
  const test = run.result?.test;
  if (!first || !last) return null;
  const moved = last.full.step > first.full.step;
  return (
    <table className="table num supernet-figures" aria-label="Sub-networks, before and after">
      <thead>
        <tr>
          <th scope="col">Network</th>
          <th scope="col" className="r">
            {first.full.step === 0 ? 'Before' : `Step ${formatInteger(first.full.step)}`}
          </th>
          {moved && (
            <th scope="col" className="r">
              Step {formatInteger(last.full.step)}
            </th>
          )}
          {test && (
            <th
              scope="col"
              className="r"
              title={`${plural(test.full.samples, 'sample')} that took no part in training`}
            >
              {formatInteger(test.full.samples)} unseen
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {LOOKED_AT.map(([which, name]) => (
          <tr key={which}>
            <th scope="row">
              <i className="supernet-key" data-of={which} aria-hidden="true" />
              {name}
            </th>
            <td className={clsx('r', moved && 'text-ink-2')}>{metricText(metric, first[which])}</td>
            {moved && <td className="r">{metricText(metric, last[which])}</td>}
            {test && <td className="r">{metricText(metric, test[which])}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Done({ app, run }: Props) {
  const { openSupernet, saveSupernet } = app.actions;
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <Button
        icon={ExternalLink}
        title="In a tab of its own: its sub-networks can be searched there"
        onClick={() => void openSupernet()}
      >
        Open the supernet
      </Button>
      <Button icon={Download} onClick={() => void saveSupernet()}>
        Save…
      </Button>
      {run.saved && <span className="text-11 text-ink-3">handed over</span>}
    </div>
  );
}

/** A training as a supernet: how far it is, what it does to sub-networks, and what is done with what came of it. */
export function SupernetCard({ app }: { readonly app: App }) {
  const run = useSupernet(app, (state) => state.run);
  const failure = useDocument(app, (state) => (state.failure?.place === 'supernet' ? state.failure : null));
  if (!run) return null;
  const atWork = isSupernetAtWork(run);
  const metric = supernetMetric(run.looks);
  const [tone, icon] = LOOKS[run.status];
  return (
    <section className="card min-w-0 px-5 py-4" aria-label="Supernet training">
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="h3">Supernet of {run.name}</h2>
        <span role="status">
          <Badge tone={tone} icon={icon}>
            {run.status}
          </Badge>
        </span>
        {!atWork && <span className="num text-12 text-ink-2">{supernetEnd(run)}</span>}
        {!atWork && (
          <IconButton
            icon={X}
            label="Put the training out of sight"
            size="small"
            className="ml-auto"
            onClick={app.actions.dismissSupernet}
          />
        )}
      </div>
      {atWork && <AtWork app={app} run={run} />}
      {run.error && <Problem error={run.error} what="Supernet training" />}
      {metric && (
        <>
          <p className="mb-1.5 text-11 text-ink-3">
            {metric.title} · {plural(run.looks[0]?.full.samples ?? 0, 'sample')}
          </p>
          <div className="supernet-body">
            <SupernetChart run={run} metric={metric} />
            <Figures run={run} metric={metric} />
          </div>
        </>
      )}
      {atWork && !metric && (
        <p className="text-12 text-ink-2">{run.stage} … The first look comes before the first step.</p>
      )}
      {failure && <Problem error={failure.error} what={failure.what} compact />}
      {run.status === 'done' && <Done app={app} run={run} />}
      {run.result?.notes.map((note) => (
        <p key={note} className="mt-1.5 text-11 text-ink-3">
          {note}
        </p>
      ))}
    </section>
  );
}
