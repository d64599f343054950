/**
 * What became of nodes from model A to model B. `fused`: several became one (or fewer); `split`: one became several;
 * `renamed`: nothing but the name differs; `unread`: equal as far as was looked, but some weights were not compared.
 */
export const CHANGE_KINDS = ['fused', 'split', 'changed', 'removed', 'added', 'renamed', 'unread'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** As lists name them. */
export const CHANGE_WORDS: Readonly<Record<ChangeKind, string>> = {
  fused: 'Fused',
  split: 'Split',
  changed: 'Changed',
  removed: 'Removed',
  added: 'Added',
  renamed: 'Renamed',
  unread: 'Not compared',
};

/** What can differ between a node and its partner. */
export type FacetKind =
  | 'operator'
  | 'attribute'
  | 'input'
  | 'weight-type'
  | 'weights'
  | 'unread'
  | 'shape'
  | 'dtype'
  | 'name'
  | 'body';

interface FacetParts {
  /** A slot, or an attribute. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const fromTo = (before: string, after: string): string => `${before || 'none'} → ${after || 'none'}`;

const FACETS: Readonly<Record<FacetKind, (parts: FacetParts) => string>> = {
  operator: ({ before, after }) => fromTo(before, after),
  attribute: ({ name, before, after }) => `${name} ${fromTo(before, after)}`,
  input: ({ name, before, after }) => `${name} reads ${fromTo(before, after)}`,
  'weight-type': ({ name, before, after }) => `${name} ${fromTo(before, after)}`,
  weights: ({ name, after }) => (after === '' ? `${name} has other values` : `${name} differs by at most ${after}`),
  unread: ({ name }) => `${name} not compared`,
  shape: ({ name, before, after }) => `${name} ${fromTo(before, after)}`,
  dtype: ({ name, before, after }) => `${name} ${fromTo(before, after)}`,
  name: ({ before, after }) => `name ${fromTo(before, after)}`,
  body: () => 'its subgraph differs',
};

/** One difference in words: `strides 1, 1 → 2, 2`, `W has other values`. */
export const facetText = ({ kind, ...parts }: FacetParts & { readonly kind: FacetKind }): string => FACETS[kind](parts);

/** In one picture of both, a node that is only in A has this id; those of B keep theirs. */
export const idOfRemoved = (node: number): number => -1 - node;
/** The node of A behind such an id; null: it is a node of B, or a run of unchanged nodes. */
export const removedOf = (id: number): number | null => (id < 0 && id > FIRST_RUN ? -1 - id : null);
/** Runs of unchanged nodes that are drawn as one have ids from here on down. */
export const FIRST_RUN = -1_000_000_000;
