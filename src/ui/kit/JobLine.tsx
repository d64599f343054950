import { clsx } from 'clsx';
import type { JobView } from '../../state/jobs.ts';
import { Button, ProgressBar } from './controls.tsx';
import { countOf } from './job-text.ts';

interface Props {
  readonly job: JobView;
  /** The bar stands behind the words, where there is room; else beneath them. */
  readonly row?: boolean;
  onCancel(): void;
}

/** A job at work: stage, count and the way out. */
export function JobLine({ job, row = false, onCancel }: Props) {
  const { stage, done, total } = job.progress;
  const label = stage === '' ? job.title : stage;
  const count = total === undefined ? '' : countOf(job.progress);
  return (
    <div className={clsx('flex items-center', row ? 'gap-3' : 'my-1 gap-2.5')}>
      <div className={row ? 'flex min-w-0 items-center gap-3' : 'min-w-0 grow'}>
        <p className={clsx('num ell text-ink-2', row ? 'text-12' : 'mb-1 text-11')} title={label}>
          {count === '' ? label : `${label}, ${count}`}
        </p>
        <span className={row ? 'w-32 flex-none' : 'block'}>
          <ProgressBar label={label} done={done} total={total} />
        </span>
      </div>
      <Button size="small" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
