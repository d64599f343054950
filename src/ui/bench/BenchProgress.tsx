import { clsx } from 'clsx';
import { Check } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatMs } from '../../base/format.ts';
import type { JobView } from '../../state/jobs.ts';
import { Button, Icon, ProgressBar } from '../kit/controls.tsx';
import { countOf } from '../kit/job-text.ts';
import { subjectsOf } from './stages.ts';

/** Seconds since the job began, once a second. */
function useElapsed(startedAt: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, now - startedAt);
}

interface Stages {
  /** Several comparisons may be called alike: their places tell them apart. */
  readonly over: readonly { readonly place: number; readonly text: string; readonly count: string }[];
  readonly current: string;
}

/** Stages that are over, so many at most: tuning has dozens. */
const SHOWN = 6;

/** One comparison shows every stage; a job of many shows what was compared. */
function stagesOf({ stages, progress }: JobView, many: boolean): Stages {
  if (!many) {
    const over = stages.map((stage, place) => ({ place, text: stage.stage, count: countOf(stage) }));
    return { over, current: progress.stage === '' ? 'Preparing' : progress.stage };
  }
  const { over, current } = subjectsOf(stages, progress);
  return { over: over.map((text, place) => ({ place, text, count: '' })).slice(-SHOWN), current };
}

interface Props {
  readonly job: JobView;
  onCancel(): void;
  /** It makes many comparisons, and stands in a card already. */
  readonly inside?: boolean;
}

/** A measurement at work: its stages, how far it is, and the way out. */
export function BenchProgress({ job, onCancel, inside = false }: Props) {
  const elapsed = useElapsed(job.startedAt);
  const { progress } = job;
  const { over, current } = stagesOf(job, inside);
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
        {over.map(({ place, text, count }) => (
          <li key={place} className="flex h-7 items-center gap-2">
            <Icon of={Check} className="text-added" />
            <span className="ell grow">{text}</span>
            <span className="num text-ink-2">{count}</span>
          </li>
        ))}
        <li className="py-1">
          <div className="mb-1.5 flex items-center gap-2">
            <span className="stage-dot" />
            <span className="ell grow">{current}</span>
            <span className="num text-ink-2">{countOf(progress)}</span>
          </div>
          <ProgressBar label={current} done={progress.done} total={progress.total} />
        </li>
      </ul>
    </section>
  );
}
