import type { LayerShape } from './layout.ts';
import { RingCache } from './ring.ts';

/** Keeps the first `sinks` positions and the last `window` (StreamingLLM, Xiao et al. 2023, arXiv:2309.17453). */
export class StreamingCache extends RingCache {
  constructor(layers: readonly LayerShape[], { sinks, window }: { readonly sinks: number; readonly window: number }) {
    super(layers, sinks, window);
  }
}
