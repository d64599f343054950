import type { DataType, Dim } from '../ir/types.ts';

/** A tensor that a run is given, and the one that it gives for the next. */
export interface CachePort {
  /** Names in the graph: `past_key_values.0.key`, `present.0.key`. */
  readonly input: string;
  readonly output: string;
  readonly dtype: DataType;
  /** As declared. */
  readonly shape: readonly Dim[];
}

/** Keys or values of a layer, which a decoder is given again as it left them one run before. */
export interface CacheTensor extends CachePort {
  readonly layer: number;
  /** `both`: keys and values lie in one tensor, behind an axis of 2. */
  readonly holds: 'key' | 'value' | 'both';
  /** Axis of batch, of heads, and of positions, along which the output is longer than the input. */
  readonly axes: { readonly batch: number; readonly heads: number; readonly positions: number; readonly width: number };
  /** Where it holds whole numbers: their scales, and the last positions as floats. Their axes are the same. */
  readonly quantized?: { readonly scale: CachePort; readonly residual: CachePort };
}

/** What a decoder is given and what it gives, by name. */
export interface DecoderIo {
  /** `[batch, positions]`, int64 or int32. */
  readonly ids: { readonly name: string; readonly dtype: 'int64' | 'int32' };
  /** `[batch, positions, vocabulary]`; null: it gives hidden states only. */
  readonly logits: string | null;
  /** Null where the graph does not say. */
  readonly vocabulary: number | null;
  /** `attention_mask`: `[batch, earlier and new positions]`, 1 where there is a token. */
  readonly mask: { readonly name: string; readonly dtype: DataType } | null;
  /** `position_ids`: `[batch, positions]`. */
  readonly positions: { readonly name: string; readonly dtype: DataType } | null;
  /** In the order of layers, keys before values; empty: it keeps nothing. */
  readonly cache: readonly CacheTensor[];
  /** Int64, `[1]`: positions that were dropped so far, where those of the text go on counting. */
  readonly offset?: string;
  /**
   * Cache inputs are pools, `[blocks, heads, positions of a block, width]`, and outputs new positions alone: int64 inputs of
   * the blocks of a sequence, `[batch, blocks]`, and of the positions that they hold, `[1]`.
   */
  readonly pages?: { readonly table: string; readonly length: string };
}

/** How keys and values are kept, as the metadata `whittle.kv` of a rewritten decoder says; without it, `dense`. */
export type CachePolicy =
  | { readonly kind: 'none' }
  | { readonly kind: 'dense' }
  /** The last `window` positions. */
  | { readonly kind: 'sliding-window'; readonly window: number }
  /** The first `sinks` positions and the last `window`; positions are those in the cache (StreamingLLM, Xiao et al. 2023). */
  | { readonly kind: 'streaming'; readonly window: number; readonly sinks: number }
  /** Keys per channel in groups of `group` positions, values per token; at least the last `residual` stay float (KIVI, Liu et al. 2024). */
  | { readonly kind: 'int8'; readonly group: number; readonly residual: number }
  /** Blocks of `block` positions in a pool, found by a table (PagedAttention, Kwon et al. 2023). */
  | { readonly kind: 'paged'; readonly block: number };
