import type { Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import type { Capabilities, RuntimeBackend } from '../../runtime/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { cutModels } from '../latency-points.ts';
import { nodeTimes } from '../node-times.ts';
import type { RuntimePort } from '../ports.ts';
import { batchOf, measureParts, missingParts, type MeasuredBatch } from './measure.ts';
import { measureOverhead } from './overhead.ts';
import { partsOf, type Parts } from './parts.ts';
import { predictLatency } from './predict.ts';
import { loadTable, type StoredTable } from './table.ts';
import type { LatencyPrediction, PredictedPart, TableOverhead } from './types.ts';

export interface TableSubject {
  readonly model: Model;
  readonly analysis: Analysis;
}

export interface TableBatchRequest {
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** For this batch, ms. */
  readonly budgetMs: number;
  /** Keys that the table has, or that the runtime refused. */
  readonly known: readonly string[];
  /** Whether what a run costs beside its kernels is to be measured too. */
  readonly overhead: boolean;
  /** The model cut to the widths that a forecast of pruning rests on, too. */
  readonly widths: { readonly acrossNorms: boolean } | null;
}

export interface TableBatch extends MeasuredBatch {
  /** Null: not asked for. */
  readonly overhead: TableOverhead | null;
  /** Kinds of parts that are missing still. */
  readonly left: number;
}

/** Throws `unsupported`: nothing of this backend belongs into a table here. */
export function requireTable(backend: RuntimeBackend, { webgpu, webgpuReason }: Capabilities): void {
  if (backend === 'wasm') return;
  if (!webgpu) throw new CodedError('unsupported', webgpuReason ?? 'There is no WebGPU here.');
  throw new CodedError(
    'unsupported',
    webgpu.software
      ? 'This WebGPU adapter is software: its times say nothing about a graphics card. Measure on WASM instead.'
      : 'The runtime tells when it hands a kernel to WebGPU, not how long it runs there. Measure on WASM instead.',
  );
}

/** For each of the measurements of what a run costs beside its kernels, ms at least, where a micro-model may take as long. */
const OVERHEAD_MS = 600;

/** Times the next parts that a table lacks, one micro-model a call: what was measured stays when the next is cancelled. */
export async function tableBatch(
  { model, analysis }: TableSubject,
  request: TableBatchRequest,
  port: RuntimePort,
  job: Job,
): Promise<TableBatch> {
  requireTable(request.backend, await port.capabilities());
  const { backend, threads, budgetMs } = request;
  const known = new Set(request.known);
  const common = { backend, threads, budgetMs };
  const overhead = request.overhead
    ? await measureOverhead({ ...common, budgetMs: Math.max(Math.min(OVERHEAD_MS, budgetMs), budgetMs / 4) }, port, job)
    : null;
  const subjects = [partsOf(model, analysis), ...(request.widths ? cutParts({ model, analysis }, request.widths) : [])];
  const missing = subjects.map((parts) => missingParts(parts, known));
  const next = missing.find((list) => list.length > 0);
  if (!next) return { entries: [], refused: [], overhead, left: 0 };
  await job.checkpoint();
  const batch = batchOf(next);
  const measured = await measureParts(batch, common, port, job);
  const all = new Set(missing.flatMap((list) => list.map(({ key }) => key)));
  return { ...measured, overhead, left: all.size - batch.length };
}

const cuts = new WeakMap<Analysis, Map<boolean, readonly Parts[]>>();

function cutParts(
  { model, analysis }: TableSubject,
  { acrossNorms }: { readonly acrossNorms: boolean },
): readonly Parts[] {
  const known = cuts.get(analysis) ?? new Map<boolean, readonly Parts[]>();
  cuts.set(analysis, known);
  const parts =
    known.get(acrossNorms) ?? cutModels(model, analysis, acrossNorms).map((cut) => partsOf(cut.model, cut.analysis));
  known.set(acrossNorms, parts);
  return parts;
}

/** A prediction held against a run. */
export interface PredictionCheck {
  readonly prediction: LatencyPrediction;
  /** Fastest run of the whole model, ms. */
  readonly measured: number;
  readonly median: number;
  /** predicted / measured − 1. */
  readonly error: number;
  /** Parts that differ most from the model's own profile, the furthest first. */
  readonly apart: readonly PartCheck[];
}

export interface PartCheck {
  readonly part: PredictedPart;
  /** By the profile of the whole model, ms. */
  readonly measured: number;
}

export interface PredictionRequest {
  readonly table: StoredTable;
  readonly budgetMs: number;
}

/** A median that is further above the fastest run was disturbed; times that it is measured again then. */
const WIDE = 0.2;
const AGAIN = 2;

/** Predicts a model's latency, times it, and profiles it for where both part. */
export async function checkPrediction(
  { model, analysis }: TableSubject,
  { table, budgetMs }: PredictionRequest,
  port: RuntimePort,
  job: Job,
): Promise<PredictionCheck> {
  const loaded = loadTable(table);
  const prediction = predictLatency(model, analysis, loaded);
  const { backend, threads } = loaded.device;
  requireTable(backend, await port.capabilities());
  const parts = partsOf(model, analysis);
  const request = { backend, threads, level: 'all', runs: 100, looks: false, budgetMs: budgetMs * 0.7 } as const;
  let [fastest, middle] = [Infinity, Infinity];
  for (let taken = 0, disturbed = true; disturbed && taken <= AGAIN; taken++) {
    const { a } = await port.bench({ name: 'model.onnx', bytes: writeModel(parts.model) }, null, request, job);
    fastest = Math.min(fastest, a.min);
    middle = Math.min(middle, a.median);
    disturbed = a.median > a.min * (1 + WIDE);
  }
  const { times } = await nodeTimes(
    parts.model,
    'model.onnx',
    { ...request, runs: 30, budgetMs: budgetMs * 0.3 },
    port,
    job,
  );
  const apart = prediction.parts
    .map((part): PartCheck => {
      const measured = part.nodes.reduce((sum, node) => sum + (times.get(node as never) ?? 0), 0);
      return { part, measured };
    })
    .sort((x, y) => Math.abs(y.part.ms - y.measured) - Math.abs(x.part.ms - x.measured));
  return { prediction, measured: fastest, median: middle, error: prediction.ms / fastest - 1, apart };
}
