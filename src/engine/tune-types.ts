import type { BenchVerdict } from '../bench/types.ts';
import type { SessionOptions } from '../recipe/types.ts';

export interface TuneRequest {
  readonly backend: 'wasm' | 'webgpu';
  readonly threads: number;
  /** Samples of each side of a comparison. */
  readonly runs: number;
  /** Upper bound for one comparison, ms. */
  readonly budgetMs: number;
}

/** One thing that was tried: a group of sites of one structure, or an option of the session. */
export interface TuneTrial {
  readonly kind: 'sites' | 'session';
  /** Id of the pass, or name of the runtime's optimizer that was switched off. */
  readonly name: string;
  readonly title: string;
  readonly what: string;
  readonly sites: number;
  /** Speed-up by it, against everything that was kept before. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: BenchVerdict;
  readonly kept: boolean;
}

export interface TuneReport {
  readonly device: string;
  readonly trials: readonly TuneTrial[];
  /** How the result is to be loaded; null: as ever. */
  readonly session: SessionOptions | null;
  /** The model before tuning against the tuned one, both at their own session options. */
  readonly total: {
    readonly ratio: number;
    readonly interval: readonly [number, number];
    readonly verdict: BenchVerdict;
  };
  readonly message: string;
}
