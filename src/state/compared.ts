import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { CompareSide, Comparison, SecondView } from '../engine/compare-types.ts';
import type { Picture } from '../engine/types.ts';
import { IN_ORDER, NO_FILTER, type ChangeFilter, type ChangeRow, type ChangeSort } from './changes.ts';

export type CompareMode = 'split' | 'overlay' | 'changes';

/** Brings a node into view; a new nonce makes a repeated wish a new one. */
export interface CompareFocus {
  readonly node: number;
  readonly nonce: number;
}

/** The compare workspace: which two models, what differs, and what is looked at. Node ids are those of each side. */
export interface CompareState {
  readonly a: CompareSide;
  /** Null: the stop under the cursor, whichever that is. */
  readonly b: CompareSide | null;
  readonly mode: CompareMode;
  /** The two canvases pan and zoom together. */
  readonly together: boolean;
  /** Width of A's canvas as a share, and height of the table, px. */
  readonly share: number;
  readonly tableHeight: number;
  /** The model opened beside the document. */
  readonly second: SecondView | null;
  /** Why a second model did not open. */
  readonly secondError: { readonly name: string; readonly error: ErrorRecord } | null;
  readonly result: Comparison | null;
  /** Another comparison was asked for: the one that is shown goes when it is there. */
  readonly stale: boolean;
  readonly rows: readonly ChangeRow[];
  /** Both in one picture, for the modes that draw one. */
  readonly union: Picture | null;
  /** The comparison that is being made. */
  readonly job: number | null;
  readonly error: ErrorRecord | null;
  readonly filter: ChangeFilter;
  readonly sort: ChangeSort;
  /** Index into `rows` of the change that is looked at. */
  readonly row: number | null;
  /** Selected nodes of A and of B. */
  readonly selected: { readonly a: number | null; readonly b: number | null };
  readonly focus: { readonly a: CompareFocus | null; readonly b: CompareFocus | null };
}
export type CompareStore = StoreApi<CompareState>;

/** What no longer holds once other models are compared. */
export const NO_RESULT = {
  result: null,
  stale: false,
  rows: [],
  union: null,
  error: null,
  row: null,
  selected: { a: null, b: null },
  focus: { a: null, b: null },
  filter: NO_FILTER,
} as const;

/** Share of A's canvas, and height of the table, px, until a person changes them. */
export const COMPARE_SIZES = { share: 0.5, tableHeight: 236 } as const;

export const createCompareStore = (): CompareStore =>
  createStore<CompareState>(() => ({
    ...NO_RESULT,
    a: 0,
    b: null,
    mode: 'split',
    together: true,
    ...COMPARE_SIZES,
    second: null,
    secondError: null,
    job: null,
    sort: IN_ORDER,
  }));
