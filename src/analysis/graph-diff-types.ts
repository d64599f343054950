import type { ChangeKind } from '../base/changes.ts';
import type { NodeId } from '../ir/types.ts';

/** What differs between a node and its partner. */
export type Facet =
  | { readonly kind: 'operator' | 'name' | 'body' }
  /** By the attribute's name; of an output by its slot. */
  | { readonly kind: 'attribute'; readonly name: string }
  /** By slot: reads another value; a constant of another shape or type; elements that were not compared. */
  | { readonly kind: 'input' | 'weight-type' | 'unread'; readonly slot: number | string }
  /** A constant with other elements; the largest difference, null: not measured. */
  | { readonly kind: 'weights'; readonly slot: number | string; readonly largest: number | null }
  | { readonly kind: 'shape' | 'dtype'; readonly slot: number };

export interface NodeChange {
  readonly kind: ChangeKind;
  /** Nodes of A, in running order; empty: added. */
  readonly before: readonly NodeId[];
  /** Nodes of B, in running order; empty: removed. */
  readonly after: readonly NodeId[];
  /** Of one node against one node; else empty. */
  readonly what: readonly Facet[];
}

/** A graph input or output as it is declared: `float32 1×3×224×224`. */
export interface PortText {
  readonly name: string;
  readonly type: string;
  readonly position: number;
}
export interface PortChange {
  readonly port: 'input' | 'output';
  /** Null: added. */
  readonly before: PortText | null;
  /** Null: removed. */
  readonly after: PortText | null;
  /** What differs where both are there. */
  readonly what: readonly ('name' | 'type' | 'position')[];
}

/** Something about the model as a whole: `opset`, `IR version`, `metadata author`; '' stands for nothing. */
export interface ModelChange {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** What differs between two models, by the ids of their nodes. Plain data. */
export interface GraphDiff {
  /** In running order of B, what is only in A at its place among its neighbours. */
  readonly changes: readonly NodeChange[];
  /** Nodes that are the same, subgraphs included. */
  readonly same: number;
  /** [2 × pairs] a node of A, its partner in B: all that stand one for one, changed or not. */
  readonly pairs: Int32Array;
  readonly ports: readonly PortChange[];
  readonly model: readonly ModelChange[];
  /** Bytes of weights that were left out because the budget was spent or a data file is missing. */
  readonly unreadBytes: number;
}
