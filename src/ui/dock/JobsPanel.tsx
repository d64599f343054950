import { Ban, Check, CircleX } from 'lucide-react';
import { formatMs } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { JobView } from '../../state/jobs.ts';
import { Button, Icon, ProgressBar } from '../kit/controls.tsx';
import { stageText } from '../kit/job-text.ts';
import { useClock } from '../kit/use-later.ts';
import { useJobs } from '../kit/use-store.ts';

const ENDED = {
  done: { icon: Check, colour: 'text-added', word: '' },
  failed: { icon: CircleX, colour: 'text-error', word: 'failed' },
  cancelled: { icon: Ban, colour: 'text-ink-3', word: 'cancelled' },
} as const;

function RunningRow({ app, job }: { readonly app: App; readonly job: JobView }) {
  const now = useClock(true);
  const { done, total } = job.progress;
  return (
    <li className="flex items-center gap-3 py-1.5">
      <span className="ell w-[220px] font-medium">{job.title}</span>
      <span className="w-[180px]">
        <ProgressBar label={job.title} done={done} total={total} />
      </span>
      <span className="num ell flex-1 text-11 text-ink-2">{stageText(job)}</span>
      <span className="num w-16 text-right text-11 text-ink-3">{formatMs(Math.max(0, now - job.startedAt))}</span>
      <Button size="small" onClick={() => app.actions.cancelJob(job.id)}>
        Cancel
      </Button>
    </li>
  );
}

function EndedRow({ job }: { readonly job: JobView }) {
  if (job.state === 'running') return null;
  const { icon, colour, word } = ENDED[job.state];
  return (
    <li className="flex items-center gap-3 py-1 text-12 text-ink-2">
      <Icon of={icon} size={13} className={colour} />
      <span className="ell w-[220px]">{job.title}</span>
      <span className="ell flex-1 text-11 text-ink-3" title={job.error?.message}>
        {job.state === 'failed' ? (job.error?.message ?? word) : word}
      </span>
      <span className="num w-16 text-right text-11 text-ink-3">{formatMs(job.ms)}</span>
    </li>
  );
}

/** What is at work, with a way to stop it, and what has ended. */
export function JobsPanel({ app }: { readonly app: App }) {
  const jobs = useJobs(app, (state) => state.jobs);
  const running = jobs.filter((job) => job.state === 'running');
  const ended = jobs.filter((job) => job.state !== 'running').reverse();
  if (jobs.length === 0) return <p className="px-3.5 py-3 text-12 text-ink-3">Nothing is at work.</p>;
  return (
    <ul aria-label="Jobs" className="h-full overflow-y-auto px-3.5 py-1.5">
      {running.map((job) => (
        <RunningRow key={job.id} app={app} job={job} />
      ))}
      {ended.map((job) => (
        <EndedRow key={job.id} job={job} />
      ))}
    </ul>
  );
}
