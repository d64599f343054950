import type { Decomposition, DecompositionTable } from './composite.ts';
import { GELU_DECOMPOSITIONS } from './gelu.ts';
import { LAYER_NORM_DECOMPOSITIONS } from './layer-norm.ts';
import { LINEAR_DECOMPOSITIONS } from './linear.ts';

/** Every operator that is written out in others, by `LSTM` or `com.microsoft.FusedConv`. */
export const DECOMPOSITIONS: ReadonlyMap<string, Decomposition> = new Map(
  [GELU_DECOMPOSITIONS, LAYER_NORM_DECOMPOSITIONS, LINEAR_DECOMPOSITIONS].flatMap((table: DecompositionTable) =>
    Object.entries(table),
  ),
);
