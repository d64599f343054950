import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Tokenizer } from '../../data/tokenizer.ts';
import type { Decoder, StepResult } from '../../generate/decoder.ts';
import { generate } from '../../generate/loop.ts';
import { promptIds } from '../../generate/prompt.ts';
import { watched } from '../../generate/watched.ts';
import type { TalkAsk, TalkPiece, TalkProgress, TalkResult } from './lab-types.ts';

/** A job whose messages hold what was said meanwhile. */
export interface TalkJob extends Omit<Job, 'progress'> {
  progress(progress: TalkProgress): void;
}

/** Messages come so often at most, ms: a token may take less than one. */
const EVERY = 40;

/** Ids that a person wrote where no tokenizer is known. */
function idsOf(text: string): number[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  return parts.map((part) => {
    if (/^\d+$/.test(part)) return Number(part);
    throw new CodedError(
      'bad-request',
      `Without a tokenizer the prompt is ids, as 1, 2, 3; “${part}” is none. Give ids, or the model’s tokenizer.`,
    );
  });
}

/**
 * Goes on from a prompt, and tells each token with its time and what is kept by then. The decoder is not released.
 *
 * @param tokenizer null: ids in, ids out
 */
export async function talk(
  decoder: Decoder,
  { prompt, tokens, sampling }: TalkAsk,
  tokenizer: Tokenizer | null,
  job: TalkJob,
): Promise<TalkResult> {
  const ids = tokenizer ? promptIds(tokenizer, prompt) : idsOf(prompt);
  let last: StepResult | null = null;
  let pieces: TalkPiece[] = [];
  let drawn = -Infinity;
  let count = 0;
  const tell = (): void => {
    drawn = performance.now();
    const blocks = last?.blocks;
    job.progress({ stage: 'Generating', done: count, total: tokens, pieces, ...(blocks && { blocks }) });
    pieces = [];
  };
  const told = watched(decoder, (step) => {
    last = step;
  });
  job.progress({ stage: 'Reading the prompt', done: 0, total: tokens });
  const made = await generate(told, ids, { tokens, sampling, stops: [], stopIds: [] }, tokenizer, {
    job,
    onToken(token) {
      const cacheBytes = last?.cacheBytes ?? 0;
      if (token.id !== null) count++;
      const text = tokenizer ? token.text : `${count > 1 ? ' ' : ''}${token.id ?? ''}`;
      pieces.push({ id: token.id, text, ms: token.id === null ? 0 : token.ms, cacheBytes });
      if (performance.now() - drawn >= EVERY) tell();
    },
  });
  tell();
  return { ...made, promptTokens: ids.length };
}
