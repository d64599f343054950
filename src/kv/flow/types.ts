import type { Plan } from '../../rewrite/attention/plan.ts';
import type { Atom } from '../../rewrite/attention/atoms.ts';
import type { Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';

/** The axis along which the positions of a text lie; their factor of it has the root `positions`. */
export interface Place {
  readonly axis: number;
  readonly atoms: readonly Atom[];
}

/** What a value of a decoder follows. */
export type Flow =
  | { readonly kind: 'constant' }
  /** How many positions there are, and which of them are masked: not what they hold. */
  | { readonly kind: 'length' }
  /** What each position holds, and that of no later one. */
  | { readonly kind: 'tokens'; readonly place: Place }
  /** What the last position holds. */
  | { readonly kind: 'last' };

/** An attention that is written out, and where its keys and values may be kept. */
export interface WrittenAttention {
  readonly plan: Plan;
  readonly layer: number;
  readonly key: Cut;
  readonly value: Cut;
}

/** A value of keys (or values) before heads share it, behind all that is done to a position alone. */
export interface Cut {
  readonly value: ValueId;
  /** Brings `[batch, heads, positions, width]` into the order of the value's axes; null: that is its order. */
  readonly perm: readonly number[] | null;
  /** Axis of the positions in the value. */
  readonly axis: number;
  readonly heads: number;
  readonly width: number;
  /** From the value to the product, in running order; the product itself is the last. */
  readonly path: readonly Node[];
}

/** A decoder without a cache, every position proven to see itself and earlier ones alone. */
export interface Uncached {
  readonly ids: ValueId;
  readonly mask: ValueId | null;
  readonly positions: ValueId | null;
  /** Sizes of the ids. */
  readonly batch: string | number;
  readonly length: string;
  readonly flows: ReadonlyMap<ValueId, Flow>;
  readonly attentions: readonly WrittenAttention[];
  /** Nodes between a product and a softmax: their masks lie over queries and keys. */
  readonly scored: ReadonlySet<NodeId>;
}

/** Where a decoder cannot be followed, and why: a clause. */
export interface Stuck {
  readonly nodes: readonly NodeId[];
  readonly reason: string;
}
