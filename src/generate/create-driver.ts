import { CodedError } from '../base/error.ts';
import type { CachePolicy, DecoderIo } from '../kv/types.ts';
import type { CacheDriver } from './cache-driver.ts';
import { HandedDriver } from './handed-driver.ts';
import { PagedDriver } from './paged-driver.ts';

const WORDS: Readonly<Record<Exclude<CachePolicy['kind'], 'none'>, string>> = {
  dense: 'all keys and values',
  'sliding-window': 'a window of keys and values',
  streaming: 'sinks and a window of keys and values',
  int8: 'scales and residuals beside keys and values',
  paged: `a pool of keys and values, a table of blocks and the positions in them`,
};

/**
 * @param mostBlocks of a cache in pages; null: any number
 * @throws CodedError `unsupported` where inputs and outputs are not those that the policy wants
 */
export function createDriver(
  io: DecoderIo,
  policy: Exclude<CachePolicy, { readonly kind: 'none' }>,
  mostBlocks: number | null,
): CacheDriver {
  const quantized = io.cache.filter((tensor) => tensor.quantized);
  const [isInt8, isPaged] = [policy.kind === 'int8', policy.kind === 'paged'];
  if (quantized.length !== (isInt8 ? io.cache.length : 0) || (io.pages !== undefined) !== isPaged) {
    throw new CodedError(
      'unsupported',
      `The model says that it keeps its cache as ${policy.kind}, but its inputs and outputs are not ${WORDS[policy.kind]}. Rewrite the cache anew.`,
    );
  }
  if (policy.kind === 'paged') return new PagedDriver(io, io.pages!, policy.block, mostBlocks);
  return new HandedDriver(io, policy);
}
