import { clsx } from 'clsx';
import { Check } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatInteger, formatMs } from '../../base/format.ts';
import type { JobView } from '../../state/jobs.ts';
import { Button, Icon, ProgressBar } from '../kit/controls.tsx';

/** Seconds since the job began, once a second. */
function useElapsed(startedAt: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, now - startedAt);
}

const countOf = ({ done, total }: JobView['progress']): string =>
  done === undefined
    ? ''
    : total === undefined
      ? formatInteger(done)
      : `${formatInteger(done)} of ${formatInteger(total)}`;

interface Props {
  readonly job: JobView;
  onCancel(): void;
  /** It stands in a card already. */
  readonly inside?: boolean;
}

/** Stages that are over, so many at most: tuning has dozens. */
const SHOWN = 6;

/** A measurement at work: its stages, how far it is, and the way out. */
export function BenchProgress({ job, onCancel, inside = false }: Props) {
  const elapsed = useElapsed(job.startedAt);
  const { progress } = job;
  return (
    <section
      className={clsx(inside ? 'mt-2.5' : 'card px-5 py-4')}
      aria-label={inside ? 'Measurement at work' : 'Benchmark at work'}
    >
      <div className="flex items-center justify-between gap-3">
        {inside ? <span className="text-ink-2">At work</span> : <h2 className="h3">{job.title}</h2>}
        <Button size="small" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <p className="num mt-0.5 text-11 text-ink-3">
        {formatMs(Math.round(elapsed / 1000) * 1000)} so far. Everything else is quiet meanwhile.
      </p>
      <ul className="mt-3">
        {job.stages.slice(-SHOWN).map((stage, index) => (
          // Stages of several comparisons have the same name.
          <li key={`${index} ${stage.stage}`} className="flex h-7 items-center gap-2">
            <Icon of={Check} className="text-added" />
            <span className="grow">{stage.stage}</span>
            <span className="num text-ink-2">{countOf(stage)}</span>
          </li>
        ))}
        <li className="py-1">
          <div className="mb-1.5 flex items-center gap-2">
            <span className="stage-dot" />
            <span className="grow">{progress.stage === '' ? 'Preparing' : progress.stage}</span>
            <span className="num text-ink-2">{countOf(progress)}</span>
          </div>
          <ProgressBar
            label={progress.stage === '' ? 'Preparing' : progress.stage}
            {...(progress.done === undefined ? {} : { done: progress.done })}
            {...(progress.total === undefined ? {} : { total: progress.total })}
          />
        </li>
      </ul>
    </section>
  );
}
