import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { TrainPlan, TrainRequest } from '../engine/train/types.ts';
import type { GivenTrainData, TrainCheckpoint, TrainUse } from '../protocol/api.ts';
import { TRAINING } from '../train/defaults.ts';
import type { TrainRun } from './training-run.ts';

/** Samples of one use: what a person gave last, and what is in use; these differ while it is read, or where it failed. */
export interface TrainSamples {
  readonly given: GivenTrainData | null;
  readonly used: GivenTrainData | null;
  readonly view: AccuracyDataView | null;
  readonly asking: boolean;
  readonly error: ErrorRecord | null;
}

/** What is chosen before a run begins. */
export interface TrainSetup {
  readonly student: CompareSide;
  readonly teacher: CompareSide | null;
  readonly request: TrainRequest;
}

/** What a run with this setup would do; null: not known yet. */
export interface TrainPlanned {
  readonly setup: TrainSetup;
  readonly plan: TrainPlan;
  /** Where an earlier run with the same models, data and request was broken off. */
  readonly checkpoint: TrainCheckpoint | null;
}

export interface TrainingState {
  readonly setup: TrainSetup;
  readonly data: Readonly<Record<TrainUse, TrainSamples>>;
  readonly planned: TrainPlanned | null;
  readonly planning: boolean;
  readonly planError: ErrorRecord | null;
  /** The run at work, or the last one. */
  readonly run: TrainRun | null;
  /** Pairs of values are being chosen on the canvases of the comparison. */
  readonly picking: boolean;
}
export type TrainingStore = StoreApi<TrainingState>;

export const NO_SAMPLES: TrainSamples = { given: null, used: null, view: null, asking: false, error: null };

export const NO_TRAINING: TrainingState = {
  setup: { student: 0, teacher: null, request: TRAINING },
  data: { train: NO_SAMPLES, judge: NO_SAMPLES },
  planned: null,
  planning: false,
  planError: null,
  run: null,
  picking: false,
};

export const createTrainingStore = (): TrainingStore => createStore<TrainingState>(() => NO_TRAINING);
