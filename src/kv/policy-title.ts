import type { CachePolicy } from './types.ts';

const TITLES: ReadonlyMap<string, string> = new Map<CachePolicy['kind'], string>([
  ['none', 'No cache'],
  ['dense', 'Full'],
  ['sliding-window', 'Sliding window'],
  ['streaming', 'Sinks and window'],
  ['int8', 'INT8'],
  ['paged', 'Pages'],
]);

/** What a policy is called; one that is not known here by its own name. */
export const policyTitle = (kind: string): string => TITLES.get(kind) ?? kind;
