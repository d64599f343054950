import type { App } from '../../state/app.ts';
import type { JobView } from '../../state/jobs.ts';
import { stageText } from '../dock/JobsPanel.tsx';
import { Button, ProgressBar } from '../kit/controls.tsx';
import { useLater } from '../kit/use-later.ts';
import { useJobs } from '../kit/use-store.ts';

const SHOWN = new Set<JobView['kind']>([
  'apply',
  'replay',
  'move',
  'prune',
  'recover',
  'export',
  'verify',
  'overlay',
  'keep',
]);

/** The job at work, over the canvas, once it has taken longer than a moment. */
export function RunningCard({ app }: { readonly app: App }) {
  const job = useJobs(app, ({ jobs }) => jobs.findLast((each) => each.state === 'running' && SHOWN.has(each.kind)));
  const shown = useLater(job !== undefined);
  if (!job || !shown) return null;
  const { done, total } = job.progress;
  return (
    <div
      className="float bottom-14 left-3 z-10 w-[300px] flex-col items-stretch gap-2 px-3.5 py-3"
      role="group"
      aria-label={job.title}
    >
      <div className="flex items-center justify-between gap-3">
        <span className="ell font-medium">{job.title}</span>
        <Button size="small" onClick={() => app.actions.cancelJob(job.id)}>
          Cancel
        </Button>
      </div>
      <ProgressBar
        label={job.title}
        {...(done === undefined ? {} : { done })}
        {...(total === undefined ? {} : { total })}
      />
      <span className="num ell text-11 text-ink-3">{stageText(job)}</span>
    </div>
  );
}
