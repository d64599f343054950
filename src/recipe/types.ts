import type { Json } from '../base/json.ts';
import type { Backend } from '../rewrite/pass.ts';

export type SiteChoice = 'all' | readonly string[] | { readonly except: readonly string[] };

/** A step holds decisions, not wishes: replay needs no data, no device and no luck. */
export interface RecipeStep {
  readonly pass: string;
  readonly options: Readonly<Record<string, Json>>;
  readonly sites: SiteChoice;
  /** By site key, what was decided there (kept channels). */
  readonly decisions?: Readonly<Record<string, Json>>;
  /** Where sites were chosen by timing: what was measured, of those that were kept and those that were not. */
  readonly measured?: readonly MeasuredGroup[];
  /** From this step on the model is to be loaded so: some rewrites last only where the runtime does not undo them. */
  readonly session?: SessionOptions;
}

/** Sites of one structure that were timed together: the model with them against the model without. */
export interface MeasuredGroup {
  readonly rule: string;
  readonly sites: number;
  /** Speed-up by them, and its 95 % interval. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: string;
  readonly kept: boolean;
  /** `Node 20.20.2, linux x64 · WASM, 1 thread · ONNX Runtime Web 1.30.0` */
  readonly device: string;
}

/** Options of a session of ONNX Runtime Web, with its config entries by their full names. */
export interface SessionOptions {
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  readonly config?: Readonly<Record<string, string>>;
}

export interface Recipe {
  /** Version of this format. */
  readonly whittle: 1;
  readonly name?: string;
  readonly backend?: Backend;
  /** Left out: the recipe fits any model. */
  readonly model?: { readonly sha256: string; readonly name?: string };
  /** Clean-up and fusion steps in a row are repeated until they change nothing (presets). */
  readonly untilStable?: boolean;
  readonly steps: readonly RecipeStep[];
}
