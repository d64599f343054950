import type { Exactness } from '../base/exactness.ts';
import type { Feeds, OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';
import type { NamedFeeds } from './cases.ts';
import type { PortMap } from './ports.ts';

/** `uninformative`: an output is constant whatever the input; `ill-conditioned`: noise above 1e-2. Neither is a pass. */
export type Verdict = 'agrees' | 'differs' | 'uninformative' | 'ill-conditioned';

/** Error of one output over all inputs tried. */
export interface OutputError {
  readonly name: string;
  readonly maxAbs: number;
  /** Relative to max|y| of the reference output: the largest, of inputs that fail where there are any. */
  readonly maxRel: number;
  readonly cosine: number;
  /** Signal to quantization noise ratio, dB; Infinity when equal. */
  readonly sqnr: number;
  /** Share of inputs whose argmax over the last axis agrees; null for outputs that are no score vectors. */
  readonly top1: number | null;
  /** What was allowed on the input of `maxRel`: max(class tolerance, 8 × the change under a 1-ulp input perturbation). */
  readonly allowed: number;
  readonly ok: boolean;
}

/** One comparison: which level and backend the result ran at. The reference is the original at `disabled` on WASM. */
export interface VerifyRun {
  readonly level: OptimizationLevel;
  readonly backend: RuntimeBackend;
  readonly outputs: readonly OutputError[];
  readonly ok: boolean;
}

/** An input on which the result differs, to be saved and looked at. */
export interface FailingInput {
  readonly name: string;
  readonly output: string;
  readonly feeds: Feeds;
}

/** One output against what was recorded for it, over all inputs that have recorded outputs. */
export interface ExpectedError {
  readonly name: string;
  readonly maxAbs: number;
  /** Largest |y − e| / (1e-7 + 1e-3·|e|); at most 1 is right. */
  readonly excess: number;
  /** Why the two cannot be compared element by element. */
  readonly mismatch: string | null;
  readonly ok: boolean;
}

/** A model against recorded outputs: the original at `disabled` on WASM, the result wherever it ran. */
export interface ExpectedRun {
  readonly of: 'original' | 'result';
  readonly level: OptimizationLevel;
  readonly backend: RuntimeBackend;
  readonly outputs: readonly ExpectedError[];
  readonly inputs: number;
  readonly ok: boolean;
}

export interface VerifyResult {
  readonly ok: boolean;
  readonly verdict: Verdict;
  readonly class: Exactness;
  /** One sentence for a person. */
  readonly message: string;
  /** Worst over all runs, by output. */
  readonly outputs: readonly OutputError[];
  readonly runs: readonly VerifyRun[];
  readonly level: OptimizationLevel;
  readonly backend: RuntimeBackend;
  /** How many inputs were tried, by kind (`seed 1`, `zeros`, …). */
  readonly inputs: readonly string[];
  readonly ms: number;
  /** Only where the verdict is `differs` and both models ran. */
  readonly failing?: FailingInput;
  /** Only where inputs came with recorded outputs. */
  readonly expected?: readonly ExpectedRun[];
}

/** A comparison of two stops of a recipe: its class is that of the steps between them, whoever asks. */
export type StopsRequest = Omit<VerifyRequest, 'class' | 'ports'>;

export interface VerifyRequest {
  readonly class: Exactness;
  /** Random inputs beside the special ones; 0: the given ones alone. */
  readonly seeds: number;
  readonly backends: readonly RuntimeBackend[];
  readonly levels: readonly OptimizationLevel[];
  readonly threads: number;
  /** Where inputs or outputs changed: what answers to what. */
  readonly ports?: PortMap;
  /** Real inputs, tried before the made ones. */
  readonly given?: readonly NamedFeeds[];
  /** What the runtime itself changes at a setting counts as a difference: one model against itself. */
  readonly strict?: boolean;
}
