import type { ModelChange, PortChange } from '../analysis/graph-diff-types.ts';
import type { ChangeKind, FacetKind } from '../base/changes.ts';
import type { ModelSummary } from '../analysis/summary.ts';
import type { Picture } from './types.ts';

/** A stop of the recipe, or the model that was opened beside it. */
export type CompareSide = number | 'second';

export interface CompareRequest {
  readonly a: CompareSide;
  readonly b: CompareSide;
  /** Bytes of weights that may be read; what is beyond is said to be not compared. */
  readonly weightBudget: number;
}

/** The model opened beside the document. */
export interface SecondView {
  readonly name: string;
  readonly summary: ModelSummary;
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
}

/** A facet in words: what differs (a slot, an attribute), and what it was and is; '' where there is nothing to show. */
export interface FacetView {
  readonly kind: FacetKind;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export interface ChangeView {
  readonly kind: ChangeKind;
  /** Node ids of A and of B. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly what: readonly FacetView[];
  /** The steps of the recipe that did it; empty: not known, or no step lies between. */
  readonly steps: readonly number[];
}

export interface ComparedModel {
  readonly side: CompareSide;
  /** The file, and the stop: `Original`, `Fold batch norm`; '' for the second file. */
  readonly name: string;
  readonly title: string;
  readonly summary: ModelSummary;
  readonly missing: readonly string[];
}

/** What differs between two models, without their pictures. */
export interface Difference {
  readonly a: ComparedModel;
  readonly b: ComparedModel;
  readonly changes: readonly ChangeView[];
  /** Nodes that are the same. */
  readonly same: number;
  /** [2 × pairs] nodes that stand one for one, changed or not. */
  readonly pairs: Int32Array;
  readonly ports: readonly PortChange[];
  readonly model: readonly ModelChange[];
  readonly unreadBytes: number;
}

export interface Comparison extends Difference {
  readonly pictures: { readonly a: Picture; readonly b: Picture };
  /** B is laid out after A: what they share lies at the same place in both. */
  readonly sharedPlaces: boolean;
}

/** Both in one picture: all of B with what only A has, or the changes alone with what touches them. */
export type UnionKind = 'overlay' | 'changes';
