import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import { tokenizerOf, type Tokenizer } from '../../data/tokenizer.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
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

/** Metadata of a model whose cache was rewritten. */
const POLICY = 'whittle.kv';

/** @throws CodedError `unsupported` where the model is no decoder that can be run by steps, with the reason */
export function decoderFacts(model: Model): DecoderFacts {
  const io = readDecoderIo(model);
  const metadata = model.extras.metadataProps;
  return { io, policy: policyOf(io, metadata?.get(POLICY)), tokenizer: tokenizerOf(metadata) };
}

function policyOf({ cache }: DecoderIo, text: string | undefined): CachePolicy {
  if (cache.length === 0) return { kind: 'none' };
  if (text === undefined) return { kind: 'dense' };
  try {
    return JSON.parse(text) as CachePolicy;
  } catch {
    throw new CodedError('unsupported', `The metadata ${POLICY} are no JSON: ${text}. Rewrite the cache anew.`);
  }
}

/** @param recompute whether the whole text goes through the model at each step, whatever cache it has */
export function openDecoder(
  { io, policy }: DecoderFacts,
  parcel: Parcel,
  { recompute, settings }: { readonly recompute: boolean; readonly settings: SessionSettings },
  port: RuntimePort,
  job: Job,
): Promise<Decoder> {
  return port.decode(parcel, { io, policy, recompute }, settings, job);
}
