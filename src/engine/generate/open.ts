import type { Job } from '../../base/job.ts';
import { tokenizerOf, type Tokenizer } from '../../data/tokenizer.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { policyOf } from '../../kv/policy.ts';
import type { CachePolicy, DecoderIo } from '../../kv/types.ts';
import type { SessionSettings } from '../../runtime/types.ts';
import type { Parcel, RuntimePort } from '../ports.ts';

/** What a model is as a decoder, told by its graph alone. */
export interface DecoderFacts {
  readonly io: DecoderIo;
  readonly policy: CachePolicy;
  /** The one that the model names in its metadata. */
  readonly tokenizer: Tokenizer | null;
}

/** @throws CodedError `unsupported` where the model is no decoder that can be run by steps, with the reason */
export function decoderFacts(model: Model): DecoderFacts {
  const io = readDecoderIo(model);
  const policy = io.cache.length === 0 ? ({ kind: 'none' } as const) : policyOf(model);
  return { io, policy, tokenizer: tokenizerOf(model.extras.metadataProps) };
}

/**
 * @param recompute whether the whole text goes through the model at each step, whatever cache it has
 * @param blocks the most of a cache in pages; null: any number
 */
export function openDecoder(
  { io, policy }: DecoderFacts,
  parcel: Parcel,
  {
    recompute,
    settings,
    blocks = null,
  }: { readonly recompute: boolean; readonly settings: SessionSettings; readonly blocks?: number | null },
  port: RuntimePort,
  job: Job,
): Promise<Decoder> {
  return port.decode(parcel, { io, policy, recompute, blocks }, settings, job);
}
