import type { DocumentState, PruneSchedule } from './document.ts';

/** The pass that has a site only on data. */
export const REESTIMATE = 'reestimate-batch-norm';

/** One cut, and nothing after it. */
export const ONCE: PruneSchedule = { rounds: 1, reestimate: false };

export const hasBatchNorms = ({ document }: Pick<DocumentState, 'document'>): boolean =>
  (document?.stops[document.cursor]?.summary.ops['BatchNormalization'] ?? 0) > 0;

/** Data of a person's own are in use, which alone can tell what batch norms get. */
export const hasOwnData = ({ calibration }: Pick<DocumentState, 'calibration'>): boolean =>
  calibration?.view !== null && calibration?.view !== undefined;

/** Whether batch norms are re-estimated: it was asked for, and can be done now. */
export const reestimates = (state: Pick<DocumentState, 'document' | 'calibration' | 'prune'>): boolean =>
  state.prune?.schedule.reestimate === true && hasBatchNorms(state) && hasOwnData(state);
