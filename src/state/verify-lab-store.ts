import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { Exactness } from '../base/exactness.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { LabInputs, LabRequest, LabResult, Place } from '../engine/verify-lab/types.ts';
import type { LabData } from '../protocol/api.ts';
import type { OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';

/** What is to be compared, as chosen on the page. */
export interface VerifySetup {
  readonly a: CompareSide;
  /** Null: the stop under the cursor, whichever that is. */
  readonly b: CompareSide | null;
  /** Of a second file; null: `order`. */
  readonly class: Exactness | null;
  readonly seeds: number;
  readonly backends: readonly RuntimeBackend[];
  readonly levels: readonly OptimizationLevel[];
  readonly intermediates: Place | null;
}

/** Inputs of a person's own. */
export interface VerifyInputs {
  readonly given: LabData;
  /** What they hold; null while they are read, and where they do not fit. */
  readonly view: LabInputs | null;
  readonly error: ErrorRecord | null;
  readonly asking: boolean;
}

export interface Verified {
  readonly request: LabRequest;
  readonly result: LabResult;
}

export interface VerifyLabState {
  readonly setup: VerifySetup;
  /** Null: made-up inputs alone. */
  readonly inputs: VerifyInputs | null;
  readonly verified: Verified | null;
  /** The models are not what they were when it was found. */
  readonly stale: boolean;
  readonly error: ErrorRecord | null;
}
export type VerifyLabStore = StoreApi<VerifyLabState>;

export const FIRST_SETUP: VerifySetup = {
  a: 0,
  b: null,
  class: null,
  seeds: 3,
  backends: ['wasm'],
  levels: ['disabled', 'all'],
  intermediates: { level: 'disabled', backend: 'wasm' },
};

export const createVerifyLabStore = (): VerifyLabStore =>
  createStore<VerifyLabState>(() => ({ setup: FIRST_SETUP, inputs: null, verified: null, stale: false, error: null }));

interface Around {
  readonly stops: number;
  readonly cursor: number;
  readonly hasSecond: boolean;
  readonly hasWebgpu: boolean;
}

/** The setup as it can be run now: stops that are gone, a file that was closed and a missing backend give way. */
export function fitVerify(setup: VerifySetup, around: Around): VerifySetup & { readonly b: CompareSide } {
  const { stops, cursor, hasSecond, hasWebgpu } = around;
  const fit = (side: CompareSide, other: number): CompareSide => {
    if (side === 'second') return hasSecond ? side : other;
    return Math.min(side, stops - 1);
  };
  const backends = setup.backends.filter((backend) => backend === 'wasm' || hasWebgpu);
  const { intermediates } = setup;
  return {
    ...setup,
    a: fit(setup.a, 0),
    b: fit(setup.b ?? cursor, cursor),
    backends: backends.length > 0 ? backends : ['wasm'],
    intermediates: intermediates?.backend === 'webgpu' && !hasWebgpu ? FIRST_SETUP.intermediates : intermediates,
  };
}
