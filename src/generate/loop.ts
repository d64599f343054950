import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import type { Decoder } from './decoder.ts';
import { createSampler, type SamplerSettings } from './sampler.ts';
import { TextStream } from './text-stream.ts';

export interface GenerateSettings {
  /** The most new tokens. */
  readonly tokens: number;
  readonly sampling: SamplerSettings;
  /** Texts that end it; they are not part of what is given out. */
  readonly stops: readonly string[];
  /** Tokens that end it, beside those of the tokenizer; they are not part of what is given out. */
  readonly stopIds: readonly number[];
}

/** Why there is no more of it: as many tokens as were asked for, a token that ends a text, or a stop text. */
export type Stopped = 'length' | 'token' | 'text';

export interface NewToken {
  readonly id: number;
  /** The text that is sure with it: none while a character or a stop text is not whole, perhaps of several tokens. */
  readonly text: string;
  /** Of its step, ms; the first one's is that of the prompt. */
  readonly ms: number;
}

export interface Generated {
  /** New ones. */
  readonly ids: readonly number[];
  /** Empty where there is no tokenizer. */
  readonly text: string;
  readonly stopped: Stopped;
  /** Positions of the prompt that were kept from an earlier text, and not read again. */
  readonly reused: number;
  /** The rest of the prompt in one go, which gives the first token, ms; the first run of a session has its own costs in it. */
  readonly prefillMs: number;
  /** Steps of one token each behind it, and their mean; null where there was none. */
  readonly steps: number;
  readonly msPerToken: number | null;
  readonly tokensPerSecond: number | null;
  /** Bytes of keys and values that were kept at the end. */
  readonly cacheBytes: number;
}

interface Watch {
  readonly job: Job;
  /** Called for each token, then once more with id null where text was waiting when it ended. */
  readonly onToken?: (token: NewToken | { readonly id: null; readonly text: string }) => void;
}

/**
 * Text behind a prompt, from a decoder that begins anew. Times are those of runs: what draws and decodes is not in them.
 *
 * @param tokenizer null: ids only, which no text can stop
 * @throws CodedError `bad-request` for an empty prompt or settings out of bounds, `cancelled`, and as the decoder does
 */
export async function generate(
  decoder: Decoder,
  prompt: readonly number[],
  settings: GenerateSettings,
  tokenizer: Pick<Tokenizer, 'decode' | 'ends'> | null,
  { job, onToken }: Watch,
): Promise<Generated> {
  check(prompt, settings, tokenizer !== null);
  const sampler = createSampler(settings.sampling);
  const stream = new TextStream(tokenizer ?? { decode: () => '' }, prompt, settings.stops);
  const ends = new Set([...settings.stopIds, ...(tokenizer?.ends ?? [])]);
  const ids: number[] = [];
  const times: number[] = [];
  let [text, cacheBytes] = ['', 0];
  let stopped: Stopped = 'length';
  const reused = await decoder.begin(prompt);
  while (ids.length < settings.tokens) {
    const step = await decoder.step(ids.length === 0 ? prompt.slice(reused) : ids.slice(-1), 'last', job);
    times.push(step.ms);
    cacheBytes = step.cacheBytes;
    const id = sampler(step.logits, [...prompt, ...ids]);
    if (ends.has(id)) {
      stopped = 'token';
      break;
    }
    ids.push(id);
    const piece = stream.push(id);
    text += piece;
    onToken?.({ id, text: piece, ms: step.ms });
    if (stream.stopped) {
      stopped = 'text';
      break;
    }
  }
  const rest = stream.end();
  if (rest !== '') onToken?.({ id: null, text: rest });
  return { ids, text: text + rest, stopped, reused, ...timesOf(times), cacheBytes };
}

function check(prompt: readonly number[], { tokens, stops }: GenerateSettings, hasText: boolean): void {
  if (prompt.length === 0)
    throw new CodedError('bad-request', 'The prompt is empty. Give a text or ids to go on from.');
  if (!Number.isInteger(tokens) || tokens < 1) {
    throw new CodedError('bad-request', `${tokens} tokens cannot be generated. Give a whole number from 1.`);
  }
  if (stops.length > 0 && !hasText) {
    throw new CodedError('bad-request', 'A text can stop nothing where there is no tokenizer. Give one.');
  }
}

function timesOf([prefillMs = 0, ...steps]: readonly number[]) {
  const sum = steps.reduce((all, ms) => all + ms, 0);
  const mean = steps.length > 0 ? sum / steps.length : null;
  return { prefillMs, steps: steps.length, msPerToken: mean, tokensPerSecond: mean && 1000 / mean };
}
