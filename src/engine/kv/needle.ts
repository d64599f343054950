import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import { seeded, type Random } from '../../base/random.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Model } from '../../ir/model.ts';
import type { SessionSettings } from '../../runtime/types.ts';
import type { RuntimePort } from '../ports.ts';
import { surprise } from './likelihood.ts';
import { chunkOf, openPolicy, type AskedPolicy } from './open-policy.ts';
import { longEnough } from './perplexity.ts';

export interface NeedleRequest {
  readonly policies: readonly AskedPolicy[];
  /** What begins a text, and the text that keys and values are hidden in. */
  readonly opening: readonly number[];
  readonly filler: readonly number[];
  /** Tokens between a value and the key that asks for it. */
  readonly distances: readonly number[];
  readonly trials: number;
  /** Tokens of a key. */
  readonly key: number;
  readonly seed: number;
  readonly chunk: number;
  readonly settings: SessionSettings;
}

/** What came out at one distance, over all trials. */
export interface Recall {
  readonly distance: number;
  /** Trials in which the value was the likeliest token. */
  readonly found: number;
  readonly trials: number;
  /** Mean probability of the value. */
  readonly probability: number;
  /** The same, where the text does not hold the value: what of it is no recall. */
  readonly without: number;
}

export interface NeedleResult {
  /** Tables of positions were made this long; null: they were long enough. */
  readonly extended: number | null;
  readonly policies: readonly (
    | (AskedPolicy & { readonly recalls: readonly Recall[] })
    | (AskedPolicy & { readonly reason: string })
  )[];
}

/** Filler before the key and its value. */
const BEFORE = 4;

interface Trial {
  readonly ids: readonly number[];
  /** The same with filler in the place of the pair. */
  readonly without: readonly number[];
  readonly value: number;
}

/** Key and value are drawn from the tokens of the text, so that each is one that the model knows. */
function trialOf({ opening, filler, key: length }: NeedleRequest, distance: number, random: Random): Trial {
  const draw = (count: number): number[] =>
    Array.from({ length: count }, () => filler[Math.floor(random() * filler.length)]!);
  const start = Math.floor(random() * (filler.length - distance - length - BEFORE));
  const text = filler.slice(start, start + BEFORE + length + 1 + distance);
  const [key, [value = 0]] = [draw(length), draw(1)];
  const rest = text.slice(BEFORE + length + 1);
  const head = [...opening, ...text.slice(0, BEFORE)];
  return {
    ids: [...head, ...key, value, ...rest, ...key],
    without: [...opening, ...text, ...key],
    value,
  };
}

/**
 * Whether a value that stood behind a key early in a text is foretold where the key comes again, by policy and distance.
 * The same trials for every policy.
 *
 * @throws CodedError `unsupported` where the model is no decoder, `bad-request` where the text is too short for a distance
 */
export async function needle(model: Model, request: NeedleRequest, port: RuntimePort, job: Job): Promise<NeedleResult> {
  const { distances, filler, opening, key } = request;
  const longest = Math.max(...distances);
  const wanted = longest + key + 1 + BEFORE;
  if (filler.length <= wanted) {
    const message = `Pairs at a distance of ${longest} want more than ${wanted} tokens of text; there are ${filler.length}. Give a longer text or shorter distances.`;
    throw new CodedError('bad-request', message);
  }
  const { model: base, extended } = await longEnough(model, opening.length + wanted + key, job);
  const policies: NeedleResult['policies'][number][] = [];
  for (const asked of request.policies) policies.push(await ofPolicy(base, asked, request, port, job));
  return { extended, policies };
}

async function ofPolicy(
  base: Model,
  asked: AskedPolicy,
  request: NeedleRequest,
  port: RuntimePort,
  job: Job,
): Promise<NeedleResult['policies'][number]> {
  const decoder = await openPolicy(base, asked, request.settings, port, job);
  if ('reason' in decoder) return { ...asked, reason: decoder.reason };
  const { policy } = asked;
  try {
    const recalls: Recall[] = [];
    for (const distance of request.distances) {
      job.progress({ stage: `Asking across ${distance} tokens: ${policy}` });
      recalls.push(await recallAt(decoder, distance, request, chunkOf(policy, request.chunk), job));
    }
    return { ...asked, recalls };
  } finally {
    await decoder.release();
  }
}

async function recallAt(
  decoder: Decoder,
  distance: number,
  request: NeedleRequest,
  chunk: number,
  job: Job,
): Promise<Recall> {
  const random = seeded(request.seed * 1009 + distance);
  const { trials } = request;
  let [found, probability, without] = [0, 0, 0];
  for (let at = 0; at < trials; at++) {
    const trial = trialOf(request, distance, random);
    const told = await lastRow(decoder, trial.ids, chunk, job);
    if (told.indexOf(Math.max(...told)) === trial.value) found += 1;
    probability += Math.exp(-surprise(told, trial.value)) / trials;
    without += Math.exp(-surprise(await lastRow(decoder, trial.without, chunk, job), trial.value)) / trials;
  }
  return { distance, found, trials, probability, without };
}

async function lastRow(
  decoder: Decoder,
  ids: readonly number[],
  chunk: number,
  job: Job,
): Promise<Float32Array<ArrayBuffer>> {
  await decoder.begin();
  let row = new Float32Array();
  for (let from = 0; from < ids.length; from += chunk)
    row = (await decoder.step(ids.slice(from, from + chunk), 'last', job)).logits;
  return row;
}
