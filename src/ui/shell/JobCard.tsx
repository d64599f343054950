import { clsx } from 'clsx';
import type { App } from '../../state/app.ts';
import type { JobView } from '../../state/jobs.ts';
import { stageText } from '../kit/job-text.ts';
import { Button, ProgressBar } from '../kit/controls.tsx';
import { useLater } from '../kit/use-later.ts';
import { useJobs } from '../kit/use-store.ts';

interface JobCardProps {
  readonly app: App;
  readonly kinds: ReadonlySet<JobView['kind']>;
  /** Where it stands, and how wide it is. */
  readonly className: string;
}

/** The newest job of some kinds that is at work, with its progress and a way to cancel it. */
export function JobCard({ app, kinds, className }: JobCardProps) {
  const job = useJobs(app, ({ jobs }) => jobs.findLast((each) => each.state === 'running' && kinds.has(each.kind)));
  const shown = useLater(job !== undefined);
  if (!job || !shown) return null;
  const { done, total } = job.progress;
  return (
    <div
      className={clsx('float flex-col items-stretch gap-2 px-3.5 py-3', className)}
      role="group"
      aria-label={`Running: ${job.title}`}
    >
      <div className="flex items-center justify-between gap-3">
        <span className="ell font-medium">{job.title}</span>
        <Button size="small" onClick={() => app.actions.cancelJob(job.id)}>
          Cancel
        </Button>
      </div>
      <ProgressBar label={job.title} done={done} total={total} />
      <span className="num ell text-11 text-ink-3">{stageText(job)}</span>
    </div>
  );
}
