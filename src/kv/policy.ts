import type { Model } from '../ir/model.ts';
import type { CachePolicy } from './types.ts';

/** Property of a model's metadata that says how it keeps keys and values. */
const PROPERTY = 'whittle.kv';

/** `[1]`, int64: positions that were dropped so far, where those of the text go on counting. */
export const POSITION_OFFSET = 'position_offset';

/** `[batch, blocks of the sequence]`, int64: places in the pool, in the order of the text. */
export const BLOCK_TABLE = 'block_table';
/** `[1]`, int64: positions of the sequences that the pool holds; the same for all of a batch. */
export const PAST_LENGTH_INPUT = 'past_length';

/** Writes into the model how it keeps keys and values from now on. */
export function setPolicy(model: Model, policy: CachePolicy): void {
  const properties = new Map(model.extras.metadataProps);
  properties.set(PROPERTY, JSON.stringify(policy));
  model.extras = { ...model.extras, metadataProps: properties };
}

const KINDS: ReadonlySet<string> = new Set(['sliding-window', 'streaming', 'int8', 'paged']);

/** How a decoder keeps keys and values, as far as its metadata say; `dense` where they say nothing that is known. */
export function policyOf(model: Pick<Model, 'extras'>): CachePolicy {
  const text = model.extras.metadataProps?.get(PROPERTY);
  if (text === undefined) return { kind: 'dense' };
  try {
    const policy = JSON.parse(text) as CachePolicy;
    const sizes = Object.entries(policy).filter(([key]) => key !== 'kind');
    const isWhole = sizes.every(([, size]) => Number.isInteger(size) && Number(size) >= 0);
    return KINDS.has(policy.kind) && isWhole ? policy : { kind: 'dense' };
  } catch {
    return { kind: 'dense' };
  }
}
