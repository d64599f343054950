import { formatInteger } from '../../base/format.ts';
import type { Progress } from '../../base/job.ts';
import type { JobView } from '../../state/jobs.ts';

/** `16 of 20`; '' where nothing is counted. */
export const countOf = ({ done, total }: Progress): string =>
  done === undefined
    ? ''
    : total === undefined
      ? formatInteger(done)
      : `${formatInteger(done)} of ${formatInteger(total)}`;

/** Where a job is: its stage, and how far that is. */
export const stageText = ({ progress }: JobView): string =>
  [progress.stage || 'Starting', countOf(progress)].filter((word) => word !== '').join(', ');
