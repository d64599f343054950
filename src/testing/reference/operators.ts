import type { RefOp } from './call.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { REDUCE } from './reduce.ts';
import { SHAPE } from './shape.ts';

/** Every operator that the evaluator knows, by `Conv` or `com.microsoft.FusedConv`. */
export const REFERENCE_OPS: ReadonlyMap<string, RefOp> = new Map(
  [ELEMENTWISE, REDUCE, SHAPE].flatMap((table) => Object.entries(table)),
);
