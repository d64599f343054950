import type { StoredTable } from './latency-table/table.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import type { LatencyFit } from '../prune/latency/types.ts';

export interface LatencyRequest {
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** Channels that a norm takes its statistics over may be cut too: other groups. */
  readonly acrossNorms?: boolean;
  /** For all points together, ms; a model whose runs are long may take more. */
  readonly budgetMs: number;
  /** In place of timing: the latency at each width follows from this table, which has to cover it. */
  readonly table?: StoredTable;
}

/** What a stop's latency does when its channels are cut, as measured on this device. */
export interface LatencyModel extends LatencyFit {
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** A run of the whole model, ms: the median where it was timed, else as predicted. */
  readonly ms: number;
  /** Whether it was timed, or follows from a table of operators. */
  readonly from: 'timed' | 'table';
}

export interface LatencyCheckRequest {
  /** The stop that was cut. */
  readonly before: number;
  readonly predicted: number;
  /** What it was predicted with. */
  readonly model: LatencyModel;
  /** ms; a model whose runs are long may take more. */
  readonly budgetMs: number;
}

/** What was predicted for a cut, held against what was measured. Latencies are shares of the whole model's. */
export interface LatencyCheck {
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** Of the whole model, ms. */
  readonly ms: number;
  readonly predicted: number;
  readonly measured: number;
  /** predicted / measured − 1. */
  readonly error: number;
}
