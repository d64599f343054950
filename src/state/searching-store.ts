import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { TableDevice } from '../engine/latency-table/types.ts';
import { SEARCH } from '../search/defaults.ts';
import type { SearchRequest, SpaceView } from '../search/types.ts';
import type { Bound } from './bound.ts';
import type { SearchRun } from './searching-run.ts';
import { NO_SAMPLES, type TrainSamples } from './training-store.ts';

/** What may be searched in a stop. */
export interface SpaceShown {
  readonly view: SpaceView;
  /** Indices of its genes from the input to the output. */
  readonly order: readonly number[];
}

export interface SearchingState {
  /** The stop of the recipe whose sub-networks are searched. */
  readonly stop: number;
  readonly request: SearchRequest;
  readonly data: TrainSamples;
  readonly space: Bound<SpaceShown> | null;
  readonly asking: boolean;
  readonly spaceError: ErrorRecord | null;
  /** Sub-networks that an earlier search on these data has judged; null: not known. */
  readonly kept: number | null;
  /** The device whose latency table is used; null: this one's. */
  readonly device: TableDevice | null;
  /** Id of the lent device that latency is measured on; null: this one. */
  readonly clock: number | null;
  /** Ids of lent devices that judge too. */
  readonly judges: readonly number[];
  /** The search at work, or the last one. */
  readonly run: SearchRun | null;
  /** Ids of points of the run. */
  readonly selected: number | null;
  readonly hovered: number | null;
  /** Id of the gene that is pointed at. */
  readonly gene: string | null;
  /** The point that lies on the recipe, up to a stop. */
  readonly used: Bound<number> | null;
}
export type SearchingStore = StoreApi<SearchingState>;

export const NO_SEARCH: SearchingState = {
  stop: 0,
  request: SEARCH,
  data: NO_SAMPLES,
  space: null,
  asking: false,
  spaceError: null,
  kept: null,
  device: null,
  clock: null,
  judges: [],
  run: null,
  selected: null,
  hovered: null,
  gene: null,
  used: null,
};

export const createSearchingStore = (): SearchingStore => createStore<SearchingState>(() => NO_SEARCH);
