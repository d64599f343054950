import { ShieldCheck, Timer } from 'lucide-react';
import type { ReportData } from '../../report/types.ts';
import type { App } from '../../state/app.ts';
import { runningJobs } from '../../state/jobs.ts';
import { Button } from '../kit/controls.tsx';
import { useDocument, useJobs } from '../kit/use-store.ts';
import { JobLine } from '../kit/JobLine.tsx';

/** What the report cannot say yet of a result, and what makes up for it. */
export function ReportGaps({ app, data }: { readonly app: App; readonly data: ReportData }) {
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const job = useJobs(app, (state) => runningJobs(state).findLast(({ kind }) => kind === 'verify' || kind === 'bench'));
  const unchecked = data.verify === null;
  const untimed = data.bench.length === 0;
  if (data.steps.length === 0 || !(unchecked || untimed || job)) return null;
  const missing = [unchecked && 'held against the original', untimed && 'timed'].filter(Boolean);
  return (
    <div
      role="group"
      aria-label="What the report lacks"
      className="flex min-h-11 flex-none items-center gap-3 border-t border-line px-5 py-1.5 text-12"
    >
      {job ? (
        <div className="w-[420px] max-w-full">
          <JobLine job={job} onCancel={() => app.actions.cancelJob(job.id)} />
        </div>
      ) : (
        <>
          <p className="text-ink-2">The result as a whole was not {missing.join(', and not ')}.</p>
          {unchecked && (
            <Button size="small" icon={ShieldCheck} onClick={() => void app.actions.verifyAll()}>
              Check it
            </Button>
          )}
          {untimed && (
            <Button size="small" icon={Timer} onClick={() => void app.actions.bench(0, cursor)}>
              Time it
            </Button>
          )}
        </>
      )}
    </div>
  );
}
