import { getInt } from '../ir/attribute.ts';
import type { Shape } from '../ir/types.ts';
import { axisOf, sameAsFirst, typed } from './shapes.ts';
import type { InferContext, OpRow, OpTable, Types } from './types.ts';
import { mulCount, perOutput } from './work.ts';

/**
 * Operations per element. Batch norm in inference form is one multiplication and one addition; a layer norm sums,
 * subtracts, squares, sums, scales, multiplies by γ and adds β; RMS norm squares, sums, scales, multiplies by γ.
 */
const BATCH_NORM = 2;
const LAYER_NORM = 7;
const RMS_NORM = 4;

/** [N, C, …] normalised with per-channel vectors; training mode also gives running statistics [C]. */
function batchNormTypes(c: InferContext): Types {
  const statistics = c.node.outputs.slice(1).map((_, i) => typed(c.dtype(i < 2 ? 3 : 1), c.shape(1)));
  return [c.type(0), ...statistics];
}

/** The statistics of a layer norm: the normalised axes shrink to 1. */
function statisticsShape(c: InferContext): Shape {
  const input = c.shape(0);
  const axis = input && axisOf(getInt(c.node, 'axis', -1), input.length);
  return input && axis !== null ? input.map((dim, i) => (i < axis ? dim : 1)) : null;
}

/** The result has the type of the scale: below opset 17 ONNX Runtime takes an input of another type. */
const layerNormTypes = (c: InferContext): Types => {
  const statistics = typed('float32', statisticsShape(c));
  const output = typed(c.dtype(c.dtype(1) === 'undefined' ? 0 : 1), c.shape(0));
  return [output, statistics, statistics].slice(0, Math.max(1, c.node.outputs.length));
};

const norm = (signature: string, since: number[], operations: number): OpRow => ({
  family: 'norm',
  signature,
  since,
  infer: sameAsFirst,
  work: perOutput(operations),
});

/** Output, mean, inverse deviation, and the sum input + skip + bias. */
const skipNorm = (signature: string, operations: number): OpRow => ({
  family: 'norm',
  signature,
  since: [1],
  infer: (c) => {
    const input = c.shape(0);
    const statistics = typed('float32', input && [...input.slice(0, -1), 1]);
    return [c.type(0), statistics, statistics, c.type(0)].slice(0, c.node.outputs.length);
  },
  work: (c) => ({ macs: 0, elementwise: mulCount(c.outputSize(0), operations + (c.has(4) ? 1 : 0)) }),
});

/** Word, position and segment embeddings are added, then normalised: ids [B, S] → [B, S, hidden], mask index [B]. */
function embedTypes(c: InferContext): Types {
  const ids = c.shape(0);
  const hidden = c.shape(2)?.at(-1) ?? null;
  const output = typed(c.dtype(2), ids && [...ids, hidden]);
  return [output, typed('int32', ids && ids.slice(0, 1)), output].slice(0, c.node.outputs.length);
}

export const NORMALIZATION: OpTable = {
  BatchNormalization: {
    family: 'norm',
    signature: 'X scale B input_mean input_var → Y running_mean? running_var? saved_mean? saved_var?',
    since: [1, 6, 7, 9, 14, 15],
    inPlace: true,
    infer: batchNormTypes,
    work: perOutput(BATCH_NORM),
  },
  InstanceNormalization: norm('input scale B → output', [1, 6, 22], LAYER_NORM),
  GroupNormalization: norm('X scale bias → Y', [18, 21], LAYER_NORM),
  LayerNormalization: {
    family: 'norm',
    signature: 'X Scale B? → Y Mean? InvStdDev?',
    since: [17],
    infer: layerNormTypes,
    work: (c) => ({ macs: 0, elementwise: mulCount(c.outputSize(0), c.has(2) ? LAYER_NORM : LAYER_NORM - 1) }),
  },
  RMSNormalization: norm('X scale → Y', [23], RMS_NORM),
  SimplifiedLayerNormalization: {
    family: 'norm',
    signature: 'X scale → Y inv_std_var?',
    since: [1],
    infer: (c) => layerNormTypes(c).slice(0, 2),
    work: perOutput(RMS_NORM),
  },
  LpNormalization: norm('input → output', [1, 22], 3),
  MeanVarianceNormalization: norm('X → Y', [9, 13], LAYER_NORM - 2),
  LRN: {
    family: 'norm',
    signature: 'X → Y',
    since: [1, 13],
    infer: sameAsFirst,
    // Squares over the window, then scale, power and division.
    work: (c) => ({ macs: 0, elementwise: mulCount(c.outputSize(0), getInt(c.node, 'size', 1) + 3) }),
  },
  'com.microsoft.SkipLayerNormalization': skipNorm(
    'input skip gamma beta? bias? → output mean? inv_std_var? input_skip_bias_sum?',
    LAYER_NORM + 1,
  ),
  'com.microsoft.SkipSimplifiedLayerNormalization': {
    ...skipNorm('input skip gamma bias? → output mean? inv_std_var? input_skip_bias_sum?', RMS_NORM + 1),
    work: (c) => ({ macs: 0, elementwise: mulCount(c.outputSize(0), RMS_NORM + 1 + (c.has(3) ? 1 : 0)) }),
  },
  'com.microsoft.EmbedLayerNormalization': {
    family: 'norm',
    signature:
      'input_ids segment_ids? word_embedding position_embedding segment_embedding? gamma beta mask? position_ids? → output mask_index? embedding_sum?',
    since: [1],
    infer: embedTypes,
    work: perOutput(LAYER_NORM + 2),
  },
  'com.microsoft.GroupNorm': norm('X gamma beta → Y', [1], LAYER_NORM),
};
