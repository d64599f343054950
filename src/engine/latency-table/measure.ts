import type { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { KernelSamples } from '../../bench/kernel-samples.ts';
import { median } from '../../bench/statistics.ts';
import type { BenchRequest } from '../../bench/types.ts';
import { writeModel } from '../../onnx/write.ts';
import type { RuntimePort } from '../ports.ts';
import { estimate } from './estimate.ts';
import { aroundOf, fragmentOf, microModel } from './micro-model.ts';
import type { Part, Parts } from './parts.ts';
import type { TableEntry } from './types.ts';

/** Parts that are timed in one model. */
export const BATCH = 40;
/** Weights in one model, bytes: the runtime's heap never shrinks. */
const BATCH_BYTES = 128 << 20;
const RUNS = 400;

/** A part that a table does not know yet, and the parts that it is one of. */
export type Missing = Part & { readonly key: string; readonly of: Parts };

/** Parts of a model without an entry, each kind once, those of like work beside each other: they are run equally often. */
export function missingParts(of: Parts, known: { has(key: string): boolean }): readonly Missing[] {
  const kinds = new Map<string, Missing>();
  for (const part of of.list) {
    if (part.key !== null && !known.has(part.key)) kinds.set(part.key, { ...part, key: part.key, of });
  }
  return byCost([...kinds.values()]);
}

/** Those of like work beside each other. */
export const byCost = (parts: readonly Missing[]): readonly Missing[] =>
  [...parts].sort((a, b) => costOf(a) - costOf(b));

/** A byte that is moved takes about as long as so many MACs. */
const MACS_PER_BYTE = 2;
const costOf = ({ macs, work }: Part): number => (macs > 0 ? macs : work * MACS_PER_BYTE);

/** The first of the missing parts, as many as go into one model. */
export function batchOf(missing: readonly Missing[]): readonly Missing[] {
  let bytes = 0;
  const end = missing.findIndex(({ fragment, of: { analysis } }, index) => {
    bytes += fragment.nodes.reduce((sum, node) => sum + analysis.cost(node).weightBytes, 0);
    return index > 0 && (index >= BATCH || bytes > BATCH_BYTES);
  });
  return end < 0 ? missing : missing.slice(0, end);
}

export type MeasureRequest = Pick<BenchRequest, 'backend' | 'threads' | 'budgetMs'>;

export interface MeasuredBatch {
  readonly entries: readonly TableEntry[];
  /** Parts that the runtime refused, with what it said. */
  readonly refused: readonly { readonly key: string; readonly operators: string; readonly reason: string }[];
}

/**
 * Times parts, all in one micro-model, by the runtime's profile; where it refuses that, each by itself.
 * Throws `cancelled`, `out-of-memory`, `worker-died`.
 */
export async function measureParts(
  batch: readonly Missing[],
  request: MeasureRequest,
  port: RuntimePort,
  job: Job,
): Promise<MeasuredBatch> {
  const full: BenchRequest = { ...request, level: 'all', runs: RUNS };
  try {
    return { entries: await timeBatch(batch, full, port, job), refused: [] };
  } catch (error) {
    const { code, message } = error as CodedError;
    if (code !== 'runtime' && code !== 'unsupported') throw error;
    const [only] = batch;
    if (only && batch.length === 1) {
      return { entries: [], refused: [{ key: only.key, operators: only.operators, reason: message }] };
    }
  }
  const entries: TableEntry[] = [];
  const refused: MeasuredBatch['refused'][number][] = [];
  const share = { ...request, budgetMs: request.budgetMs / batch.length };
  for (const part of batch) {
    const found = await measureParts([part], share, port, job);
    entries.push(...found.entries);
    refused.push(...found.refused);
  }
  return { entries, refused };
}

/** Half of the spreads above this: the machine was disturbed. */
const WIDE = 0.3;
/** Times that a disturbed measurement is made again. */
const AGAIN = 2;

/** Again where the machine was disturbed; of several times of a part the shortest holds. */
async function timeBatch(
  batch: readonly Missing[],
  request: BenchRequest,
  port: RuntimePort,
  job: Job,
): Promise<readonly TableEntry[]> {
  const model = microModel(batch.map(({ fragment, of: { analysis, folded } }) => ({ fragment, analysis, folded })));
  let best: readonly TableEntry[] = [];
  for (let taken = 0, disturbed = true; disturbed && taken <= AGAIN; taken++) {
    // The receiver may take the bytes over: they are written for each run anew.
    const samples = await port.kernels({ name: 'micro.onnx', bytes: writeModel(model) }, request, job);
    const entries = batch.map((part, index) => entryOf(part, samples, index));
    best = entries.map((entry, index) => {
      const before = best[index];
      return before && before.ms <= entry.ms ? before : entry;
    });
    disturbed = median(entries.map(({ spread }) => spread)) > WIDE;
  }
  return best;
}

/** A kernel whose name the runtime made up belongs to the part whose kernels it stands among. */
function ownersOf({ kernels }: KernelSamples): readonly (number | null)[] {
  let last: number | null = null;
  return kernels.map(({ node }) => {
    const around = aroundOf(node);
    const own = fragmentOf(node);
    if (around !== null) {
      last = around;
      return null;
    }
    if (own !== null) last = own;
    return own ?? last;
  });
}

function entryOf({ key, operators, shapes, work }: Missing, told: KernelSamples, index: number): TableEntry {
  const owners = ownersOf(told);
  const own = told.samples.filter((_, place) => owners[place] === index);
  const runs = own[0]?.length ?? 0;
  const sums = Float64Array.from({ length: runs }, (_, run) => own.reduce((sum, each) => sum + (each[run] ?? 0), 0));
  return { key, operators, shapes, ...estimate(sums), kernels: own.length, work, at: Date.now() };
}
