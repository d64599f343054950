import type { TracedTensor } from '../runtime/trace.ts';
import type { OptimizationLevel, RuntimeBackend, WebnnDevice } from '../runtime/types.ts';

/** How the runtime is to load one model, where that differs from the rest of the request. */
export interface LoadOptions {
  readonly level?: OptimizationLevel;
  /** Session config entries: `optimization.disable_specified_optimizers`, … */
  readonly config?: Readonly<Record<string, string>>;
  /** `enableCpuMemArena` and `enableMemPattern` of the session; on where they are left out. */
  readonly arena?: boolean;
  readonly memoryPattern?: boolean;
  /** Of WebGPU: `preferredLayout`. */
  readonly layout?: 'NCHW' | 'NHWC';
  readonly webnnDevice?: WebnnDevice;
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
  /** The samples are taken in so many rounds, each with sessions of its own: where a session lies in memory is luck. 1. */
  readonly rounds?: number;
  /** While time is left, more rounds until the interval is within this share of the ratio, to both sides; at most 4 times the runs. */
  readonly within?: number;
  /** Measures how far the memory of the runtime grows for each model alone, too. */
  readonly heap?: boolean;
  /** false: does not look at how quiet the machine is, which is no matter where the shortest times alone count. */
  readonly looks?: boolean;
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
  /** How many samples each round took; together all of them. */
  readonly blocks: readonly number[];
  readonly runsPerSample: number;
  readonly warmups: number;
  /** The first warm-up, run by run or batch by batch. */
  readonly warm: readonly number[];
  /** Whether the first warm-up ended because times had stopped falling. */
  readonly settled: boolean;
  /** The warm-up became faster at once: an optimizing compiler had finished. Null: it did not. */
  readonly tierUp: TierUp | null;
  /** Session creation: the first one, and that of every round. */
  readonly startMs: number;
  readonly starts: readonly number[];
  /** The first run of the first session, and of that of every round. */
  readonly firstRunMs: number;
  readonly firstRuns: readonly number[];
  /** What the memory of the WASM module grew to for this model alone, bytes; null: not measured, or not WASM. */
  readonly heapBytes: number | null;
}

/** A step in the times of a warm-up. */
export interface TierUp {
  /** Runs or batches before it. */
  readonly after: number;
  /** How many times faster it became. */
  readonly factor: number;
}

/** A look at how quiet the machine is. */
export interface Quiet {
  /** Size of the pieces of work, in turns of a loop. */
  readonly turns: number;
  /** ms of the fastest piece. */
  readonly fastest: number;
  /** Share of the pieces that were disturbed. */
  readonly disturbed: number;
}

/** What the machine did meanwhile. */
export interface Conditions {
  /** Share of short pieces of work that were disturbed before and after; null: the clock could not tell. */
  readonly disturbed: number | null;
  /** How much longer a piece took at the end than at the beginning, as a share: heat, or saving of power. */
  readonly slowdown: number | null;
  /** What a person should know of it, in sentences. */
  readonly warnings: readonly string[];
}

/** `no verdict`: a software WebGPU adapter, whose times say nothing about a graphics card. */
export type BenchVerdict = 'faster' | 'slower' | 'no change' | 'inconclusive' | 'no verdict';

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
  readonly conditions: Conditions;
  /** Measured on a WebGPU adapter that is software. */
  readonly software: boolean;
  readonly message: string;
}

/** How one setting does against the first one of several: above 1 it is faster. */
export interface Across {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Null: the first itself. */
  readonly verdict: BenchVerdict | null;
}

/** The same models at several settings, in turn. */
export interface BenchMatrix {
  readonly cells: readonly BenchResult[];
  /** Of each cell, in their order. */
  readonly across: readonly Across[];
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
  /** Name of the lent device that it was measured on; absent: here. */
  readonly device?: string;
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  /** Runs after the warm-up. */
  readonly runs: number;
  /** Mean of the middle half of the runs, ms; what the runtime does between kernels included. */
  readonly ms: number;
  readonly clock: KernelClock;
  /** Measured on a WebGPU adapter that is software. */
  readonly software: boolean;
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
