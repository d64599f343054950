import type { Progress } from '../../base/job.ts';

/** What every single comparison goes through: said of the one at work only. */
const INNER: ReadonlySet<string> = new Set(['Starting the runtime', 'Loading', 'Warming up', 'Timing']);

/** Whether a stage says what is measured, rather than how far one measurement is. Passes that look for sites count them. */
const isSubject = ({ stage, total }: Progress): boolean =>
  stage !== '' && !INNER.has(stage) && (total === undefined || stage.startsWith('Without '));

/** Stages that are over, and what is at work, of a job that makes many comparisons. */
export function subjectsOf(
  stages: readonly Progress[],
  now: Progress,
): { readonly over: readonly string[]; readonly current: string } {
  const subjects = [...stages, now].filter(isSubject).map(({ stage }) => stage);
  const current = subjects.at(-1) ?? '';
  const step = isSubject(now) ? '' : now.stage.toLowerCase();
  return { over: subjects.slice(0, -1), current: [current, step].filter(Boolean).join(' · ') || 'Preparing' };
}
