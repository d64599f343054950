import type { BackendId } from '../../base/backends.ts';
import type { Family } from '../../base/families.ts';

/** Why a node has no time of its own. */
export type Timeless =
  /** It is computed inside of another node's kernel. */
  | { readonly kind: 'inside'; readonly node: number; readonly label: string }
  /** It depends on no input: the runtime computed it when it loaded the model. */
  | { readonly kind: 'on-load' }
  /** No kernel ran that can be told to be its own: it was left out, or not reached. */
  | { readonly kind: 'untold' };

/** What limits a node on a device, by the roofline; `fraction` of the limit that it reaches, 0 to about 1. */
export interface Bound {
  readonly kind: 'memory' | 'compute' | 'dispatch';
  readonly fraction: number;
  /** `memory-bound: 62 % of 18 GB/s`. */
  readonly words: string;
}

export interface TensorView {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Time and work of one node. */
export interface ProfileRow {
  /** NodeId in the model that was profiled; null: kernels of no node that could be told. */
  readonly node: number | null;
  /** `Conv 21`. */
  readonly label: string;
  readonly name: string;
  /** As in the file; for kernels of no node, as the runtime calls them. */
  readonly op: string;
  /** As the runtime ran it: `FusedConv`, `Attention`; null: it had no kernel. */
  readonly ranAs: string | null;
  readonly family: Family;
  /** What kind of its operator it is, by a general rule: `1×1 expand`, `3×3 depthwise`; '' where there is none. */
  readonly kind: string;
  /** `3×3 s2 g192`, `1280→1000`. */
  readonly detail: string;
  readonly depthwise: boolean;
  /** Kernels of its own in a run. */
  readonly calls: number;
  /** ms of a run, with `moved`; null: it has none. */
  readonly ms: number | null;
  /** By how much the turns in which it was profiled differ from `ms`; 0 where there was one turn. */
  readonly spreadMs: number;
  /** Of `ms`: kernels that the runtime put in to move data for it, and what they are. */
  readonly movedMs: number;
  readonly movers: readonly string[];
  readonly provider: string;
  /** Of the node and of what is computed inside of it; null: unknown. */
  readonly macs: number | null;
  readonly flops: number | null;
  readonly bytes: number | null;
  readonly gflops: number | null;
  /** Names of the blocks that it stands in, from the outside in. */
  readonly scope: readonly string[];
  readonly timeless: Timeless | null;
  /** Nodes computed inside of its kernel. */
  readonly holds: number;
  /** NodeIds of the opened model that the node, and what is computed inside of it, stand for; empty: of another file. */
  readonly origins: readonly number[];
  readonly inputs: readonly TensorView[];
  readonly outputs: readonly TensorView[];
  /** Null: the device was not measured, or the work is not known. */
  readonly bound: Bound | null;
}

/** What the device does at best through the runtime, measured. */
export interface Roofline {
  readonly backend: string;
  readonly threads: number;
  /** GFLOP/s, and what reached it. */
  readonly peakGflops: number;
  readonly peakBy: string;
  /** GB/s out of memory. */
  readonly bandwidthGbs: number;
  /** By bytes moved, the smallest first: caches are faster. */
  readonly levels: readonly { readonly bytes: number; readonly gbs: number }[];
  /** What each node costs beside its work, µs: the slope between two chains of tiny nodes, without a profile. */
  readonly dispatchUs: number;
  /** What a kernel that does next to nothing takes in a profile, µs: the profile's own cost is in it. */
  readonly kernelUs: number;
  readonly method: string;
}

/** One call of a kernel in a typical run, ms. */
export interface TimelineCall {
  readonly row: number;
  readonly op: string;
  readonly start: number;
  readonly ms: number;
}

/** Where the time of one model goes, as plain data. */
export interface ProfileView {
  readonly name: string;
  /** The stop: `Original`, `Fold batch norm`; '' for a second file. */
  readonly title: string;
  readonly backend: BackendId;
  readonly level: string;
  readonly threads: number;
  readonly runs: number;
  /** By how much the turns of it differ from `ms`; 0 where there was one. */
  readonly spreadMs: number;
  /** A run, the kernels in it, and what lies between them, ms. */
  readonly ms: number;
  readonly kernelsMs: number;
  readonly betweenMs: number;
  /** Share of the kernels' time that belongs to nodes of the graph. */
  readonly mapped: number;
  readonly clock: 'gpu' | 'processor';
  /** `GPU time by timestamp queries`, `time on the processor`. */
  readonly clockText: string;
  /** The WebGPU adapter is no graphics card. */
  readonly software: boolean;
  /** Name of the lent device that it was measured on; null: here. */
  readonly device: string | null;
  /** Shapes of the inputs, made up where the model leaves them free. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Nodes with a time in the order in which they ran, then those without. */
  readonly rows: readonly ProfileRow[];
  readonly timeline: readonly TimelineCall[];
  readonly roofline: Roofline | null;
}
