import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { searchPass, type Found } from '../../rewrite/search.ts';
import { Walk } from '../../rewrite/walk.ts';
import { quotientOf, rootOf } from './deviation.ts';
import { normalised, type Form } from './normalise.ts';
import { meanOf, squareOf } from './reductions.ts';

const RULE = 'rms-norm';

/** The value itself, or the same cast made twice. */
function isSame(walk: Walk, x: ValueId, value: ValueId): readonly Node[] | null {
  if (value === x) return [];
  const own = walk.producer(x, 'Cast');
  const other = walk.producer(value, 'Cast');
  if (!own || !other || own.inputs[0] !== other.inputs[0]) return null;
  return dtypeOf(walk.context, x) === dtypeOf(walk.context, value) ? [other] : null;
}

/** The deviation from a mean over the same axes: dividing it is a layer normalization. */
function isDeviation(walk: Walk, x: ValueId, axes: readonly number[] | null): boolean {
  const [left = null, right = null] = walk.producer(x, 'Sub')?.inputs ?? [];
  const mean = right === null ? null : meanOf(walk, right);
  return mean !== null && mean.of === left && mean.axes?.join() === axes?.join();
}

function recognise(context: PassContext, node: Node): Found | null {
  if (context.model.opset() < 7) return null;
  const walk = new Walk(context, node);
  const root = rootOf(walk, node);
  const mean = root && meanOf(walk, root.of);
  const square = mean && squareOf(walk, mean.of);
  if (!root || !mean || !square) return null;
  const { of: x } = square;
  const uncast = walk.producer(x, 'Cast')?.inputs[0] ?? x;
  if (isDeviation(walk, uncast, mean.axes)) return null;
  const quotient = quotientOf(walk, root, { numerator: (value) => isSame(walk, x, value) });
  if (!quotient) return null;
  const nodes = [...new Set([root.node, ...quotient.nodes, ...mean.nodes, square.node])];
  return normalised(walk, { rule: RULE, root, quotient, x, axes: mean.axes, nodes, shifts: false }, formFor(context));
}

/**
 * RMSNormalization is of ai.onnx from version 23 on. In older models ONNX Runtime has SimplifiedLayerNormalization, in
 * the same domain and for every operator set, on both backends; on WASM with a scale of another type than the input's.
 */
function formFor({ model, backend }: PassContext): Form | string {
  if (model.opset() >= 23) return { opType: 'RMSNormalization', mixed: false };
  if (backend === 'portable') return 'RMSNormalization needs opset 23, and this model has an older one';
  return { opType: 'SimplifiedLayerNormalization', mixed: backend === 'wasm' };
}

/** x ÷ √(mean(x²) + ε) · γ over the last axes becomes one node (Zhang and Sennrich 2019, Root Mean Square Layer Normalization). */
export const fuseRmsNorm: Pass = searchPass({
  id: 'fuse-rms-norm',
  group: 'fusion',
  title: 'Fuse RMS normalization',
  why: 'One node in place of six, which ONNX Runtime on WebGPU does not fuse by itself.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: {
    chains: ['Pow or Mul → ReduceMean → Add → Sqrt or Pow → Div, or Reciprocal → Mul'],
    operators: ['ReduceMean', 'Sqrt', 'Reciprocal', 'Div'],
  },
  seeds: ['Sqrt', 'Pow'],
  search: recognise,
});
