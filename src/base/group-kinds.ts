/** What a group of nodes is: a name scope, a repeat found without names, a subgraph, the body of a function. */
export const GROUP_KINDS = ['scope', 'repeat', 'subgraph', 'function'] as const;
export type GroupKind = (typeof GROUP_KINDS)[number];
