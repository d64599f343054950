import { ELEMENTWISE } from './elementwise.ts';
import { NORMALIZATION } from './normalization.ts';
import { REDUCE } from './reduce.ts';
import { RESIZE } from './resize.ts';
import { SELECT } from './select.ts';
import { SHAPE } from './shape.ts';
import { SOFTMAX } from './softmax.ts';
import type { AdapterTable } from './types.ts';

/** What becomes of a node whose operator changed, from the operator changelog of ONNX. */
export const ADAPTERS: AdapterTable = {
  ...ELEMENTWISE,
  ...NORMALIZATION,
  ...REDUCE,
  ...RESIZE,
  ...SELECT,
  ...SHAPE,
  ...SOFTMAX,
};
