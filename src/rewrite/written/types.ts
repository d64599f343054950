import type { Exactness } from '../../base/exactness.ts';

/** A literal of an attribute: `axis=-1`, `perm=[0, 1, 3, 2]`, `mode="linear"`. */
export type Literal = number | string | readonly number[];

/** A place in a written rule: 0-based offset into its text. */
export interface Place {
  readonly at: number;
}

export type Expression =
  /** Any value; the same name twice is the same value. `constant`: it has to be one. */
  | (Place & { readonly kind: 'name'; readonly name: string; readonly constant: boolean; readonly optional: boolean })
  /** A constant of one element. */
  | (Place & { readonly kind: 'number'; readonly value: number })
  /** An input that is left out. */
  | (Place & { readonly kind: 'absent' })
  | CallExpression;

export interface CallExpression extends Place {
  readonly kind: 'call';
  /** `Conv` or `com.microsoft.FusedConv`. */
  readonly operator: string;
  /** `c:Conv(…)`: what the replacement may take attributes from; null: it has no name. */
  readonly label: string | null;
  /** `[*c]`: in a replacement, the node whose attributes are taken over. */
  readonly spread: readonly string[];
  readonly attributes: readonly (readonly [string, Literal])[];
  readonly inputs: readonly Expression[];
  /** `…` or `...` at the end: further inputs are allowed. */
  readonly more: boolean;
}

/** `rank(x) = 3`, `dtype(w) = float32`, `size(s) = 1`, `dim(x, -1) = 64`, `same(x, y)`. */
export type Condition = Place & { readonly text: string } & (
    | { readonly kind: 'rank' | 'size'; readonly of: string; readonly wanted: number }
    | { readonly kind: 'dim'; readonly of: string; readonly axis: number; readonly wanted: number }
    | { readonly kind: 'dtype'; readonly of: string; readonly wanted: string }
    | { readonly kind: 'same'; readonly of: string; readonly other: string }
  );

/** A rewrite as a person wrote it, read and checked. */
export interface WrittenRule {
  /** Letters, digits and dashes. */
  readonly name: string;
  readonly pattern: CallExpression;
  readonly replace: Expression;
  readonly where: readonly Condition[];
  /** What it promises; the check of the step holds it to that. */
  readonly class: Exactness;
}
