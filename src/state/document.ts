import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { BenchResult } from '../bench/types.ts';
import type { DocumentView, PassInfo, PassSites, Picture, Preview } from '../engine/types.ts';
import type { PruneForecast, PruneOptions, PrunePlanView } from '../prune/types.ts';
import type { Capabilities } from '../runtime/types.ts';
import type { SampleInfo } from '../samples/types.ts';

/** A pass that is being looked at: its sites are lit on the canvas, nothing is applied yet. */
export interface PassPreview {
  readonly pass: string;
  readonly options: Readonly<Record<string, Json>>;
  /** Keys of sites that the person switched off. */
  readonly off: ReadonlySet<string>;
  /** Counted result of applying what is on; null until it has been counted. */
  readonly result: Preview | null;
}

/** The pruning panel at work: everything a slider step needs is here, on the page's side. */
export interface PruneSession {
  readonly plan: PrunePlanView;
  readonly options: PruneOptions;
  /** Follows the sliders at once; from the plan's cost terms. */
  readonly forecast: PruneForecast;
  /** Index of the group in focus. */
  readonly group: number | null;
}

export interface DocumentState {
  readonly status: 'empty' | 'opening' | 'open';
  /** Why the last opening failed; the document that was open before stays open. */
  readonly openError: ErrorRecord | null;
  readonly document: DocumentView | null;
  /** Picture of the stop under the cursor. */
  readonly picture: Picture | null;
  readonly passes: readonly PassInfo[];
  readonly samples: readonly SampleInfo[];
  readonly capabilities: Capabilities | null;
  /** By pass id, for the stop under the cursor; a pass that is missing is still being looked for. */
  readonly sites: Readonly<Record<string, PassSites>>;
  readonly preview: PassPreview | null;
  readonly prune: PruneSession | null;
  /** Benchmarks of this session, the newest last, with the stops they compared. */
  readonly benches: readonly {
    readonly a: number;
    readonly b: number | null;
    readonly revision: number;
    readonly result: BenchResult;
  }[];
}

export type DocumentStore = StoreApi<DocumentState>;

export const createDocumentStore = (): DocumentStore =>
  createStore<DocumentState>(() => ({
    status: 'empty',
    openError: null,
    document: null,
    picture: null,
    passes: [],
    samples: [],
    capabilities: null,
    sites: {},
    preview: null,
    prune: null,
    benches: [],
  }));
