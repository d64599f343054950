import type { ValueId } from '../../ir/types.ts';
import type { Composite, DecompositionTable } from './composite.ts';
import { lastAxisNorm } from './layer-norm.ts';
import { tensorOf } from '../../ir/tensor.ts';

/** Position embeddings [S, C] of 0 … S − 1, or those of given positions [B or 1, S]. */
function positions(c: Composite, length: number): ValueId {
  const { emit } = c;
  const table = c.input(3);
  if (c.has(8)) return emit.op('Gather', [table, c.input(8)], { axis: 0 });
  return emit.shape(table)[0] === length ? table : emit.slice(table, [0], [length], [0]);
}

/** How many positions of each sample the mask [B, S] keeps, int32 [B]; 0 without a mask. */
function maskIndex(c: Composite, batch: number): ValueId {
  const { emit } = c;
  if (!c.has(7)) return emit.constant(tensorOf('int32', [batch], new Int32Array(batch)));
  const one = emit.constant(tensorOf('int32', [], Int32Array.of(1)));
  const kept = emit.cast(emit.op('Equal', [c.input(7), one]), 'int32');
  return emit.sum(kept, [1], false);
}

/**
 * com.microsoft.EmbedLayerNormalization: input_ids, segment_ids?, word_embedding, position_embedding,
 * segment_embedding?, gamma, beta, mask?, position_ids? → output, mask_index?, embedding_sum? (ContribOperators.md).
 */
function embedLayerNormalization(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  const [batch = 1, length = 1] = c.shape(0);
  const words = emit.op('Gather', [c.input(2), c.input(0)], { axis: 0 });
  const placed = emit.add(words, positions(c, length));
  const segmented = c.has(1) && c.has(4);
  const sum = segmented ? emit.add(placed, emit.op('Gather', [c.input(4), c.input(1)], { axis: 0 })) : placed;
  const y = lastAxisNorm(emit, sum, c.input(5), c.optional(6), c.float('epsilon', 1e-12));
  return [y, c.asks(1) ? maskIndex(c, batch) : null, c.asks(2) ? sum : null];
}

export const EMBED_DECOMPOSITIONS: DecompositionTable = {
  'com.microsoft.EmbedLayerNormalization': embedLayerNormalization,
};
