import { CodedError } from '../base/error.ts';
import { seeded } from '../base/random.ts';

export interface SamplerSettings {
  /** Logits are divided by it; 0 takes the most likely token. */
  readonly temperature: number;
  /** Only so many of the most likely tokens; null: all. */
  readonly topK: number | null;
  /** Only the most likely tokens that together have this probability; null: all. */
  readonly topP: number | null;
  /**
   * Logits of tokens that were there already are divided by it where they are positive, multiplied where they are
   * negative (Keskar et al. 2019, CTRL, arXiv:1909.05858); 1 changes nothing.
   */
  readonly repetition: number;
  readonly seed: number;
}

export const GREEDY: SamplerSettings = { temperature: 0, topK: null, topP: null, repetition: 1, seed: 0 };

/** The next token, by the logits of the whole vocabulary and all tokens before. */
export type Sampler = (logits: Float32Array, before: readonly number[]) => number;

/**
 * Logits become the next token in this order: repetition, temperature, the `topK` largest, softmax over what is left,
 * its nucleus (the fewest tokens, the most likely first, whose probabilities add up to `topP` or more: Holtzman et al.
 * 2020, arXiv:1904.09751), and one number of the seeded stream, which picks along the ids of what is left. Where two are
 * equal the lower id counts as the more likely. One sampler is for one text: each token takes one number of its stream.
 *
 * @throws CodedError `bad-request` for settings out of bounds; the sampler throws `runtime` for logits that are NaN,
 *   +∞, or −∞ throughout
 */
export function createSampler(settings: SamplerSettings): Sampler {
  check(settings);
  const random = seeded(settings.seed);
  const { temperature, topK, topP, repetition } = settings;
  return (given, before) => {
    const logits = repetition === 1 ? given : penalised(given, before, repetition);
    const best = likeliest(logits);
    if (temperature === 0) return best;
    const weights = softmax(logits, logits[best] ?? 0, temperature);
    if (topK !== null && topK < logits.length) keepLargest(weights, logits, topK);
    if (topP !== null && topP < 1) keepNucleus(weights, topP);
    return drawn(weights, random());
  };
}

function check({ temperature, topK, topP, repetition, seed }: SamplerSettings): void {
  const wrong =
    (!(temperature >= 0 && Number.isFinite(temperature)) && `a temperature of ${temperature}: give 0 or more`) ||
    (topK !== null && !(Number.isInteger(topK) && topK >= 1) && `a top-k of ${topK}: give a whole number from 1`) ||
    (topP !== null && !(topP > 0 && topP <= 1) && `a top-p of ${topP}: give more than 0 and at most 1`) ||
    (!(repetition > 0 && Number.isFinite(repetition)) && `a repetition penalty of ${repetition}: give more than 0`) ||
    (!Number.isInteger(seed) && `a seed of ${seed}: give a whole number`);
  if (wrong) throw new CodedError('bad-request', `Nothing can be drawn at ${wrong}.`);
}

function penalised(logits: Float32Array, before: readonly number[], penalty: number): Float32Array {
  const out = logits.slice();
  for (const id of new Set(before)) {
    const logit = out[id];
    if (logit !== undefined) out[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return out;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (Number.isNaN(logit)) throw senseless(`the logit of token ${id} is not a number`, logits);
    if (logit > logits[best]!) best = id;
  }
  const most = logits[best] ?? -Infinity;
  if (most === Infinity) throw senseless(`the logit of token ${best} is infinite`, logits);
  if (most === -Infinity) throw senseless('no token has a logit above −∞', logits);
  return best;
}

function senseless(what: string, logits: Float32Array): CodedError {
  const bad = logits.reduce((count, logit) => count + (Number.isFinite(logit) ? 0 : 1), 0);
  return new CodedError(
    'runtime',
    `The model gave no distribution to draw from: ${what} (${bad} of ${logits.length} are not finite). Check the model against its original.`,
    { bad },
  );
}

/** exp((logit − most) / temperature), which need not add up to 1. */
function softmax(logits: Float32Array, most: number, temperature: number): Float64Array {
  const weights = new Float64Array(logits.length);
  for (let id = 0; id < logits.length; id++) weights[id] = Math.exp((logits[id]! - most) / temperature);
  return weights;
}

/** Sets to 0 what is not among the largest logits; of equal ones the lower ids stay. */
function keepLargest(weights: Float64Array, logits: Float32Array, count: number): void {
  // The k-th largest of a part is at most that of all: what is below it need not be sorted.
  const floor =
    logits
      .slice(0, 16 * count)
      .sort()
      .at(-count) ?? -Infinity;
  const candidates = logits.filter((logit) => logit >= floor).sort();
  const least = candidates.at(-count) ?? -Infinity;
  let above = 0;
  for (const logit of candidates) if (logit > least) above++;
  let equal = count - above;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (logit < least || (logit === least && equal-- <= 0)) weights[id] = 0;
  }
}

/** Sets to 0 what lies outside the nucleus. */
function keepNucleus(weights: Float64Array, share: number): void {
  const all = sumOf(weights);
  // What is below this is too little for the nucleus, even all of it together: it need not be sorted.
  const floor = ((1 - share) * all) / weights.length;
  const order = weights.filter((weight) => weight >= floor).sort();
  let [least, sum, count] = [0, 0, 0];
  for (let at = order.length - 1; at >= 0 && (sum === 0 || sum < share * all); at--) {
    least = order[at]!;
    sum += least;
    count++;
  }
  let equal = count;
  for (const weight of order) if (weight > least) equal--;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id]!;
    if (weight < least || (weight === least && equal-- <= 0)) weights[id] = 0;
  }
}

function sumOf(weights: Float64Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum;
}

/** @param at from 0 to below 1 along all weights laid end to end */
function drawn(weights: Float64Array, at: number): number {
  let rest = at * sumOf(weights);
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id]!;
    if (weight === 0) continue;
    last = id;
    rest -= weight;
    if (rest < 0) return id;
  }
  // Rounding may leave a little over behind the last one.
  return last;
}
