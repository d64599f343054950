import type { OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';

/** How the runtime is to load one model, where that differs from the rest of the request. */
export interface LoadOptions {
  readonly level?: OptimizationLevel;
  /** Session config entries: `optimization.disable_specified_optimizers`, … */
  readonly config?: Readonly<Record<string, string>>;
}

/** A lent device: its id at the relay, and what it is called. */
export interface DeviceRef {
  readonly id: number;
  readonly name: string;
}

export interface BenchRequest {
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  /** Samples of each model after warm-up. */
  readonly runs: number;
  /** Upper bound for the whole measurement, ms. */
  readonly budgetMs: number;
  /** Of the first and the second model. */
  readonly loads?: { readonly a?: LoadOptions; readonly b?: LoadOptions };
  /** Where to measure; absent: here. */
  readonly device?: DeviceRef;
}

/** Times of one model, ms. */
export interface Timing {
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  /** Median absolute deviation. */
  readonly mad: number;
  /** Every sample, in the order taken; one sample may be several runs, divided. */
  readonly samples: readonly number[];
  readonly runsPerSample: number;
  readonly warmups: number;
  /** Session creation. */
  readonly startMs: number;
  readonly firstRunMs: number;
}

export type BenchVerdict = 'faster' | 'slower' | 'no change' | 'inconclusive';

export interface BenchResult {
  /** Name of the lent device that it was measured on; absent: here. */
  readonly device?: string;
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  readonly a: Timing;
  readonly b: Timing | null;
  /** Speed-up a/b: above 1 the second model is faster. Ratio of the medians; 95 % bootstrap interval over interleaved pairs. */
  readonly ratio: number | null;
  readonly interval: readonly [number, number] | null;
  readonly verdict: BenchVerdict | null;
  readonly message: string;
}

/** One kernel of a profile. */
export interface KernelTime {
  /** Name of the node as the runtime has it. */
  readonly node: string;
  readonly op: string;
  readonly provider: string;
  /** Median over the runs, ms. */
  readonly ms: number;
}

export interface Profile {
  /** Name of the lent device that it was measured on; absent: here. */
  readonly device?: string;
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  /** Runs after the warm-up. */
  readonly runs: number;
  /** Median of whole runs, ms; what the runtime does between kernels included. */
  readonly ms: number;
  readonly kernels: readonly KernelTime[];
}

/** What one of the runtime's own optimizers is worth: it with all others, against all others without it. */
export interface OptimizerEffect {
  readonly name: string;
  /** One sentence: what it does; null: not known. */
  readonly what: string | null;
  /** Speed-up by it. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: BenchVerdict;
}

/** What the runtime makes of a model when it loads it. */
export interface OptimizerReport {
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** Median of a run with all optimizers, ms. */
  readonly ms: number;
  /** Speed-up of `all` over `disabled`. */
  readonly whole: {
    readonly ratio: number;
    readonly interval: readonly [number, number];
    readonly verdict: BenchVerdict;
  };
  readonly optimizers: readonly OptimizerEffect[];
  readonly message: string;
}
