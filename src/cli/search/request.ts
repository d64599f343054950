import { SEARCH } from '../../search/defaults.ts';
import type { Constraint, ObjectiveId, QualityId, SearchRepair, SearchRequest } from '../../search/types.ts';
import type { GeneKind } from '../../search/genome.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';

const OBJECTIVES: readonly ObjectiveId[] = ['latency', 'quality', 'bytes', 'macs', 'peak'];
const KINDS: readonly GeneKind[] = ['width', 'heads', 'depth', 'kernel', 'resolution'];
const QUALITIES: readonly QualityId[] = ['accuracy', 'agreement', 'information', 'cosine'];
const REPAIRS: readonly SearchRepair[] = ['none', 'mean', 'batch-norm', 'least-squares'];
/** Where minutes are what may be spent. */
const ENDLESS = 1e6;

export const SEARCH_OPTIONS: Options = {
  data: { type: 'string', value: 'D', help: 'samples to judge by; see `whittle data`; made here: digits, stories' },
  out: { type: 'string', value: 'DIR', help: 'findings and recipes; a search that was broken off goes on from there' },
  recipe: { type: 'string', value: 'FILE', help: 'search the model behind this recipe' },
  evaluations: { type: 'string', value: 'N', help: `sub-networks that are judged (${SEARCH.evaluations})` },
  minutes: { type: 'string', value: 'M', help: 'minutes of searching, those before a break included (no end)' },
  seed: { type: 'string', value: 'S', help: 'of everything that is drawn (0)' },
  objectives: {
    type: 'string',
    value: 'A,B[,C]',
    help: `of ${OBJECTIVES.join(', ')} (${SEARCH.objectives.join(',')})`,
  },
  quality: {
    type: 'string',
    value: QUALITIES.join('|'),
    help: 'what quality is (accuracy with labels, else agreement)',
  },
  'max-latency': { type: 'string', value: 'MS|P%', help: 'at most so many ms, or this share of the original' },
  'max-bytes': { type: 'string', value: 'N|P%', help: 'at most so many bytes' },
  'max-macs': { type: 'string', value: 'N|P%', help: 'at most so many MACs' },
  'max-peak': { type: 'string', value: 'N|P%', help: 'at most so many bytes of activations at once' },
  'min-quality': { type: 'string', value: 'X|P%', help: 'at least so much, 0 to 1, or this share of the original' },
  strategy: { type: 'string', value: 'evolution|random', help: 'NSGA-II, or the baseline (evolution)' },
  population: { type: 'string', value: 'N', help: `members of the evolution (${SEARCH.population})` },
  kinds: { type: 'string', value: 'A,B', help: `what may change: ${KINDS.join(', ')} (all)` },
  shares: { type: 'string', value: 'X,Y', help: `shares of channels that may stay (${SEARCH.space.shares.join(',')})` },
  'round-to': { type: 'string', value: 'N', help: `widths in multiples of this (${SEARCH.space.roundTo})` },
  samples: { type: 'string', value: 'N', help: `samples to judge by, at most (${SEARCH.samples})` },
  repair: {
    type: 'string',
    value: REPAIRS.join('|'),
    help: 'what is made up for after slicing (batch-norm where the model has them, else mean)',
  },
  threads: { type: 'string', value: 'N', help: 'WASM threads that latency is for (1)' },
  table: { type: 'string', value: 'FILE', help: 'latency tables, read and written (DIR/latency.json)' },
  measure: { type: 'boolean', help: 'times operators here, though the table file holds those of another device' },
  workers: { type: 'string', value: 'N', help: 'processes that judge at once (1)' },
  verified: { type: 'string', value: 'N', help: `of the front, as many are timed whole (${SEARCH.verified})` },
  'no-predictor': { type: 'boolean', help: 'children are not chosen by what was learnt' },
  halving: { type: 'boolean', help: 'twice as many are seen on a quarter of the samples first' },
};

/** @throws UsageError for what is none */
export function searchRequest(args: Arguments): SearchRequest {
  const whole = (name: string, min: number, max: number): number | null =>
    args.number(name, { min, max, integer: true });
  const minutes = args.number('minutes', { min: 0.01, max: 1e5 });
  const evaluations = whole('evaluations', 1, ENDLESS);
  const objectives = listed(args, 'objectives', OBJECTIVES) ?? SEARCH.objectives;
  if (objectives.length < 2 || objectives.length > 3) throw new UsageError('--objectives wants two or three.');
  const shares = args.text('shares')?.split(',').map(Number) ?? SEARCH.space.shares;
  if (shares.some((share) => !(share > 0 && share <= 1))) throw new UsageError('--shares wants numbers up to 1.');
  return {
    ...SEARCH,
    space: {
      ...SEARCH.space,
      kinds: listed(args, 'kinds', KINDS) ?? SEARCH.space.kinds,
      shares: [...new Set([...shares, 1])].sort((a, b) => a - b),
      roundTo: whole('round-to', 1, 256) ?? SEARCH.space.roundTo,
    },
    quality: args.choice('quality', QUALITIES),
    objectives,
    constraints: [
      ...bound(args, 'max-latency', 'latency'),
      ...bound(args, 'max-bytes', 'bytes'),
      ...bound(args, 'max-macs', 'macs'),
      ...bound(args, 'max-peak', 'peak'),
      ...bound(args, 'min-quality', 'quality'),
    ],
    strategy: args.choice('strategy', ['evolution', 'random'] as const) ?? SEARCH.strategy,
    population: whole('population', 4, 10_000) ?? SEARCH.population,
    predictor: !args.flag('no-predictor'),
    halving: args.flag('halving'),
    evaluations: evaluations ?? (minutes === null ? SEARCH.evaluations : ENDLESS),
    minutes,
    seed: whole('seed', 0, 2 ** 31) ?? 0,
    samples: whole('samples', 1, 1e6) ?? SEARCH.samples,
    repair: args.choice('repair', REPAIRS),
    threads: whole('threads', 1, 64) ?? 1,
    verified: whole('verified', 0, 1000) ?? SEARCH.verified,
  };
}

function listed<T extends string>(args: Arguments, name: string, choices: readonly T[]): readonly T[] | null {
  const given = args.text(name);
  if (given === null) return null;
  return given.split(',').map((each) => {
    const found = choices.find((choice) => choice === each.trim());
    if (found === undefined) throw new UsageError(`--${name} is of ${choices.join(', ')}, not ${each}.`);
    return found;
  });
}

/** `10`, or `50%` of what the model has. */
function bound(args: Arguments, name: string, objective: ObjectiveId): Constraint[] {
  const given = args.text(name);
  if (given === null) return [];
  const relative = given.endsWith('%');
  const value = Number(relative ? given.slice(0, -1) : given) / (relative ? 100 : 1);
  if (!(value >= 0) || !Number.isFinite(value))
    throw new UsageError(`--${name} wants a number or a share such as 50%, not ${given}.`);
  return [{ objective, bound: value, ...(relative ? { relative } : {}) }];
}
