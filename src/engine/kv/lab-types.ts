import type { Progress } from '../../base/job.ts';
import type { Generated } from '../../generate/loop.ts';
import type { SamplerSettings } from '../../generate/sampler.ts';
import type { CacheSnapshot } from '../../kv/cache/paged/snapshot.ts';
import type { LayerShape } from '../../kv/cache/layout.ts';
import type { CachePolicy } from '../../kv/types.ts';
import type { DataType } from '../../ir/types.ts';
import type { RuntimeBackend } from '../../runtime/types.ts';
import type { AttentionShares } from './attention-share.ts';
import type { Bucket } from './likelihood.ts';

/** What a text is turned into ids with. */
export interface TokenizerView {
  readonly name: string;
  readonly vocabulary: number;
  /** A person gave it, in place of the one that the model names. */
  readonly given: boolean;
}

/** What a decoder keeps, and how it stands. */
export interface DecoderView {
  /** What its layers keep of a position; null: nothing, and no cache can be put in. */
  readonly layers: readonly LayerShape[] | null;
  readonly dtype: DataType;
  /** Null: it gives hidden states, or its vocabulary is not known. */
  readonly vocabulary: number | null;
  /** Rows of the table of positions that ends first; null: none does. */
  readonly positions: number | null;
  /** Of the stop that is shown. */
  readonly policy: CachePolicy;
}

/** Whether a policy can be had in the model, and by which passes. */
export interface PolicyPlan {
  readonly kind: CachePolicy['kind'];
  /** Steps that lead there from stop `base`; none: the stop has it already. */
  readonly base: number;
  readonly passes: readonly string[];
  /** Why it cannot be had; null: it can. */
  readonly reason: string | null;
}

export interface KvView {
  readonly decoder: DecoderView | null;
  /** Why the model is no decoder of text that can be run by steps; null: it is one. */
  readonly reason: string | null;
  readonly plans: readonly PolicyPlan[];
  readonly tokenizer: TokenizerView | null;
}

/** A text that is to be gone on with under a policy. */
export interface TalkAsk {
  readonly stop: number;
  readonly policy: CachePolicy;
  /** With a tokenizer its text; without one, ids between commas. */
  readonly prompt: string;
  readonly tokens: number;
  readonly sampling: SamplerSettings;
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** Of a cache in pages: the most blocks of its pool; null: it grows as it has to. */
  readonly blocks: number | null;
}

export interface TalkPiece {
  /** Null: text that waited for its end. */
  readonly id: number | null;
  readonly text: string;
  /** Of its run; the first one's is that of the prompt. */
  readonly ms: number;
  readonly cacheBytes: number;
}

export interface TalkProgress extends Progress {
  /** Since the last message. */
  readonly pieces?: readonly TalkPiece[];
  /** Of a paged cache, after the last piece. */
  readonly blocks?: CacheSnapshot;
}

export interface TalkResult extends Generated {
  /** Of the prompt, what the tokenizer puts in front of it included. */
  readonly promptTokens: number;
}

/** What each policy makes of a text. */
export interface MeasureAsk {
  readonly stop: number;
  readonly policies: readonly CachePolicy[];
  /** Of the text, at most. */
  readonly tokens: number;
  /** Positions of a bucket. */
  readonly bucket: number;
  /** First positions whose share of attention is told; 0: it is not asked for. */
  readonly sinks: number;
  readonly backend: RuntimeBackend;
  readonly threads: number;
}

export type MeasuredPolicy =
  | {
      readonly policy: CachePolicy;
      readonly reason: null;
      readonly buckets: readonly Bucket[];
      /** Of all tokens but the first. */
      readonly perplexity: number;
      /** The median of its runs. */
      readonly msPerToken: number;
      /** Of keys and values at the end. */
      readonly cacheBytes: number;
    }
  /** Why it cannot be had. */
  | { readonly policy: CachePolicy; readonly reason: string };

export interface MeasureProgress extends Progress {
  /** What was just measured. */
  readonly found?: MeasuredPolicy;
}

export interface MeasureResult {
  /** Foretold: all but the first. */
  readonly tokens: number;
  readonly bucket: number;
  /** Tables of positions were made this long for the text; null: they were long enough. */
  readonly extended: number | null;
  readonly attention: AttentionShares | null;
  readonly policies: readonly MeasuredPolicy[];
}
