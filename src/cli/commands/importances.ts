import type { ImportanceId } from '../../prune/types.ts';

/** What channels may be ranked by. */
export const IMPORTANCES = [
  'l2',
  'l1',
  'bn-scale',
  'fpgm',
  'lamp',
  'activation',
  'apoz',
  'wanda',
  'taylor',
  'order',
  'random',
  'scores',
  'formula',
] as const satisfies readonly ImportanceId[];
