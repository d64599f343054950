import type { ErrorRecord } from '../base/error.ts';
import type { TalkPiece, TalkProgress, TalkResult } from '../engine/kv/lab-types.ts';
import type { CacheSnapshot } from '../kv/cache/paged/snapshot.ts';
import type { CachePolicy } from '../kv/types.ts';

/** A text under one policy, as it comes. */
export interface Talk {
  readonly status: 'running' | 'done' | 'stopped' | 'failed';
  readonly policy: CachePolicy;
  readonly prompt: string;
  readonly stage: string;
  readonly pieces: readonly TalkPiece[];
  /** New tokens. */
  readonly tokens: number;
  /** Of the prompt's run; null: it is not over. */
  readonly prefillMs: number | null;
  /** Mean of the runs of one token each; null: there was none yet. */
  readonly msPerToken: number | null;
  /** Of keys and values that are kept now. */
  readonly cacheBytes: number;
  readonly blocks: CacheSnapshot | null;
  readonly result: TalkResult | null;
  readonly error: ErrorRecord | null;
}

export const talkBegun = (policy: CachePolicy, prompt: string): Talk => ({
  ...{ status: 'running', policy, prompt, stage: 'Waiting', pieces: [], tokens: 0 },
  ...{ prefillMs: null, msPerToken: null, cacheBytes: 0, blocks: null, result: null, error: null },
});

/** The text after a message. */
export function talkAdvanced(talk: Talk, { stage, pieces = [], blocks }: TalkProgress): Talk {
  const fresh = pieces.filter(({ id }) => id !== null);
  let { tokens, prefillMs, msPerToken } = talk;
  for (const { ms } of fresh) {
    tokens += 1;
    if (tokens === 1) prefillMs = ms;
    else msPerToken = (msPerToken ?? 0) + (ms - (msPerToken ?? 0)) / (tokens - 1);
  }
  return {
    ...talk,
    ...{ stage, tokens, prefillMs, msPerToken },
    pieces: pieces.length > 0 ? [...talk.pieces, ...pieces] : talk.pieces,
    cacheBytes: pieces.at(-1)?.cacheBytes ?? talk.cacheBytes,
    blocks: blocks ?? talk.blocks,
  };
}

const idsOf = ({ pieces }: Talk): readonly number[] => pieces.flatMap(({ id }) => (id === null ? [] : [id]));

/** The first new token that two texts do not have in common; null: none yet, or of different prompts. */
export function firstDifference(a: Talk | null, b: Talk | null): number | null {
  if (!a || !b || a.prompt !== b.prompt) return null;
  const [one, other] = [idsOf(a), idsOf(b)];
  const both = Math.min(one.length, other.length);
  for (let at = 0; at < both; at++) if (one[at] !== other[at]) return at;
  // One of them ended of itself.
  const isOver = (talk: Talk): boolean => talk.status === 'done';
  return isOver(a) && isOver(b) && one.length !== other.length ? both : null;
}

/** The text before a token, the token's own, and what follows. */
export function partsAt({ pieces }: Talk, token: number | null): readonly [string, string, string] {
  const parts: [string, string, string] = ['', '', ''];
  let at = -1;
  for (const { id, text } of pieces) {
    if (id !== null) at += 1;
    parts[token === null || at < token ? 0 : at === token ? 1 : 2] += text;
  }
  return parts;
}
