import { layerShapes, type LayerRows, type LayerShape } from '../kv/cache/layout.ts';
import type { CacheTensor, DecoderIo } from '../kv/types.ts';

type Side = 'key' | 'value';

/** Where each tensor of a decoder's cache belongs in a cache outside the graph. */
export class CacheLayers {
  readonly shapes: readonly LayerShape[];
  private readonly cache: readonly CacheTensor[];
  private readonly places: ReadonlyMap<number, number>;

  /** @param io keys and values each in a tensor of its own */
  constructor({ cache }: DecoderIo) {
    this.cache = cache;
    this.shapes = layerShapes(cache);
    const layers = [...new Set(cache.map(({ layer }) => layer))].toSorted((a, b) => a - b);
    this.places = new Map(layers.map((layer, at) => [layer, at]));
  }

  placeOf({ layer, holds }: CacheTensor) {
    const at = this.places.get(layer)!;
    const { heads, keyWidth, valueWidth } = this.shapes[at]!;
    const side: Side = holds === 'key' ? 'key' : 'value';
    return { at, side, heads, width: side === 'key' ? keyWidth : valueWidth };
  }

  /** Rows of all layers out of those of each tensor. */
  rows(read: (tensor: CacheTensor) => Float32Array): LayerRows[] {
    const rows = this.shapes.map((): { key: Float32Array; value: Float32Array } => ({
      key: new Float32Array(),
      value: new Float32Array(),
    }));
    for (const tensor of this.cache) {
      const { at, side } = this.placeOf(tensor);
      rows[at]![side] = read(tensor);
    }
    return rows;
  }
}
