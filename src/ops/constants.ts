import { getInt, getInts, getTensor } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import { floats, tensorOf, type Tensor } from '../ir/tensor.ts';
import { DATA_TYPES, sizeOf, type DataType, type Dim, type Shape } from '../ir/types.ts';
import { contentsOfTensor, roundTo, smallShape } from './contents.ts';
import { addDims, floorDivDims, maxDims, mulDims, productDims, subDims } from './dim.ts';
import { firstDtype, typed, unknownDims } from './shapes.ts';
import type { Contents, EvaluateRule, InferContext, OpRow, OpTable, Types } from './types.ts';
import { free, perOutput } from './work.ts';

/** The tensor that a Constant node holds, whichever attribute it is in; null for strings and sparse tensors. */
export function constantTensor(node: Node): Tensor | null {
  const { attributes } = node;
  const value = attributes.get('value');
  if (value?.type === 'tensor') return value.value;
  const single = attributes.get('value_int');
  if (single?.type === 'int') return tensorOf('int64', [], BigInt64Array.of(single.value));
  const whole = attributes.get('value_ints');
  if (whole?.type === 'ints') return tensorOf('int64', [whole.value.length], BigInt64Array.from(whole.value));
  const real = attributes.get('value_float');
  if (real?.type === 'float') return floats([], [real.value]);
  const reals = attributes.get('value_floats');
  return reals?.type === 'floats' ? floats([reals.value.length], reals.value) : null;
}

function constantTypes(c: InferContext): Types {
  const { attributes } = c.node;
  const sparse = attributes.get('sparse_value');
  if (sparse?.type === 'sparse-tensor') return [typed(sparse.value.values.dtype, sparse.value.shape)];
  const tensor = constantTensor(c.node);
  if (tensor) return [typed(tensor.dtype, tensor.shape)];
  const strings = attributes.get('value_strings');
  if (strings?.type === 'strings') return [typed('string', [strings.value.length])];
  return [attributes.has('value_string') ? typed('string', []) : null];
}

/** The dtype attribute by ONNX's number. */
const dtypeAttribute = (c: InferContext, fallback: DataType, name = 'dtype'): DataType =>
  DATA_TYPES[getInt(c.node, name, DATA_TYPES.indexOf(fallback))] ?? 'undefined';

/** A shape given by the contents of an input; unknown dimensions when only its length is known. */
export function shapeFrom(c: InferContext, index: number): Shape {
  const contents = c.contents(index);
  if (contents) return contents;
  const rank = c.shape(index)?.[0];
  return typeof rank === 'number' ? unknownDims(rank) : null;
}

const fillContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const value = getTensor(c.node, 'value');
  const fill: Contents | null = value ? contentsOfTensor(value) : [0];
  return [shape && fill ? Array.from({ length: sizeOf(shape) }, () => fill[0] ?? null) : null];
};

/** Shape has `start` and `end` since opset 15; both clamp to [0, rank]. */
function shapeContents(c: InferContext): Contents | null {
  const input = c.shape(0);
  if (input === null) return null;
  return input.slice(getInt(c.node, 'start', 0), getInt(c.node, 'end', input.length));
}

/** ⌈(limit − start) / delta⌉, at least 0. */
function rangeLength(start: Dim, limit: Dim, delta: Dim): Dim {
  if (typeof delta !== 'number' || delta === 0) return null;
  if (typeof start === 'number' && typeof limit === 'number') return Math.max(0, Math.ceil((limit - start) / delta));
  if (delta < 0 || !Number.isInteger(delta)) return null;
  return maxDims(floorDivDims(addDims(subDims(limit, start), delta - 1), delta), 0);
}

const scalar = (c: InferContext, index: number): Dim => c.contents(index)?.[0] ?? null;

const rangeContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const [start, delta] = [scalar(c, 0), scalar(c, 2)];
  if (!shape || start === null || delta === null) return [null];
  const dtype = firstDtype(c, 0, 1, 2);
  return [Array.from({ length: sizeOf(shape) }, (_, i) => roundTo(dtype, addDims(start, mulDims(delta, i))))];
};

/** Two runs differ, so nothing may merge or fold these. */
const random = (since: number[], signature: string, infer: OpRow['infer']): OpRow => ({
  family: 'const',
  signature,
  since,
  deterministic: false,
  infer,
  work: perOutput(1),
});
const randomShape = (c: InferContext): Types => [typed(dtypeAttribute(c, 'float32'), getInts(c.node, 'shape', null))];
const randomLike = (c: InferContext): Types => [typed(dtypeAttribute(c, c.dtype(0)), c.shape(0))];

const window: OpRow = {
  family: 'const',
  signature: 'size → output',
  since: [17],
  infer: (c) => [typed(dtypeAttribute(c, 'float32', 'output_datatype'), [scalar(c, 0)])],
  work: perOutput(1),
};

export const CONSTANTS: OpTable = {
  Constant: {
    family: 'const',
    signature: '→ output',
    since: [1, 9, 11, 12, 13, 19, 21, 23, 24, 25],
    infer: constantTypes,
    work: free,
  },
  ConstantOfShape: {
    family: 'const',
    signature: 'input → output',
    since: [9, 20, 21, 23, 24, 25],
    infer: (c) => [typed(getTensor(c.node, 'value')?.dtype ?? 'float32', shapeFrom(c, 0))],
    evaluate: fillContents,
    work: free,
  },
  Shape: {
    family: 'shape',
    signature: 'data → shape',
    since: [1, 13, 15, 19, 21, 23, 24, 25],
    infer: (c) => [typed('int64', [shapeContents(c)?.length ?? null])],
    evaluate: (c) => [shapeContents(c)],
    work: free,
  },
  Size: {
    family: 'shape',
    signature: 'data → size',
    since: [1, 13, 19, 21, 23, 24, 25],
    infer: () => [typed('int64', [])],
    evaluate: (c) => {
      const input = c.shape(0);
      const size = input && productDims(input);
      return [size === null ? null : [size]];
    },
    work: free,
  },
  Range: {
    family: 'const',
    signature: 'start limit delta → output',
    since: [11],
    infer: (c) => [typed(firstDtype(c, 0, 1, 2), [rangeLength(scalar(c, 0), scalar(c, 1), scalar(c, 2))])],
    evaluate: rangeContents,
    work: free,
  },
  EyeLike: {
    family: 'const',
    signature: 'input → output',
    since: [9, 22],
    infer: (c) => [typed(dtypeAttribute(c, c.dtype(0)), c.shape(0))],
    work: free,
  },
  RandomNormal: random([1, 22], '→ output', randomShape),
  RandomUniform: random([1, 22], '→ output', randomShape),
  RandomNormalLike: random([1, 22], 'input → output', randomLike),
  RandomUniformLike: random([1, 22], 'input → output', randomLike),
  Bernoulli: random([15, 22], 'input → output', randomLike),
  Multinomial: random([7, 22], 'input → output', (c) => [
    typed(dtypeAttribute(c, 'int32'), [c.shape(0)?.[0] ?? null, getInt(c.node, 'sample_size', 1)]),
  ]),
  HannWindow: window,
  HammingWindow: window,
  BlackmanWindow: window,
  MelWeightMatrix: {
    family: 'const',
    signature: 'num_mel_bins dft_length sample_rate lower_edge_hertz upper_edge_hertz → output',
    since: [17],
    infer: (c) => {
      const bins = addDims(floorDivDims(scalar(c, 1), 2), 1);
      return [typed(dtypeAttribute(c, 'float32', 'output_datatype'), [bins, scalar(c, 0)])];
    },
    work: perOutput(1),
  },
};
