import { Check, CircleDot } from 'lucide-react';
import { formatBytes, formatInteger, formatMs, plural } from '../../base/format.ts';
import type { Progress } from '../../base/job.ts';
import type { App } from '../../state/app.ts';
import { Button, Icon, ProgressBar } from '../kit/controls.tsx';
import { useClock } from '../kit/use-later.ts';
import { useDocument, useJobs } from '../kit/use-store.ts';

const countOf = ({ done, total }: Progress): string => {
  if (done === undefined) return total === undefined ? '' : formatInteger(total);
  return total === undefined ? formatInteger(done) : `${formatInteger(done)} of ${formatInteger(total)}`;
};

/** Stages of a job: what is over, and what is at work with its count. */
function Stages({ stages, now }: { readonly stages: readonly Progress[]; readonly now: Progress }) {
  return (
    <ol className="mt-3.5">
      {stages.map((stage) => (
        <li key={stage.stage} className="flex h-[30px] items-center gap-2">
          <Icon of={Check} className="text-added" />
          <span className="flex-1">{stage.stage}</span>
          <span className="num text-ink-2">{countOf(stage)}</span>
        </li>
      ))}
      <li>
        <div className="flex h-[30px] items-center gap-2" aria-current="step">
          <Icon of={CircleDot} className="text-accent" />
          <span className="flex-1">{now.stage || 'Starting'}</span>
          <span className="num text-ink-2">{countOf(now)}</span>
        </div>
        <div className="mb-1.5 ml-[22px]">
          <ProgressBar label={now.stage || 'Starting'} done={now.done} total={now.total} />
        </div>
      </li>
    </ol>
  );
}

/** What is being opened: how much, how far, and the way out. */
export function OpeningCard({ app }: { readonly app: App }) {
  const opening = useDocument(app, (state) => state.opening);
  const job = useJobs(app, ({ jobs }) => jobs.find((each) => each.id === opening?.job));
  const now = useClock(job !== undefined);
  if (!opening || !job) return null;
  const size =
    opening.bytes === null ? 'built in the page' : `${formatBytes(opening.bytes)} in ${plural(opening.files, 'file')}`;
  return (
    <div aria-label="Opening" role="group">
      <div className="flex items-center justify-between gap-3">
        <h2 className="h3 ell">Opening {opening.name}</h2>
        <Button size="small" keys="Esc" onClick={() => app.actions.cancelOpening()}>
          Cancel
        </Button>
      </div>
      <p className="num mt-0.5 text-11 text-ink-3">
        {size} · {formatMs(Math.max(0, now - job.startedAt))} so far
      </p>
      <Stages stages={job.stages} now={job.progress} />
      <p className="mt-2 text-12 text-ink-2">
        The picture comes first; weights are read only when something asks for them.
      </p>
    </div>
  );
}
