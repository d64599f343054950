import type { TracedTensor } from '../runtime/trace.ts';
import type { OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';

/** How the runtime is to load one model, where that differs from the rest of the request. */
export interface LoadOptions {
  readonly level?: OptimizationLevel;
  /** Session config entries: `optimization.disable_specified_optimizers`, … */
  readonly config?: Readonly<Record<string, string>>;
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
  /** Mean over the middle half of the runs, ms; what runs inside of its subgraphs is told for itself. */
  readonly ms: number;
  /** The shortest call of these runs, ms: what it takes where nothing is in its way. */
  readonly least: number;
  /** How often it runs in one run: more than once inside a loop. */
  readonly calls: number;
  /** What it reads and writes, at its first call; weights that the runtime packed are left out. */
  readonly inputs: readonly TracedTensor[];
  readonly outputs: readonly TracedTensor[];
}

/** Whose clock told the times of kernels: the graphics card's, by timestamp queries, or the processor's. */
export type KernelClock = 'gpu' | 'processor';

/** One call of a kernel in the run that took the median time. */
export interface KernelCall {
  /** Index into `kernels`. */
  readonly kernel: number;
  /** From the start of the run, and how long, ms, by the processor's clock. */
  readonly start: number;
  readonly ms: number;
}

export interface Profile {
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  /** Runs after the warm-up. */
  readonly runs: number;
  /** Mean of the middle half of the runs, ms; what the runtime does between kernels included. */
  readonly ms: number;
  readonly clock: KernelClock;
  /** In the order in which they ran. */
  readonly kernels: readonly KernelTime[];
  readonly timeline: readonly KernelCall[];
  /** Shapes of the inputs that it was run on. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
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
