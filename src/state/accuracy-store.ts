import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { AccuracyResult } from '../engine/accuracy/types.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { GivenAccuracyData } from '../protocol/api.ts';

/** What was measured of which models; it holds while their revision is shown. */
export interface AccuracyFinding {
  readonly a: CompareSide;
  readonly b: CompareSide | null;
  readonly revision: number;
  readonly result: AccuracyResult;
}

/** A run that was cancelled: what was right until then, by model. */
export interface PartialAccuracy {
  readonly done: number;
  readonly total: number;
  readonly right: readonly number[];
}

export interface AccuracyState {
  /** What a person gave last, and what is in use; these differ while it is read, and where it could not be. */
  readonly given: GivenAccuracyData | null;
  readonly used: GivenAccuracyData | null;
  readonly view: AccuracyDataView | null;
  readonly asking: boolean;
  readonly error: ErrorRecord | null;
  readonly finding: AccuracyFinding | null;
  readonly partial: PartialAccuracy | null;
}

export type AccuracyStore = StoreApi<AccuracyState>;

export const NO_ACCURACY: AccuracyState = {
  given: null,
  used: null,
  view: null,
  asking: false,
  error: null,
  finding: null,
  partial: null,
};

export const createAccuracyStore = (): AccuracyStore => createStore<AccuracyState>(() => NO_ACCURACY);
