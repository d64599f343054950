import type { RuntimeBackend } from '../../runtime/types.ts';

/** What a table was measured on. Times of one device say nothing about another. */
export interface TableDevice {
  /** Words of the device: browser or Node with its processor, the adapter where the backend is WebGPU. */
  readonly name: string;
  readonly backend: RuntimeBackend;
  readonly threads: number;
  readonly runtimeVersion: string;
}

/** What a run costs beside its kernels, ms. */
export interface TableOverhead {
  /** Of each kernel: what the runtime does between two, less what keeping a profile adds to a kernel's own time. */
  readonly node: number;
  /** Of each run. */
  readonly run: number;
  /** Of each byte of an input or output, for its copy. */
  readonly byte: number;
}

/** Time of one kind of work: operators that the runtime runs as one, at given shapes. */
export interface TableEntry {
  /** Canonical JSON of operators, attributes, shapes and types; see `keyOf`. */
  readonly key: string;
  /** Operators, joined: `Conv + Relu`. */
  readonly operators: string;
  /** Shapes of what it reads and writes. */
  readonly shapes: string;
  /** All kernels of it together, ms; what falls between them not included. */
  readonly ms: number;
  /** Interquartile range over `ms`; how far samples lie apart. */
  readonly spread: number;
  /** Kernels that the runtime runs for it; 0: it does nothing at all. */
  readonly kernels: number;
  /** What its time is taken to follow between two entries: MACs, or bytes moved where it has none. */
  readonly work: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface LatencyTable {
  readonly device: TableDevice;
  /** Null: not measured yet. */
  readonly overhead: TableOverhead | null;
  readonly entries: ReadonlyMap<string, TableEntry>;
}

export type LatencySource = 'measured' | 'interpolated';

/** A part of a model whose time is predicted. */
export interface PredictedPart {
  readonly key: string;
  /** Ids of its nodes in the model. */
  readonly nodes: readonly number[];
  /** Label of its first node. */
  readonly label: string;
  /** Operators, joined: `Conv + Relu`. */
  readonly operators: string;
  /** Shapes of what it reads and writes. */
  readonly shapes: string;
  readonly ms: number;
  readonly spread: number;
  readonly source: LatencySource;
}

/** A part that the table says nothing about. */
export interface MissingPart {
  readonly key: string | null;
  readonly nodes: readonly number[];
  readonly label: string;
  readonly operators: string;
  readonly shapes: string;
  /** Why it can never be in a table; null: it has not been measured. */
  readonly reason: string | null;
  readonly work: number;
}

export interface LatencyPrediction {
  readonly device: TableDevice;
  /** Of a whole run, ms: covered parts, dispatch and the fixed cost. Missing parts are not in it. */
  readonly ms: number;
  /** Of `ms`, what is no kernel's. */
  readonly overheadMs: number;
  readonly parts: readonly PredictedPart[];
  readonly missing: readonly MissingPart[];
  /** Parts that are covered, as a share of all. */
  readonly covered: number;
  /** Of the work of operators (MACs where the model has any, else bytes), the share that is not covered. */
  readonly missingWork: number;
}
