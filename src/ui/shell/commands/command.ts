import type { App } from '../../../state/app.ts';
import { ALONE } from '../../../state/alone.ts';
import { CHANGES } from '../../../state/core.ts';
import { runningJobs } from '../../../state/jobs.ts';
import { keysOf, type KeyId } from '../keys.ts';

export const COMMAND_GROUPS = [
  'Passes',
  'Edit',
  'Recipe',
  'Find',
  'Look',
  'Measure',
  'Train',
  'Architecture search',
  'KV cache',
  'Model',
  'Page',
] as const;

export interface Command {
  /** Stable between visits: the palette remembers the last ones by it. */
  readonly id: string;
  readonly group: (typeof COMMAND_GROUPS)[number];
  readonly title: string;
  readonly key?: KeyId;
  /** Beside the title: a count. */
  readonly hint?: string;
  /** Why it cannot run now; null: it can. */
  readonly refusal?: string | null;
  readonly run: () => void;
}

/** The reason where something is not so; null where it is. */
export const unless = (holds: boolean, reason: string): string | null => (holds ? null : reason);

/** Why nothing may change now; null: it may. */
export function busy({ jobs }: App): string | null {
  const job = runningJobs(jobs.getState()).find(({ kind }) => ALONE.includes(kind) || CHANGES.includes(kind));
  return job ? `${job.title} is at work.` : null;
}

export const entries = <K extends string>(record: Readonly<Record<K, string>>): readonly (readonly [K, string])[] =>
  Object.entries(record) as [K, string][];

/** The keys of a command as they are shown; '': it has none. */
export const commandKeys = ({ key }: Command): string => (key ? keysOf(key) : '');
