import { valueOf } from '../../search/objectives.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { ObjectiveId, QualityId, SearchPoint, SearchRequest } from '../../search/types.ts';
import { constraintOf, limitOf } from '../../state/searching-setup.ts';

/** What the model has as it is; null: not known yet. Of latency what the table says, as bounds are held against it. */
export function originalOf(
  objective: ObjectiveId,
  summary: ModelSummary | undefined,
  first: SearchPoint | undefined,
  quality: QualityId,
): number | null {
  if (first?.id === 0) return finite(valueOf(objective, first, quality));
  switch (objective) {
    case 'bytes':
      return summary?.bytes ?? null;
    case 'macs':
      return summary?.macs ?? null;
    case 'peak':
      return summary?.peakActivationBytes ?? null;
    case 'latency':
    case 'quality':
      return null;
  }
  return objective satisfies never;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A bound as it is drawn among points, the original first; null: there is none, or it is not known yet. */
export const limitIn = (
  request: SearchRequest,
  points: readonly SearchPoint[],
  objective: ObjectiveId,
  quality: QualityId,
): number | null => limitOf(constraintOf(request, objective), originalOf(objective, undefined, points[0], quality));
