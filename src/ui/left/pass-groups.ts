import type { PassInfo, PassSites } from '../../engine/types.ts';

export interface PassList {
  readonly title: string;
  readonly passes: readonly PassInfo[];
}

/** Passes that join nodes side by side are named so; the other fusions join a node with its reader. */
const isHorizontal = (pass: PassInfo): boolean => pass.id.startsWith('merge-parallel-');

const GROUPS: readonly (readonly [title: string, holds: (pass: PassInfo) => boolean])[] = [
  ['Clean up', (pass) => pass.group === 'cleanup'],
  ['Fusion, vertical', (pass) => pass.group === 'fusion' && !isHorizontal(pass)],
  ['Fusion, horizontal', (pass) => pass.group === 'fusion' && isHorizontal(pass)],
  ['Pruning', (pass) => pass.group === 'pruning'],
  ['Compression', (pass) => pass.group === 'compress'],
  ['KV cache', (pass) => pass.group === 'kv-cache'],
];

/** The passes in the order and groups of the list; groups without passes are left out. */
export const groupPasses = (passes: readonly PassInfo[]): readonly PassList[] =>
  GROUPS.map(([title, holds]) => ({ title, passes: passes.filter(holds) })).filter((group) => group.passes.length > 0);

/** It was looked for, and there is neither a site nor a near miss: most passes, on most models. */
export const isIdle = (sites: PassSites | undefined): boolean =>
  sites !== undefined && sites.unavailable === null && sites.sites.length === 0 && sites.refusals.length === 0;
