/**
 * ONNX Runtime's own tests of its optimizers, as `real/ort_fusion/expectations.json` records them: which of our passes
 * answer each optimizer, and which optimizers lie outside of the catalogue.
 */
export interface OrtRecord {
  readonly file: string;
  readonly transformer: string;
  /** Operators after it, by name: a count, or `same-as-before`, `before-1`. `*`: the whole graph. */
  readonly expect: Readonly<Record<string, number | string>>;
  readonly before: Readonly<Record<string, number>>;
  readonly fileOps: Readonly<Record<string, number>>;
  readonly negative: boolean;
  readonly appliesToFileAsIs: boolean;
  readonly present: boolean;
}

/** What is run, in this order: explicit passes, as with `--pass`. */
const CLEAN = [
  'fold-constants',
  'eliminate-identity',
  'eliminate-noop',
  'materialize-shapes',
  'merge-duplicate-initializers',
  'eliminate-common-subexpressions',
  'eliminate-dead-nodes',
] as const;
/** The passes in their own order; what is shared by two norms is merged first, and both then take it. */
const LAYER_NORM = [
  'fold-constants',
  'merge-duplicate-initializers',
  'eliminate-common-subexpressions',
  'fuse-layer-norm',
] as const;
const CONV_AFFINE = ['fold-constants', 'fold-batch-norm', 'fold-scale-bias'] as const;
const GELU = ['eliminate-identity', 'fuse-gelu', 'fuse-fast-gelu', 'fuse-bias-gelu'] as const;

export const ANSWERED: Readonly<Record<string, readonly string[]>> = {
  CommonSubexpressionElimination: ['merge-duplicate-initializers', 'eliminate-common-subexpressions'],
  'CommonSubexpressionElimination+ConstantFolding': [
    'fold-constants',
    'merge-duplicate-initializers',
    'eliminate-common-subexpressions',
  ],
  EliminateIdentity: ['eliminate-identity'],
  EliminateDropout: ['eliminate-identity'],
  EliminateSlice: ['eliminate-noop'],
  ConstantFolding: ['fold-constants', 'eliminate-identity', 'materialize-shapes', 'eliminate-dead-nodes'],
  PadFusion: ['fuse-pad'],
  ConvBNFusion: ['fold-batch-norm'],
  MatmulBNFusion: ['fold-batch-norm', 'fuse-matmul-bias'],
  'UnsqueezeElimination+ConvAddFusion+ConvBNFusion+ConvMulFusion': CONV_AFFINE,
  'UnsqueezeElimination+ConvAddFusion': CONV_AFFINE,
  'ConvAddFusion+ConvMulFusion': CONV_AFFINE,
  NotWhereFusion: ['eliminate-noop'],
  ConvActivationFusion: ['fuse-conv-activation'],
  ConvAddActivationFusion: ['fuse-conv-residual'],
  MatMulAddFusion: ['fuse-matmul-bias'],
  GemmActivationFusion: ['fuse-gemm-activation'],
  MatmulTransposeFusion: ['fuse-matmul-transpose'],
  MatMulScaleFusion: ['fuse-matmul-transpose'],
  GemmTransposeFusion: ['fuse-matmul-transpose'],
  GemmSumFusion: ['fuse-matmul-bias'],
  FuseReluClip: ['merge-clips'],
  ReshapeFusion: ['fold-constants', 'materialize-shapes', 'eliminate-dead-nodes'],
  CastChainElimination: ['merge-casts'],
  PreShapeNodeElimination: ['materialize-shapes'],
  ConstantSharing: ['merge-duplicate-initializers'],
  AttentionFusion: [...CLEAN, 'fuse-layer-norm', 'fuse-attention'],
  GeluFusion: GELU,
  'GeluFusion+BiasGeluFusion': GELU,
  FastGeluFusion: GELU,
  'FastGeluFusion+BiasGeluFusion': GELU,
  LayerNormFusion: LAYER_NORM,
  SimplifiedLayerNormFusion: ['fuse-rms-norm'],
  'LayerNormFusion+SkipLayerNormFusion': ['fuse-layer-norm', 'fuse-skip-norm'],
  SkipLayerNormFusion: ['fuse-skip-norm'],
};

/** Optimizers that no pass answers, with the reason. */
export const OUTSIDE: Readonly<Record<string, string>> = {
  BiasDropoutFusion: 'is about training',
  BitmaskDropoutReplacement: 'is about training',
  CastSceLossFusion: 'is about training',
  ConcatReplacement: 'is about training',
  TransposeReplacement: 'is about training',
  BiasSoftmaxFusion: 'makes BiasSoftmax, for which ONNX Runtime Web has no kernel',
  EmbedLayerNormFusion: 'is not in the catalogue: it happens once a model, and the kernel is on WASM only',
  GeluApproximation: 'computes another function',
  'MatMulIntegerToFloatFusion+DynamicQuantizeMatMulFusion': 'is not in the catalogue',
  DoubleQDQPairsRemover: 'changes values: one of two roundings goes',
  PropagateCastOps: 'changes values: it moves the rounding to float16',
  'InsertCastTransformer+FuseInitializersTransformer': 'prepares float16 for one provider',
  '(whole session)': 'is a session, not an optimizer',
};

/**
 * Whether the counts after are what a record expects; null: it asserts no count. Where nothing may change they have to be
 * equal. Else a count may go further in the direction that is expected: a pass here may do what two optimizers do there.
 */
export function isReached(
  { expect, fileOps, negative }: OrtRecord,
  after: Readonly<Record<string, number>>,
): boolean | null {
  const asserted = Object.entries(expect);
  if (asserted.length === 0) return null;
  return asserted.every(([op, wanted]) => {
    if (op === '*') return wanted === 'same-as-before' ? sameCounts(fileOps, after) : Object.keys(after).length === 0;
    const now = countOf(after, op);
    if (wanted === 'same-as-before') return !negative || now === countOf(fileOps, op);
    const before = countOf(fileOps, op);
    const count = wanted === 'before-1' ? before - 1 : Number(wanted);
    if (negative || count === 0) return now === count;
    return before < count ? now >= count : now <= count;
  });
}

/** Gelu and LayerNormalization are in ai.onnx from some version on; the same operator under either domain counts. */
function countOf(ops: Readonly<Record<string, number>>, op: string): number {
  const plain = op.replace(/^com\.microsoft\./, '');
  return (ops[plain] ?? 0) + (ops[`com.microsoft.${plain}`] ?? 0);
}

const sameCounts = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((op) => (a[op] ?? 0) === (b[op] ?? 0));
