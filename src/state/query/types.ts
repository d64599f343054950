/** Where something stands in the text of a query, in characters. */
export interface Span {
  readonly at: number;
  readonly length: number;
}

/** Why a query cannot be read, and where. */
export interface QueryError extends Span {
  readonly message: string;
}

export const TEXT_FIELDS = ['op', 'name', 'shape', 'dtype', 'family', 'in'] as const;
export const NUMBER_FIELDS = ['cost', 'macs', 'params', 'bytes'] as const;
export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number];
export type Field = TextField | NumberField;
export type Sign = '>' | '>=' | '<' | '<=' | '=';

/** What a node has to be. */
export type Term =
  /** `*` */
  | { readonly kind: 'any' }
  /** A bare word: part of operator, name or key attributes; in a path an operator. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'text'; readonly field: TextField; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly field: NumberField; readonly sign: Sign; readonly value: number }
  /** The number is not known: `macs:?`. */
  | { readonly kind: 'unknown'; readonly field: NumberField }
  /** Made by a step of the recipe. */
  | { readonly kind: 'made' }
  | { readonly kind: 'not'; readonly of: Term }
  | { readonly kind: 'all' | 'some'; readonly of: readonly Term[] };

/** `next`: the node reads from the one before. `far`: there are any number of nodes between them, up to a bound. */
export type Link = 'next' | 'far';

/** `A > B >> C`: steps, and a link between each two. One step alone is a search for nodes. */
export interface PathQuery {
  readonly steps: readonly Term[];
  readonly links: readonly Link[];
}

/** Paths of which any may match. */
export type Query = readonly PathQuery[];
