/**
 * What the runtime computes inside of one kernel, in the operators of the file: the fusions of ONNX Runtime's graph
 * transformers (`onnxruntime/core/optimizer`), read off their patterns. A kernel whose operator is not here holds its
 * own node alone.
 */
export interface Fusion {
  /** Operators one of which every place of the fusion has; where the kernel lost the node's name, it is found by them. */
  readonly core?: ReadonlySet<string>;
  /** Operators around the core, in either direction. */
  readonly holds?: ReadonlySet<string>;
  /** Operators that follow the node that the kernel is named after, and that lead to it. */
  readonly after?: ReadonlySet<string>;
  readonly before?: ReadonlySet<string>;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

const ACTIVATIONS = 'Relu LeakyRelu Sigmoid Tanh HardSigmoid HardSwish Clip Elu Gelu';

const CONV: Fusion = { after: set(`BatchNormalization Add Sub Mul Div ${ACTIVATIONS}`), before: set('Pad') };
const GEMM: Fusion = {
  after: set(`Add BatchNormalization Mul ${ACTIVATIONS}`),
  before: set('Transpose Reshape Flatten'),
};
const MATMUL: Fusion = { after: set(`Add Mul Div ${ACTIVATIONS}`), before: set('Transpose Mul Div Cast') };
const NORM: Fusion = {
  core: set('LayerNormalization ReduceMean SimplifiedLayerNormalization RMSNormalization'),
  holds: set('LayerNormalization ReduceMean Sub Pow Add Sqrt Div Mul Cast Reciprocal Gather'),
};
const ATTENTION: Fusion = {
  core: set('Softmax'),
  holds: set(
    'MatMul Gemm Add Sub Mul Div Sqrt Reshape Transpose Softmax Where Cast Unsqueeze Squeeze Split Slice Gather Shape Concat Expand',
  ),
};
const POOL: Fusion = { before: set('Pad') };
const quantized = (core: string): Fusion => ({
  core: set(core),
  holds: set(`${core} DequantizeLinear QuantizeLinear Relu Clip`),
});

export const FUSIONS: Readonly<Record<string, Fusion>> = {
  Conv: CONV,
  FusedConv: CONV,
  NhwcConv: CONV,
  NhwcFusedConv: CONV,
  ConvTranspose: CONV,
  Gemm: GEMM,
  FusedGemm: GEMM,
  MatMul: MATMUL,
  FusedMatMul: MATMUL,
  FusedMatMulActivation: MATMUL,
  MaxPool: POOL,
  AveragePool: POOL,
  LayerNormalization: NORM,
  SimplifiedLayerNormalization: NORM,
  SkipLayerNormalization: NORM,
  SkipSimplifiedLayerNormalization: NORM,
  EmbedLayerNormalization: NORM,
  RMSNormalization: NORM,
  Attention: ATTENTION,
  MultiHeadAttention: ATTENTION,
  GroupQueryAttention: ATTENTION,
  Gelu: { core: set('Erf Gelu'), holds: set('Div Mul Add Erf Sqrt') },
  BiasGelu: { core: set('Erf Gelu'), holds: set('Div Mul Add Erf Sqrt Gelu') },
  FastGelu: { core: set('Tanh Gelu FastGelu'), holds: set('Pow Mul Add Tanh Gelu') },
  QuickGelu: { core: set('Sigmoid'), holds: set('Mul Sigmoid') },
  BiasSoftmax: { core: set('Softmax'), holds: set('Add') },
  // The mask of an attention, turned into what its kernel takes.
  Cast: { core: set('Cast'), holds: set('Unsqueeze Cast Sub Mul') },
  Reshape: { before: set('Concat Unsqueeze Gather Shape Slice Mul Cast Squeeze') },
  DynamicQuantizeMatMul: {
    core: set('MatMulInteger'),
    holds: set('DynamicQuantizeLinear MatMulInteger Cast Mul Add'),
  },
  MatMulIntegerToFloat: { core: set('MatMulInteger'), holds: set('MatMulInteger Cast Mul Add') },
  QLinearConv: quantized('Conv'),
  QLinearMatMul: quantized('MatMul'),
  QLinearAdd: quantized('Add'),
  QGemm: quantized('Gemm'),
  MatMulNBits: { core: set('MatMul'), holds: set('DequantizeLinear Reshape Transpose') },
};

/** Kernels that only move what others compute: the runtime puts them in where layouts, places or types have to change. */
export const MOVERS: ReadonlySet<string> = set(
  'Transpose Reshape Cast Squeeze Unsqueeze Identity Expand ReorderInput ReorderOutput MemcpyFromHost MemcpyToHost QuantizeLinear DequantizeLinear',
);
