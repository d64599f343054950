import type { RefOp } from './call.ts';
import { ATTENTION_CONTRIB } from './attention-contrib.ts';
import { ATTENTION } from './attention.ts';
import { CONSTANTS } from './constants.ts';
import { CONV } from './conv.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { GATHER } from './gather.ts';
import { MATMUL } from './matmul.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOL } from './pool.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCE } from './reduce.ts';
import { RESIZE } from './resize.ts';
import { ROTARY } from './rotary.ts';
import { SHAPE } from './shape.ts';
import { SLICING } from './slicing.ts';
import { SOFTMAX } from './softmax.ts';

/** Every operator that the evaluator knows, by `Conv` or `com.microsoft.FusedConv`. */
export const REFERENCE_OPS: ReadonlyMap<string, RefOp> = new Map(
  [
    ATTENTION,
    ATTENTION_CONTRIB,
    CONSTANTS,
    CONV,
    ELEMENTWISE,
    GATHER,
    MATMUL,
    NORMALIZATION,
    POOL,
    RECURRENT,
    REDUCE,
    RESIZE,
    ROTARY,
    SHAPE,
    SLICING,
    SOFTMAX,
  ].flatMap((table) => Object.entries(table)),
);
