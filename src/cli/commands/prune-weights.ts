import { formatInteger, formatPair, formatShape, formatShare, bytesPair } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import type { BenchResult } from '../../bench/types.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import { compressedSizes, type CompressedSizes } from '../compressed.ts';
import { freeze } from '../freeze.ts';
import { calibrateFrom, fidelityLines } from '../open-data.ts';
import { table, type Output } from '../output.ts';
import type { CommandStudio } from '../studio.ts';
import { benchLines } from './bench.ts';
import { reestimateAfter } from './prune-rounds.ts';
import { verifyLines } from './verify.ts';
import { writeModelFile } from '../write-model.ts';

const PASS = 'prune-weights';

/** Options of `whittle prune` where it sets weights to zero. */
export const WEIGHT_OPTIONS: Options = {
  sparsity: { type: 'string', value: 'S', help: 'share of the weights set to zero, 0 to 1; no channel is removed' },
  pattern: { type: 'string', value: 'P', help: 'which weights go together: unstructured, N:M (2:4), or a block (4x1)' },
  'block-norm': { type: 'string', value: 'l2|l1', help: 'how blocks are ranked (l2)' },
  embeddings: { type: 'boolean', help: 'tables of embeddings too' },
  'store-sparse': { type: 'boolean', help: 'write constants that are mostly zeros as sparse initializers' },
  brotli: { type: 'boolean', help: 'measure brotli (quality 11) beside gzip: seconds a MB' },
  bench: { type: 'boolean', help: 'time original and result, interleaved' },
};

const CHANNEL_ONLY = ['ratio', 'macs', 'round-to', 'rounds'] as const;

/** Whether weights are to be set to zero rather than channels removed. */
export function isWeightPruning(args: Arguments): boolean {
  const weights = args.text('sparsity') !== null || args.text('pattern') !== null;
  const other = CHANNEL_ONLY.find((name) => args.text(name) !== null);
  if (weights && other) throw new UsageError(`--${other} removes channels; --sparsity and --pattern do not.`);
  const only = Object.keys(WEIGHT_OPTIONS).find((name) => args.flag(name) || args.text(name) !== null);
  if (!weights && only) throw new UsageError(`--${only} wants --sparsity or --pattern.`);
  return weights;
}

function patternOptions(args: Arguments): Record<string, Json> {
  const pattern = args.text('pattern') ?? 'unstructured';
  if (pattern === 'unstructured') return { pattern };
  if (/^\d+:\d+$/.test(pattern)) return { pattern: 'n:m', nm: pattern };
  if (/^\d+x\d+$/.test(pattern)) return { pattern: 'block', block: pattern };
  throw new UsageError(`--pattern is unstructured, N:M such as 2:4, or a block such as 4x1, not ${pattern}.`);
}

function weightOptions(args: Arguments): Record<string, Json> {
  const sparsity = args.number('sparsity', { min: 0, max: 1 });
  const pattern = patternOptions(args);
  if (sparsity === null && pattern['pattern'] !== 'n:m') throw new UsageError('--sparsity is missing.');
  const scope = args.choice('scope', ['output', 'layer', 'global']);
  const importance = args.choice('importance', ['magnitude', 'lamp', 'wanda', 'random']);
  const blockNorm = args.choice('block-norm', ['l2', 'l1']);
  const seed = args.number('seed', { min: 0, max: 2 ** 31 - 1, integer: true });
  return {
    ...pattern,
    ...(sparsity === null ? {} : { sparsity }),
    // What Wanda compares are the inputs of one output.
    ...(scope ? { scope } : importance === 'wanda' ? { scope: 'output' } : {}),
    ...(importance ? { importance } : {}),
    ...(blockNorm ? { blockNorm } : {}),
    ...(seed === null ? {} : { seed }),
    embeddings: args.flag('embeddings'),
    protected: args.texts('protect'),
  };
}

interface Side extends CompressedSizes {
  readonly parameters: number;
  readonly nonzero: number;
}

async function sideOf(studio: CommandStudio, brotli: boolean): Promise<Side> {
  const { parameters, nonzero } = studio.sparsity();
  return { ...(await compressedSizes(studio.exportModel().bytes, brotli)), parameters, nonzero };
}

