import { formatInteger, formatShare } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { decoderFacts } from '../../engine/generate/open.ts';
import { needle, type NeedleResult } from '../../engine/kv/needle.ts';
import { nodePort } from '../../engine/node.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import { table, type Output } from '../output.ts';
import { openStudio } from '../studio.ts';
import { CHUNK, sessionOf } from './perplexity.ts';
import { comparedPolicies } from './policy-options.ts';
import { requireTokenizer, textAsked, textIds } from './text.ts';

const [DISTANCES, TRIALS, KEY, SEED] = ['16,64,256', 16, 4, 0];
/** Texts begin anywhere in so many times the longest distance. */
const ROOM = 4;

export const NEEDLE_OPTIONS: Options = {
  distances: { type: 'string', value: '16,64', help: `needle: tokens between a value and its key (${DISTANCES})` },
  trials: { type: 'string', value: 'N', help: `needle: pairs at each distance (${TRIALS})` },
  key: { type: 'string', value: 'N', help: `needle: tokens of a key (${KEY})` },
};

function distancesOf(args: Arguments): number[] {
  const text = args.text('distances') ?? DISTANCES;
  const distances = text.split(',').map(Number);
  if (distances.every((each) => Number.isInteger(each) && each >= 1 && each <= 100_000)) return distances;
  throw new UsageError(`--distances wants whole numbers from 1 between commas, not ${text}.`);
}

function lines({ extended, policies }: NeedleResult, distances: readonly number[]): string[] {
  const rows = policies.map((each) => {
    if ('reason' in each) return [each.policy, '–'];
    const told = each.recalls.map(
      ({ found, trials, probability, without }) =>
        `${found}/${trials} ${formatShare(probability)} (${formatShare(without)})`,
    );
    return [each.policy, ...told];
  });
  return [
    'Values that are the likeliest token behind their key, their mean probability, and that without the pair in the text',
    ...(extended === null ? [] : [`Tables of positions were made ${formatInteger(extended)} rows long.`]),
    '',
    ...table(
      [['policy', ...distances.map((each) => `${formatInteger(each)} tokens`)], ...rows],
      distances.map((_, at) => at + 1),
    ),
    ...policies.flatMap((each) => ('reason' in each ? [`${each.policy}: ${each.reason}`] : [])),
  ];
}

export async function runNeedle(args: Arguments, output: Output, job: Job): Promise<ExitCode> {
  const distances = distancesOf(args);
  const path = textAsked(args);
  const { studio } = await openStudio(args.positionals[1] ?? '', job);
  const { model } = studio.stopOf(0);
  const tokenizer = await requireTokenizer(args, decoderFacts(model).tokenizer);
  const count = (name: string, otherwise: number, min: number, max: number): number =>
    args.number(name, { min, max, integer: true }) ?? otherwise;
  const key = count('key', KEY, 1, 64);
  const ids = await textIds(path, tokenizer, ROOM * (Math.max(...distances) + key) + 64);
  const { opening } = tokenizer;
  const request = {
    policies: comparedPolicies(args),
    opening,
    filler: ids.slice(opening.length),
    distances,
    trials: count('trials', TRIALS, 1, 10_000),
    key,
    seed: count('seed', SEED, 0, 2 ** 31 - 1),
    chunk: CHUNK,
    settings: sessionOf(args),
  };
  const found = await needle(model, request, nodePort(), job);
  output.result(found, lines(found, distances));
  return found.policies.every((each) => 'reason' in each) ? 1 : 0;
}
