import { GROUPED_QUERY_DECOMPOSITIONS } from './attention/grouped-query.ts';
import { MULTI_HEAD_DECOMPOSITIONS } from './attention/multi-head.ts';
import { PACKED_DECOMPOSITIONS } from './attention/packed.ts';
import { ROTARY_DECOMPOSITIONS } from './attention/rotary.ts';
import { ATTENTION_DECOMPOSITIONS } from './attention/standard.ts';
import { CHANNEL_NORM_DECOMPOSITIONS } from './channel-norm.ts';
import type { Decomposition, DecompositionTable } from './composite.ts';
import { EMBED_DECOMPOSITIONS } from './embed.ts';
import { GELU_DECOMPOSITIONS } from './gelu.ts';
import { LAYER_NORM_DECOMPOSITIONS } from './layer-norm.ts';
import { LINEAR_DECOMPOSITIONS } from './linear.ts';
import { PLAIN_DECOMPOSITIONS } from './plain.ts';
import { RECURRENT_DECOMPOSITIONS } from './recurrent/cells.ts';

/** Every operator that is written out in others, by `LSTM` or `com.microsoft.FusedConv`. */
export const DECOMPOSITIONS: ReadonlyMap<string, Decomposition> = new Map(
  [
    ATTENTION_DECOMPOSITIONS,
    CHANNEL_NORM_DECOMPOSITIONS,
    EMBED_DECOMPOSITIONS,
    GELU_DECOMPOSITIONS,
    GROUPED_QUERY_DECOMPOSITIONS,
    LAYER_NORM_DECOMPOSITIONS,
    LINEAR_DECOMPOSITIONS,
    MULTI_HEAD_DECOMPOSITIONS,
    PACKED_DECOMPOSITIONS,
    PLAIN_DECOMPOSITIONS,
    RECURRENT_DECOMPOSITIONS,
    ROTARY_DECOMPOSITIONS,
  ].flatMap((table: DecompositionTable) => Object.entries(table)),
);
