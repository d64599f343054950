import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { ImportanceId, PruneOptions, PruneScope, PruneTarget, RepairId } from './types.ts';

/** Nothing is cut. */
export const NOTHING_CUT: PruneOptions = {
  ratio: 0,
  scope: 'group',
  importance: 'l2',
  roundTo: 1,
  ratios: {},
  protected: [],
  seed: 0,
  macs: null,
  parameters: null,
  bytes: null,
  latency: null,
  repair: 'none',
  heads: true,
  scores: {},
  formula: 'l2',
  acrossNorms: false,
};

/** As the pass takes them and a recipe holds them: a latency has been settled, and is no option of the pass. */
export function stepOptions(settled: PruneOptions): Readonly<Record<string, Json>> {
  const { latency: _, ...options } = settled;
  return options;
}

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
    ...targetsOf(values),
    repair: values['repair'] as RepairId,
    heads: values['heads'] !== false,
    scores: scoresOf(values['scores'] ?? {}),
    formula: textOf(values['formula'] ?? NOTHING_CUT.formula),
    acrossNorms: values['acrossNorms'] === true,
  };
}

/** What is counted, and not measured. */
export type CountedTarget = Exclude<PruneTarget, 'latency'>;
export const COUNTED_TARGETS: readonly CountedTarget[] = ['macs', 'parameters', 'bytes'];

function targetsOf(values: Readonly<Record<string, Json>>): Record<PruneTarget, number | null> {
  const given = COUNTED_TARGETS.filter((each) => (values[each] ?? null) !== null);
  if (given.length > 1) {
    throw new CodedError('bad-request', `Only one of ${given.join(' and ')} can be the target.`, { given });
  }
  const share = (target: CountedTarget): number | null => {
    const value = values[target] ?? null;
    if (value !== null && !isShare(value)) throw refused(target, `null or a share of the ${target}, 0 to 1`);
    return value;
  };
  return { macs: share('macs'), parameters: share('parameters'), bytes: share('bytes'), latency: null };
}

function scoresOf(value: Json): Record<string, readonly number[]> {
  const wanted = 'lists of numbers by group key';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('scores', wanted);
  return Object.fromEntries(
    Object.entries(value).map(([key, list]: [string, Json]) => {
      if (!Array.isArray(list) || !list.every((each) => typeof each === 'number')) throw refused('scores', wanted);
      return [key, list];
    }),
  );
}

function textOf(value: Json): string {
  if (typeof value !== 'string') throw refused('formula', 'a text');
  return value;
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

const refused = (option: string, wanted: string): CodedError =>
  new CodedError('bad-request', `Option "${option}" of prune-channels must be ${wanted}.`, { option });
