import type { Core } from './core.ts';
import type { JobKind } from './jobs.ts';

/** Measurements: they need the device for themselves, one at a time. */
export const ALONE: readonly JobKind[] = [
  'bench',
  'optimizers',
  'tune',
  'latency',
  'latency-table',
  'profile',
  'roofline',
  'search',
  'supernet',
  'perplexity',
  'sweep-bench',
];

/** What a measurement ends. */
const ENDED: ReadonlySet<JobKind> = new Set([
  'sweep',
  'verify',
  'verify-lab',
  'compare',
  'bisect',
  'sensitivity',
  'judge',
  'accuracy',
  'generate',
]);

/** Ends what would run beside a measurement. */
export function quiet(core: Core): void {
  for (const job of core.jobs.getState().jobs) {
    if (job.state === 'running' && ENDED.has(job.kind)) core.runner.cancel(job.id);
  }
}
