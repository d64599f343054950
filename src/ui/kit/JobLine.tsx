import { formatInteger } from '../../base/format.ts';
import type { JobView } from '../../state/jobs.ts';
import { Button, ProgressBar } from './controls.tsx';

/** A job at work in a narrow panel: stage, count and the way out. */
export function JobLine({ job, onCancel }: { readonly job: JobView; onCancel(): void }) {
  const { stage, done, total } = job.progress;
  const label = stage === '' ? job.title : stage;
  return (
    <div className="my-1 flex items-center gap-2.5">
      <div className="min-w-0 grow">
        <p className="num ell mb-1 text-11 text-ink-2" title={label}>
          {label}
          {done !== undefined && total !== undefined && `, ${formatInteger(done)} of ${formatInteger(total)}`}
        </p>
        <ProgressBar label={label} done={done} total={total} />
      </div>
      <Button size="small" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
