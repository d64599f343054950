import type { Progress } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import type { BenchRequest, BenchVerdict } from '../../bench/types.ts';
import type { Recipe } from '../../recipe/types.ts';
import type { VerifyResult } from '../../verify/types.ts';

export interface SweepRequest {
  readonly recipe: Recipe;
  /** Index of the step, from 0. */
  readonly step: number;
  readonly option: string;
  readonly values: readonly Json[];
  /** Compares each result with the original. */
  readonly verify: boolean;
  /** Times each result beside the original; null: not. */
  readonly bench: BenchRequest | null;
}

/** The recipe with one value: what it leads to. */
export interface SweepPoint {
  readonly value: Json;
  readonly nodes: number;
  readonly parameters: number;
  /** Null: not known. */
  readonly macs: number | null;
  readonly bytes: number;
  /** Sites of the step that was swept. */
  readonly sites: number;
  /** Against the original; null: not asked for. */
  readonly verify:
    | (Pick<VerifyResult, 'ok' | 'verdict' | 'class' | 'message'> & {
        readonly outputs: readonly Pick<VerifyResult['outputs'][number], 'name' | 'cosine' | 'maxRel'>[];
      })
    | null;
  /** ms of the result, and its speed-up with the 95 % interval; null: not asked for. */
  readonly bench: {
    readonly ms: number;
    readonly before: number;
    readonly ratio: number | null;
    readonly interval: readonly [number, number] | null;
    readonly verdict: BenchVerdict | null;
  } | null;
  /** On data that were given; null: there are none that fit both. */
  readonly fidelity: {
    /** The least of all outputs. */
    readonly cosine: number;
    readonly agreement: number;
    readonly accuracy: { readonly before: number; readonly after: number } | null;
  } | null;
  /** Why a step failed or lost sites, or why something could not be measured; null: nothing did. */
  readonly error: string | null;
}

export interface SweepProgress extends Progress {
  /** What has just been found. */
  readonly point?: SweepPoint;
}

export interface SweepResult {
  readonly pass: string;
  readonly title: string;
  readonly option: string;
  readonly label: string;
  readonly original: Pick<SweepPoint, 'nodes' | 'parameters' | 'macs' | 'bytes'>;
  readonly points: readonly SweepPoint[];
}
