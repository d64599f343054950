import type { App } from '../../state/app.ts';
import type { JobView } from '../../state/jobs.ts';
import { JobCard } from './JobCard.tsx';

const SHOWN = new Set<JobView['kind']>([
  'apply',
  'replay',
  'move',
  'prune',
  'calibrate',
  'sensitivity',
  'judge',
  'recover',
  'export',
  'verify',
  'bisect',
  'optimizers',
  'tune',
  'latency',
  'overlay',
  'train',
  'search',
  'supernet',
  'generate',
  'perplexity',
  'keep',
]);

/** The job at work, over the canvas, once it has taken longer than a moment. */
export function RunningCard({ app }: { readonly app: App }) {
  return <JobCard app={app} kinds={SHOWN} className="bottom-14 left-3 z-10 w-[300px]" />;
}
