import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { ImportanceId, PruneOptions, PruneScope } from './types.ts';

/** The pass's options with their types. Numbers and choices have been checked; the structured ones are checked here. */
export function pruneOptions(values: Readonly<Record<string, Json>>): PruneOptions {
  return {
    ratio: Number(values['ratio']),
    scope: values['scope'] as PruneScope,
    importance: values['importance'] as ImportanceId,
    roundTo: Number(values['roundTo']),
    ratios: ratiosOf(values['ratios'] ?? {}),
    protected: keysOf(values['protected'] ?? []),
    seed: Number(values['seed']),
    macs: macsOf(values['macs'] ?? null),
  };
}

const isShare = (value: Json): value is number => typeof value === 'number' && value >= 0 && value <= 1;

function ratiosOf(value: Json): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused('ratios', 'shares by group key');
  return Object.fromEntries(
    Object.entries(value).map(([key, ratio]: [string, Json]) => {
      if (!isShare(ratio)) throw refused(`ratios of ${key}`, 'a number from 0 to 1');
      return [key, ratio];
    }),
  );
}

function keysOf(value: Json): string[] {
  if (!Array.isArray(value)) throw refused('protected', 'a list of group keys');
  return value.map((key: Json) => {
    if (typeof key !== 'string') throw refused('protected', 'a list of group keys');
    return key;
  });
}

function macsOf(value: Json): number | null {
  if (value !== null && !isShare(value)) throw refused('macs', 'null or a share of the MACs, 0 to 1');
  return value;
}

const refused = (option: string, wanted: string): CodedError =>
  new CodedError('bad-request', `Option "${option}" of prune-channels must be ${wanted}.`, { option });