/** The refusals of the pass, each at its first node. */
async function refusalsOf(studio: CommandStudio, options: Record<string, Json>, job: Job) {
  const [found] = await studio.sites([PASS], { [PASS]: options }, job);
  return (found?.refusals ?? []).map(({ nodes: [first], reason }) => ({
    node: first === undefined ? null : studio.nodeLabel(first),
    reason,
  }));
}

function sizeLines(before: Side, after: Side): string[] {
  const bytes = (name: string, a: number | null, b: number | null): string[] =>
    a === null || b === null ? [] : [`${name}  ${formatPair(bytesPair(a, b))}`];
  return [
    ...bytes('file', before.bytes, after.bytes),
    ...bytes('gzip -9', before.gzip, after.gzip),
    ...bytes('brotli -q 11', before.brotli, after.brotli),
    `parameters that are not zero  ${formatInteger(before.nonzero)} → ${formatInteger(after.nonzero)} of ${formatInteger(before.parameters)}`,
  ];
}

const speed = ({ a, b, ratio, interval, message }: BenchResult) => ({
  beforeMs: a.median,
  afterMs: b?.median ?? null,
  ratio,
  interval,
  message,
});

/** Groups N:M have a share of their own. */
function noteShare(args: Arguments, output: Output): void {
  const [keep, of] = (args.text('pattern') ?? '').split(':').map(Number);
  const asked = args.number('sparsity', { min: 0, max: 1 });
  if (!keep || !of || asked === null || asked === 0 || asked === 1 - keep / of) return;
  output.note(
    `${keep}:${of} sets ${formatShare(1 - keep / of)} of every full group to zero, whatever --sparsity says.`,
  );
}

/** `whittle prune --sparsity`: the same shapes and nodes with zeros among the weights, and what that is worth. */
export async function pruneWeights(
  studio: CommandStudio,
  args: Arguments,
  output: Output,
  job: Job,
): Promise<ExitCode> {
  const [out, dry] = [args.text('out'), args.flag('dry-run')];
  const options = weightOptions(args);
  noteShare(args, output);
  const before = await sideOf(studio, args.flag('brotli'));
  await freeze(studio, output, job);
  const judgement = await calibrateFrom(args, studio, output, job);
  const refused = await refusalsOf(studio, options, job);
  await studio.apply({ pass: PASS, options, off: [] }, job);
  await reestimateAfter(studio, args, output, job);
  if (args.flag('store-sparse')) await studio.apply({ pass: 'sparse-initializers', options: {}, off: [] }, job);
  const after = await sideOf(studio, args.flag('brotli'));
  const { tensors } = studio.sparsity();
  if (out && !dry) writeModelFile(studio, out);
  const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
  const bench = args.flag('bench') ? await benchWhole(studio, job) : null;
  const data = judgement ? await studio.judge(judgement, job) : null;
  const result = { before, after, tensors, refused, ...(data ? { data } : {}) };
  output.result({ ...result, ...(verify ? { verify } : {}), ...(bench ? { bench: speed(bench) } : {}) }, [
    ...table(
      tensors.map(({ name, shape, sparsity }) => [name, formatShape(shape), `${formatShare(sparsity)} zeros`]),
      [2],
    ),
    ...refused.map(({ node, reason }) => `refused  ${node ?? ''}: ${reason}`),
    ...sizeLines(before, after),
    ...(data ? fidelityLines(data) : []),
    ...(verify ? verifyLines(verify) : []),
    ...(bench ? benchLines(bench) : ['Not timed: add --bench. ONNX Runtime Web multiplies by zeros as by any number.']),
    dry ? 'Nothing was written (--dry-run).' : `Written to ${out}`,
  ]);
  return 0;
}

/** The original against the result, as a page would load them. */
function benchWhole(studio: CommandStudio, job: Job): Promise<BenchResult> {
  const request = { backend: 'wasm', level: 'all', threads: 1, runs: 50, budgetMs: 60_000 } as const;
  return studio.bench({ a: 0, b: studio.document().cursor, request }, job);
}
