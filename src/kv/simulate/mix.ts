import { CodedError } from '../../base/error.ts';
import { normal, seeded, type Random } from '../../base/random.ts';

/** Lengths of a long tail: log-normal, with this mean and spread of the logarithm, cut off at a longest length. */
export interface Lengths {
  readonly mean: number;
  readonly sigma: number;
}

/** Requests as they come in. Everything is drawn from the seed. */
export interface Mix {
  readonly requests: number;
  readonly seed: number;
  /** Requests that arrive per step, at times of their own (exponential gaps). */
  readonly rate: number;
  /** The prompt without what it shares; at most half of the longest length. */
  readonly prompt: Lengths;
  readonly generated: Lengths;
  /** Positions that no request passes: prompt and what is generated. */
  readonly maxLength: number;
  /** Share of requests that begin with one of the system prompts, all alike likely. */
  readonly sharedPrefix: number;
  readonly systemPrompts: { readonly count: number; readonly shortest: number; readonly longest: number };
}

/**
 * Means of the ShareGPT conversations that Kwon et al. 2023 (arXiv:2309.06180, fig. 11) served: 161 and 338 tokens, cut at
 * the 2048 of the models there. Spreads, arrivals and system prompts are assumptions: the paper gives none in numbers.
 */
export const DEFAULT_MIX: Mix = {
  requests: 200,
  seed: 0,
  rate: 0.2,
  prompt: { mean: 161, sigma: 1 },
  generated: { mean: 338, sigma: 1 },
  maxLength: 2048,
  sharedPrefix: 0.3,
  systemPrompts: { count: 3, shortest: 64, longest: 512 },
};

export interface Request {
  /** The step at which it arrives. */
  readonly arrival: number;
  readonly prompt: readonly number[];
  readonly generated: number;
}

/** Mean of exp(μ + σz) is exp(μ + σ²/2). */
function lengthFrom(gauss: Random, { mean, sigma }: Lengths, longest: number): number {
  const length = Math.round(mean * Math.exp(sigma * gauss() - sigma ** 2 / 2));
  return Math.min(longest, Math.max(1, length));
}

/** The requests in the order of arrival. Tokens differ wherever requests do not share a system prompt. */
export function drawRequests(mix: Mix): Request[] {
  if (mix.maxLength < 2) {
    throw new CodedError(
      'bad-request',
      `Requests of ${mix.maxLength} positions have no room for a prompt and a token.`,
    );
  }
  const random = seeded(mix.seed);
  const gauss = normal(random);
  const half = Math.floor(mix.maxLength / 2);
  let [token, time] = [0, 0];
  const fresh = (count: number): number[] => Array.from({ length: count }, () => (token += 1));
  const { count, shortest, longest } = mix.systemPrompts;
  const systems = Array.from({ length: count }, () =>
    fresh(shortest + Math.floor(random() * (longest - shortest + 1))),
  );
  return Array.from({ length: mix.requests }, () => {
    time -= Math.log(1 - random()) / mix.rate;
    const begins = random() < mix.sharedPrefix ? (systems[Math.floor(random() * count)] ?? []) : [];
    // A prompt is never its system prompt alone.
    const begin = begins.slice(0, half - 1);
    const prompt = [...begin, ...fresh(lengthFrom(gauss, mix.prompt, half - begin.length))];
    const generated = lengthFrom(gauss, mix.generated, mix.maxLength - prompt.length);
    return { arrival: Math.floor(time), prompt, generated };
  });
}
