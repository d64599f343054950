import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import type { Judgement } from '../engine/fidelity.ts';
import type { ImportanceId, PruneOptions } from '../prune/types.ts';
import { UsageError, type Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { readCurves } from './curves.ts';
import type { CommandStudio } from './studio.ts';

/** Costs that can be the target. */
export const COUNTED = ['macs', 'parameters', 'bytes'] as const;
const RATIOS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/** How sensitivity is measured. */
export const MEASURED: Command['options'] = {
  ratios: { type: 'string', value: 'R,R,…', help: `shares removed that are measured (${RATIOS.join(',')})` },
};

export const FLATTEN_OPTIONS: Command['options'] = {
  flatten: { type: 'boolean', help: 'measure what each group bears, and let all suffer alike' },
  curves: { type: 'string', value: 'FILE', help: 'what --flatten goes by, of `sensitivity -o`: nothing is measured' },
  ...MEASURED,
};

/** Comma-separated shares, ascending. */
export function ratiosOf(args: Arguments): readonly number[] {
  const text = args.text('ratios');
  if (text === null) return RATIOS;
  const ratios = text.split(',').map(Number);
  const rising = ratios.every((ratio, i) => ratio > (ratios[i - 1] ?? 0) && ratio < 1);
  if (!rising) throw new UsageError(`--ratios takes rising shares between 0 and 1, as 0.25,0.5,0.75, not "${text}".`);
  return ratios;
}

type Options = Readonly<Record<string, Json>>;

/** Throws `UsageError` where the options do not go together; before anything is read. */
export function checkFlatten(args: Arguments, options: Options): void {
  const flat = args.flag('flatten');
  if (args.text('curves') !== null && !flat) throw new UsageError('--curves is what --flatten goes by: add --flatten.');
  if (args.text('curves') !== null && args.text('ratios') !== null)
    throw new UsageError('--ratios says what is measured; with --curves nothing is. Leave one out.');
  if (flat && !COUNTED.some((name) => options[name] !== undefined))
    throw new UsageError('--flatten needs --macs, --parameters or --bytes.');
}

/** Shares by group at which all suffer alike, in place of one for all; by curves of a file, or measured now. */
export async function flattenedOptions(
  studio: CommandStudio,
  options: Options,
  judgement: Judgement | null,
  args: Arguments,
  job: Job,
): Promise<Record<string, Json>> {
  const target = COUNTED.find((name) => options[name] !== undefined);
  if (!target) return options;
  const rating = {
    importance: (options['importance'] ?? 'l2') as ImportanceId,
    seed: Number(options['seed'] ?? 0),
    scores: (options['scores'] ?? {}) as PruneOptions['scores'],
    formula: args.text('formula') ?? '',
    acrossNorms: options['acrossNorms'] === true,
  };
  const { acrossNorms } = rating;
  // The widths of groups are the same however their channels are rated, and L2 runs nothing.
  const { groups } = await studio.prunePlan({ importance: 'l2', seed: 0, acrossNorms }, job);
  const path = args.text('curves');
  const found = path
    ? readCurves(path, { ...rating, groups })
    : await studio.sensitivity({ rating, ratios: ratiosOf(args) }, judgement, job);
  const whole = groups.filter(({ isHeads }) => isHeads && options['heads'] === false).map(({ key }) => key);
  const own = options['ratios'] as Record<string, number>;
  const fixed = { ...own, ...zeros([...whole, ...(options['protected'] as readonly string[])]) };
  const roundTo = Number(options['roundTo'] ?? 1);
  const ratios = studio.flattened(found, target, Number(options[target]), roundTo, fixed, acrossNorms);
  const { [target]: _, ...rest } = options;
  return { ...rest, ratio: 0, ratios };
}

const zeros = (keys: readonly string[]): Record<string, number> => Object.fromEntries(keys.map((key) => [key, 0]));
