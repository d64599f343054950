import { defined } from '../base/assert.ts';
import { formatRatio, plural } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { Runtime } from '../runtime/types.ts';
import { benchmark, type BenchOptions } from './benchmark.ts';
import type { BenchRequest, BenchResult, LoadOptions, OptimizerEffect, OptimizerReport } from './types.ts';

/** What the optimizers of ONNX Runtime do, by the name under which its log has them. Others are shown by name alone. */
const WORDS: Readonly<Record<string, string>> = {
  Level1_RuleBasedTransformer:
    'Simple rules: removes Identity and other no-ops, folds BatchNormalization, Add and Mul into Conv, and the like.',
  Level2_RuleBasedTransformer: 'Simple rules of the extended level.',
  ConstantFolding: 'Computes what depends on constants only.',
  ConstantSharing: 'Keeps equal scalar constants once.',
  CommonSubexpressionElimination: 'Merges nodes that compute the same.',
  ReshapeFusion: 'Replaces computed shapes of Reshape by constants.',
  MatMulAddFusion: 'Makes Gemm of MatMul and Add.',
  TransposeOptimizer: 'Pushes Transpose through the graph until pairs cancel.',
  ConvActivationFusion: 'Computes activations inside Conv.',
  ConvAddActivationFusion: 'Adds a residual inside Conv.',
  GemmActivationFusion: 'Computes activations inside Gemm.',
  MatmulTransposeFusion: 'Takes Transpose into MatMul.',
  MatMulScaleFusion: 'Takes a scale into MatMul.',
  GeluFusionL1: 'Makes Gelu of its parts.',
  GeluFusionL2: 'Makes Gelu of its parts.',
  FastGeluFusion: 'Makes FastGelu of the form with Tanh.',
  BiasGeluFusion: 'Adds a bias inside Gelu.',
  LayerNormFusionL1: 'Makes LayerNormalization of its parts.',
  LayerNormFusionL2: 'Makes LayerNormalization of its parts.',
  SimplifiedLayerNormFusion: 'Makes RMS normalization of its parts.',
  SkipLayerNormFusion: 'Takes the residual addition into LayerNormalization.',
  EmbedLayerNormFusion: 'Makes one node of embeddings and their normalization.',
  AttentionFusion: 'Makes Attention of its parts.',
  PadFusion: 'Takes Pad into Conv or pooling.',
  NchwcTransformer: 'Lays convolutions out in blocks of channels.',
  SliceConcatToSpaceToDepthFusion: 'Makes SpaceToDepth of strided slices.',
};

/** Share of the time for the whole against nothing; the rest is for the optimizers, in equal parts. */
const WHOLE_SHARE = 0.25;

/**
 * What ONNX Runtime does to a model by itself on loading, and what each of its optimizers is worth: the model with all of
 * them against the same model with all but one, interleaved. What is free is nothing to be sold.
 *
 * Throws as `benchmark`.
 */
export async function measureOptimizers(
  runtime: Runtime,
  model: Uint8Array,
  request: BenchRequest,
  job: Job,
  options: BenchOptions = {},
): Promise<OptimizerReport> {
  const names = await optimizersOf(runtime, model, request, job);
  const time = async (without: LoadOptions, share: number): Promise<BenchResult> =>
    benchmark(
      runtime,
      model,
      model,
      { ...request, level: 'all', looks: false, budgetMs: request.budgetMs * share, loads: { a: without } },
      job,
      options,
    );
  const whole = await time({ level: 'disabled' }, names.length > 0 ? WHOLE_SHARE : 1);
  const optimizers: OptimizerEffect[] = [];
  for (const [done, name] of names.entries()) {
    job.progress({ stage: `Without ${name}`, done, total: names.length });
    const config = { 'optimization.disable_specified_optimizers': name };
    const result = await time({ config }, (1 - WHOLE_SHARE) / names.length);
    optimizers.push({ name, what: WORDS[name] ?? null, ...effectOf(result) });
  }
  const told = { whole: effectOf(whole), optimizers };
  const { backend, threads } = request;
  return { backend, threads, ms: defined(whole.b, 'the second model').median, ...told, message: sayOptimizers(told) };
}

/** Optimizers that change this model. */
async function optimizersOf(
  runtime: Runtime,
  model: Uint8Array,
  { backend, threads }: BenchRequest,
  job: Job,
): Promise<readonly string[]> {
  job.progress({ stage: 'Reading the log of the runtime' });
  const session = await runtime.createSession(model, { backend, threads, level: 'all', log: true }, job);
  await session.release();
  return session.optimizers ?? [];
}

const effectOf = ({ ratio, interval, verdict }: BenchResult) => ({
  ratio: defined(ratio, 'a ratio of two models'),
  interval: defined(interval, 'an interval of two models'),
  verdict: defined(verdict, 'a verdict on two models'),
});

function sayOptimizers({ whole, optimizers }: Pick<OptimizerReport, 'whole' | 'optimizers'>): string {
  if (optimizers.length === 0) return 'The runtime changes nothing in this model when it loads it.';
  const helpful = optimizers.filter(({ verdict }) => verdict === 'faster').map(({ name }) => name);
  const harmful = optimizers.filter(({ verdict }) => verdict === 'slower').map(({ name }) => name);
  return [
    `${plural(optimizers.length, 'optimizer')} of the runtime ${optimizers.length === 1 ? 'changes' : 'change'} this model on loading: together ${formatRatio(whole.ratio)}.`,
    helpful.length > 0 ? `Worth it by themselves: ${helpful.join(', ')}.` : 'None is worth much by itself.',
    ...(harmful.length > 0 ? [`Slower with than without: ${harmful.join(', ')}.`] : []),
  ].join(' ');
}
