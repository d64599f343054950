import { CodedError } from '../base/error.ts';
import { getFloat, getInt, getInts, getString } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import { DATA_TYPES, type Dim } from '../ir/types.ts';
import type { Analysis } from './analyze.ts';
import { shownDim } from './summary.ts';

const LIMIT = 24;

type Describe = (node: Node, analysis: Analysis) => string;

const dimAt = (analysis: Analysis, node: Node, input: number, axis: number): Dim => {
  const id = node.inputs[input] ?? null;
  return id === null ? null : (analysis.shape(id)?.at(axis) ?? null);
};

/** `3×3`; one number where all sides of a stride or dilation agree. */
const sides = (values: readonly Dim[]): string => values.map(shownDim).join('×');
const brief = (values: readonly number[]): string =>
  values.every((each) => each === values[0]) ? String(values[0]) : sides(values);

/** `s2`, `d2` where it is not 1. */
const unlessOne = (letter: string, values: readonly number[] | null): string[] =>
  values?.some((each) => each !== 1) ? [`${letter}${brief(values)}`] : [];

const kernelOf = (analysis: Analysis, node: Node, weight: number): readonly Dim[] | null => {
  const id = node.inputs[weight] ?? null;
  return getInts(node, 'kernel_shape', null) ?? (id === null ? null : (analysis.shape(id)?.slice(2) ?? null));
};

/** `3×3 s2 g192`, `1×1 · 32→192`: a grouped convolution shows its groups, another one its channels. */
const conv =
  (weight = 1, transposed = false): Describe =>
  (node, analysis) => {
    const kernel = kernelOf(analysis, node, weight);
    const group = getInt(node, 'group', 1);
    const window = [
      ...(kernel ? [sides(kernel)] : []),
      ...unlessOne('s', getInts(node, 'strides', null)),
      ...unlessOne('d', getInts(node, 'dilations', null)),
      ...(group === 1 ? [] : [`g${group}`]),
    ].join(' ');
    if (group !== 1) return window;
    const [out, input] = transposed ? [1, 0] : [0, 1];
    const channels = arrow(dimAt(analysis, node, weight, input), dimAt(analysis, node, weight, out));
    return channels === '' ? window : `${window} · ${channels}`;
  };

const arrow = (from: Dim, to: Dim): string => (from === null || to === null ? '' : `${shownDim(from)}→${shownDim(to)}`);

const pool: Describe = (node) => {
  const kernel = getInts(node, 'kernel_shape', null);
  return [...(kernel ? [sides(kernel)] : []), ...unlessOne('s', getInts(node, 'strides', null))].join(' ');
};

const gemm: Describe = (node, analysis) => {
  const transposed = getInt(node, 'transB', 0) !== 0;
  return arrow(dimAt(analysis, node, 1, transposed ? 1 : 0), dimAt(analysis, node, 1, transposed ? 0 : 1));
};
const matmul: Describe = (node, analysis) => arrow(dimAt(analysis, node, 1, -2), dimAt(analysis, node, 1, -1));

/** A number as short as it can be read. */
const short = (value: number): string => String(Number(value.toPrecision(4)));

const clip: Describe = (node, analysis) => {
  const bound = (input: number, name: string, open: string): string => {
    const id = node.inputs[input] ?? null;
    const tensor = id === null ? null : analysis.constant(id);
    if (id !== null && tensor?.size !== 1) return '?';
    const value = tensor ? tensor.numbers()[0] : getFloat(node, name, null);
    return value === null || value === undefined || Math.abs(value) > 3e38 ? open : short(value);
  };
  return `${bound(1, 'min', '−∞')} … ${bound(2, 'max', '∞')}`;
};

const axis =
  (fallback: number): Describe =>
  (node) =>
    `axis ${getInt(node, 'axis', fallback)}`;

const axes: Describe = (node, analysis) => {
  const id = node.inputs[1] ?? null;
  const values = getInts(node, 'axes', null) ?? (id === null ? null : analysis.ints(id));
  return values ? `${values.length === 1 ? 'axis' : 'axes'} ${values.map(shownDim).join(' ')}` : '';
};

/** The shape that comes out. */
const outputShape: Describe = (node, analysis) => {
  const id = node.outputs[0] ?? null;
  const shape = id === null ? null : analysis.shape(id);
  return shape ? sides(shape) : '';
};

