import { int8Bytes } from './cache/int8.ts';
import { bytesPerPosition, type LayerShape } from './cache/layout.ts';
import type { CachePolicy } from './types.ts';

/**
 * Positions of a text of `length` that are still kept behind it, as the rewritten graphs keep them: the next token is one
 * of its window, so a window of `w` keeps `w − 1`.
 */
export function keptPositions(policy: CachePolicy, length: number): number {
  switch (policy.kind) {
    case 'none':
      return 0;
    case 'sliding-window':
      return Math.min(length, policy.window - 1);
    case 'streaming':
      return Math.min(length, policy.sinks + policy.window - 1);
    case 'dense':
    case 'int8':
    case 'paged':
      return length;
    default:
      return policy satisfies never;
  }
}

/**
 * Bytes of keys and values that are kept once a text of `length` positions has gone through a decoder; int8 holds its
 * scales as float16, and its last positions as float32; pages count whole blocks.
 *
 * @param elementBytes of a key or value that is kept as it is
 */
export function cacheBytes(
  policy: CachePolicy,
  layers: readonly LayerShape[],
  length: number,
  elementBytes = 4,
): number {
  const each = bytesPerPosition(layers, elementBytes);
  if (policy.kind === 'int8') {
    const options = { group: policy.group, residual: policy.residual, scales: 'float16' } as const;
    return layers.reduce((sum, layer) => sum + int8Bytes(layer, length, options), 0);
  }
  if (policy.kind === 'paged') return Math.ceil(length / policy.block) * policy.block * each;
  return keptPositions(policy, length) * each;
}

/**
 * The text length from which on, up to `upTo`, the first policy always keeps fewer bytes than the second; null: it does
 * so at no length, or at every length from 1 on.
 */
export function fewerFrom(
  bytes: (length: number) => number,
  than: (length: number) => number,
  upTo: number,
): number | null {
  const isFewer = (length: number): boolean => bytes(length) < than(length);
  if (upTo < 1 || !isFewer(upTo)) return null;
  let from = upTo;
  while (from > 1 && isFewer(from - 1)) from--;
  return from === 1 ? null : from;
}
