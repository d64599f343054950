import type { LayerShape } from './layout.ts';
import { RingCache } from './ring.ts';

/** Keeps the last `window` positions. */
export class SlidingWindowCache extends RingCache {
  constructor(layers: readonly LayerShape[], { window }: { readonly window: number }) {
    super(layers, 0, window);
  }
}
