import type { CachePolicy } from './types.ts';

const TITLES: Readonly<Record<CachePolicy['kind'], string>> = {
  none: 'No cache',
  dense: 'Full',
  'sliding-window': 'Sliding window',
  streaming: 'Sinks and window',
  int8: 'INT8',
  paged: 'Pages',
};

/** What a policy is called. */
export const policyTitle = (kind: CachePolicy['kind']): string => TITLES[kind];
