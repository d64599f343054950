import { createStore, type StoreApi } from 'zustand/vanilla';
import type { TrainCheckpoint } from '../protocol/api.ts';
import { ELASTIC } from '../search/supernet/phases.ts';
import { SUPERNET } from '../search/supernet/defaults.ts';
import type { SupernetRequest } from '../search/supernet/types.ts';
import type { SearchingState } from './searching-store.ts';
import type { SupernetRun } from './supernet-run.ts';

export interface SupernetState {
  /** Shares and single genes are those of the search. */
  readonly request: SupernetRequest;
  /** Somebody looks at what may be set. */
  readonly shown: boolean;
  /** Where an earlier training with the same model, samples and request was broken off; null: none, or not known. */
  readonly kept: TrainCheckpoint | null;
  /** The training at work, or the last one. */
  readonly run: SupernetRun | null;
}
export type SupernetStore = StoreApi<SupernetState>;

export const NO_SUPERNET: SupernetState = { request: SUPERNET, shown: false, kept: null, run: null };

export const createSupernetStore = (): SupernetStore => createStore<SupernetState>(() => NO_SUPERNET);

/** What is asked for: over the space that is searched, by labels where the samples have any. */
export function supernetRequest(
  { request }: Pick<SupernetState, 'request'>,
  { data, request: searched }: Pick<SearchingState, 'data' | 'request'>,
): SupernetRequest {
  const { view } = data;
  const labels = request.labels && view !== null && (view.labels !== null || view.kind === 'text');
  return { ...request, labels, space: { ...searched.space, kinds: request.space.kinds } };
}

/** What is lacking before a supernet can be trained, in a sentence with its cure; null: nothing. */
export function supernetLacks(
  { request }: Pick<SupernetState, 'request'>,
  { data, space, spaceError, asking }: Pick<SearchingState, 'data' | 'space' | 'spaceError' | 'asking'>,
): string | null {
  if (!data.view) return 'There is nothing to train on yet: drop samples on Samples, choose them, or have some drawn.';
  if (asking || !space)
    return spaceError ? 'What may be trained is not known: see Space.' : 'The space is being looked at.';
  const { kinds } = request.space;
  if (kinds.length === 0) return 'Nothing is to differ between sub-networks: choose a kind below.';
  const { genes } = space.result.view;
  if (genes.some(({ kind }) => kinds.includes(kind))) return null;
  return genes.some(({ kind }) => ELASTIC.includes(kind))
    ? 'The model has no sub-networks of the kinds that are chosen: choose another one below.'
    : 'The model has no sub-networks that could be trained: no group of channels, heads, residual blocks or kernels of it can be cut.';
}
