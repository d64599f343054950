import type { CachePolicy } from '../types.ts';
import { DenseCache } from './dense.ts';
import { HeavyHitterCache } from './heavy-hitter.ts';
import { INT8_DEFAULTS, Int8Cache } from './int8.ts';
import type { LayerShape, SequenceCache } from './layout.ts';
import { SlidingWindowCache } from './sliding-window.ts';
import { StaticBufferCache } from './static-buffer.ts';
import { StreamingCache } from './streaming.ts';

/** Policies that keep each sequence by itself; pages are the business of a `PagedCache` over all of them. */
export type SequencePolicy =
  | Exclude<CachePolicy, { readonly kind: 'none' } | { readonly kind: 'paged' }>
  | { readonly kind: 'static'; readonly capacity: number }
  | { readonly kind: 'heavy-hitter'; readonly heavy: number; readonly recent: number };

type Makers = {
  readonly [Kind in SequencePolicy['kind']]: (
    layers: readonly LayerShape[],
    policy: Extract<SequencePolicy, { readonly kind: Kind }>,
  ) => SequenceCache;
};

const MAKERS: Makers = {
  dense: (layers) => new DenseCache(layers),
  static: (layers, { capacity }) => new StaticBufferCache(layers, capacity),
  'sliding-window': (layers, policy) => new SlidingWindowCache(layers, policy),
  streaming: (layers, policy) => new StreamingCache(layers, policy),
  'heavy-hitter': (layers, policy) => new HeavyHitterCache(layers, policy),
  int8: (layers, { group, residual }) => new Int8Cache(layers, { ...INT8_DEFAULTS, group, residual }),
};

/** An empty cache for one sequence. */
export function createCache<Kind extends SequencePolicy['kind']>(
  policy: Extract<SequencePolicy, { readonly kind: Kind }>,
  layers: readonly LayerShape[],
): SequenceCache {
  return MAKERS[policy.kind](layers, policy);
}
