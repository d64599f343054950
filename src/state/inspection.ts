import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { Progress } from '../base/job.ts';
import type { PictureRequest, TensorPicture, TensorRef, TensorStats, TensorValues } from '../engine/detail-types.ts';

/** Something that the graph worker was asked for; asked for again once it was cancelled. */
export type Asked<T> =
  | { readonly state: 'loading'; readonly progress: Progress | null }
  | { readonly state: 'ready'; readonly result: T }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly error: ErrorRecord };

/** What is known of tensors at the revision shown, by the keys below. */
export interface InspectionState {
  readonly stats: Readonly<Record<string, Asked<TensorStats>>>;
  readonly pictures: Readonly<Record<string, Asked<TensorPicture>>>;
  readonly values: Readonly<Record<string, Asked<TensorValues>>>;
}
export type InspectionStore = StoreApi<InspectionState>;

export const NOTHING_ASKED: InspectionState = { stats: {}, pictures: {}, values: {} };
export const createInspectionStore = (): InspectionStore => createStore<InspectionState>(() => NOTHING_ASKED);

/** Elements that are fetched together for the table of values. */
export const VALUES_PAGE = 500;

export const tensorKey = (ref: TensorRef): string =>
  'value' in ref ? `value ${ref.value}` : `node ${ref.node} ${ref.attribute} ${ref.index}`;
export const pictureKey = (ref: TensorRef, { kind, pooling, channel, channelAxis, from }: PictureRequest): string =>
  [tensorKey(ref), kind, pooling, channel, channelAxis, from].join(' ');
export const valuesKey = (ref: TensorRef, page: number): string => `${tensorKey(ref)} page ${page}`;