const constant: Describe = (node, analysis) => {
  const id = node.outputs[0] ?? null;
  const tensor = id === null ? null : analysis.constant(id);
  if (!tensor) return '';
  if (tensor.size !== 1 || tensor.dtype === 'string') return `${tensor.dtype} ${sides(tensor.shape)}`;
  return short(tensor.numbers()[0] ?? NaN);
};

const parts: Describe = (node, analysis) => {
  const place = getInt(node, 'axis', 0);
  const sizes = node.outputs.map((id) => (id === null ? null : (analysis.shape(id)?.at(place) ?? null)));
  return sizes.includes(null) ? `axis ${place}` : sizes.map(shownDim).join(' | ');
};

const cast: Describe = (node) => `→ ${DATA_TYPES[getInt(node, 'to', 0)] ?? '?'}`;
const heads: Describe = (node) => `${getInt(node, 'num_heads', null) ?? '?'} heads`;
const alpha =
  (fallback: number): Describe =>
  (node) =>
    `α ${short(getFloat(node, 'alpha', fallback))}`;
const epsilon =
  (fallback: number): Describe =>
  (node) =>
    `ε ${short(getFloat(node, 'epsilon', fallback))}`;
const hidden: Describe = (node, analysis) => arrow(dimAt(analysis, node, 0, -1), getInt(node, 'hidden_size', null));

const then =
  (first: Describe, attribute: string): Describe =>
  (node, analysis) => {
    const extra = getString(node, attribute, '');
    return extra === '' ? first(node, analysis) : `${first(node, analysis)} ${extra}`;
  };

const DESCRIBE: Readonly<Record<string, Describe>> = {
  Conv: conv(),
  ConvInteger: conv(),
  QLinearConv: conv(3),
  DeformConv: conv(),
  ConvTranspose: conv(1, true),
  FusedConv: then(conv(), 'activation'),
  AveragePool: pool,
  MaxPool: pool,
  LpPool: pool,
  Gemm: gemm,
  FusedGemm: then(gemm, 'activation'),
  MatMul: matmul,
  MatMulInteger: matmul,
  MatMulNBits: (node) => arrow(getInt(node, 'K', null), getInt(node, 'N', null)),
  Einsum: (node) => getString(node, 'equation', ''),
  Clip: clip,
  Transpose: (node) => getInts(node, 'perm', null)?.join(' ') ?? '',
  Reshape: outputShape,
  Expand: outputShape,
  Flatten: axis(1),
  Concat: axis(1),
  Gather: axis(0),
  GatherElements: axis(0),
  Softmax: axis(-1),
  LogSoftmax: axis(-1),
  ArgMax: axis(0),
  ArgMin: axis(0),
  Split: parts,
  Squeeze: axes,
  Unsqueeze: axes,
  Cast: cast,
  Constant: constant,
  ConstantOfShape: outputShape,
  BatchNormalization: epsilon(1e-5),
  LayerNormalization: epsilon(1e-5),
  InstanceNormalization: epsilon(1e-5),
  RMSNormalization: epsilon(1e-5),
  SkipLayerNormalization: epsilon(1e-5),
  LeakyRelu: alpha(0.01),
  Elu: alpha(1),
  LSTM: hidden,
  GRU: hidden,
  RNN: hidden,
  Attention: heads,
  MultiHeadAttention: heads,
  GroupQueryAttention: heads,
  DepthToSpace: (node) => `×${getInt(node, 'blocksize', 1)}`,
  SpaceToDepth: (node) => `÷${getInt(node, 'blocksize', 1)}`,
  Resize: (node) => getString(node, 'mode', 'nearest'),
  Upsample: (node) => getString(node, 'mode', 'nearest'),
};

/**
 * The second line of a node: its key attributes in at most 24 characters, the least important words dropped first;
 * '' where there is nothing to say.
 */
export function keyAttributes(node: Node, analysis: Analysis): string {
  const describe = DESCRIBE[node.opType] ?? (node.opType.startsWith('Reduce') ? axes : null);
  if (!describe) return '';
  try {
    return shortened(describe(node, analysis));
  } catch (error) {
    // An attribute of the wrong type, or a constant in a file that is missing: the node is drawn without details.
    if (error instanceof CodedError) return '';
    throw error;
  }
}

function shortened(text: string): string {
  let words = text.split(' ');
  while (words.join(' ').length > LIMIT && words.length > 1) words = words.slice(0, -1);
  if (words.at(-1) === '·') words.pop();
  const joined = words.join(' ');
  return joined.length > LIMIT ? `${joined.slice(0, LIMIT - 1)}…` : joined;
}
