import type { GraphView } from '../../ir/view.ts';
import { knownMacs, nodePart, numbered, repeatPart, runsOf, type Outline, type OutlinePart } from './parts.ts';

interface Scope {
  readonly key: string;
  readonly name: string;
  readonly scopes: Map<string, Scope>;
  readonly parent: Scope | null;
  readonly members: (Scope | number)[];
  /** Its members as they are shown; null until asked for. */
  shown: readonly (Scope | number)[] | null;
  first: number;
  nodes: number;
  macs: number;
  /** Of the operators in order: equal for scopes that are built alike. */
  signature: number;
}

const newScope = (parent: Scope | null, name: string, first: number): Scope => ({
  key: parent ? `${parent.key}/${name}` : '',
  name,
  parent,
  shown: null,
  scopes: new Map(),
  members: [],
  first,
  nodes: 0,
  macs: 0,
  signature: 0x811c9dc5,
});

/** Names of nodes that a step made: `step/rule/anchor`. */
const MADE = /^[^/]+\/[^/]+\//;

/**
 * Scopes of a node's name, without its own last part: `/features/features.7/conv/Conv` is in three. A node that a step
 * made stands in the scopes of its anchor.
 */
const scopesOf = (name: string, made: boolean): readonly string[] =>
  (made ? name.replace(MADE, '') : name).split('/').filter(Boolean).slice(0, -1);

interface Tree {
  readonly root: Scope;
  /** [rows] the innermost scope of each node. */
  readonly scopes: readonly Scope[];
}

function grow(view: GraphView): Tree {
  const root = newScope(null, '', 0);
  const scopes = Array.from(view.nodeIds, (_, row) => {
    let scope = root;
    for (const name of scopesOf(view.nodeNames[row] ?? '', view.made[row] === 1)) {
      let inner = scope.scopes.get(name);
      if (!inner) {
        inner = newScope(scope, name, row);
        scope.scopes.set(name, inner);
        scope.members.push(inner);
      }
      scope = inner;
    }
    scope.members.push(row);
    const macs = knownMacs(view, row);
    for (let each: Scope | null = scope; each; each = each.parent) {
      each.nodes += 1;
      each.macs += macs;
      // FNV-1a over operators.
      each.signature = Math.imul(each.signature ^ (view.nodeOps[row] ?? 0), 0x01000193);
    }
    return scope;
  });
  return { root, scopes };
}

/** A scope whose parts repeat its name (`features` of `features.0`, `features.1`, …) only adds a level. */
const isRedundant = (scope: Scope): boolean =>
  scope.members.every((member) => typeof member !== 'number') &&
  shownOf(scope).every((each) => typeof each !== 'number' && each.name.startsWith(`${scope.name}.`));

/** Members, with what is in redundant scopes in their place. */
function shownOf(scope: Scope): readonly (Scope | number)[] {
  scope.shown ??= scope.members.flatMap((member) =>
    typeof member !== 'number' && isRedundant(member) ? shownOf(member) : [member],
  );
  return scope.shown;
}

const alike = (a: Scope, b: Scope): boolean => {
  const [one, other] = [numbered(a.name), numbered(b.name)];
  return one !== null && one.stem === other?.stem && a.nodes === b.nodes && a.signature === b.signature;
};

/** Makes the parts of a tree's scopes, each when it is asked for. */
function partsMaker(view: GraphView, { scopes }: Tree) {
  const isInside = (row: number, scope: Scope): boolean => {
    for (let each: Scope | null = scopes[row] ?? null; each; each = each.parent) if (each === scope) return true;
    return false;
  };

  const scopePart = (scope: Scope): OutlinePart => {
    let parts: readonly OutlinePart[] | null = null;
    const { key, name, first, nodes, macs } = scope;
    const children = () => (parts ??= partsOf(scope));
    const holds = (row: number): boolean => isInside(row, scope);
    return { key, kind: 'scope', name, hint: '', family: null, first, nodes, macs, group: -1, children, holds };
  };

  const partsOf = (scope: Scope): readonly OutlinePart[] =>
    runsOf(shownOf(scope), (a, b) => typeof a !== 'number' && typeof b !== 'number' && alike(a, b)).map((run) => {
      const parts = run.map((each) => (typeof each === 'number' ? nodePart(view, each, null) : scopePart(each)));
      return parts.length === 1 ? parts[0]! : repeatPart(parts);
    });
  return partsOf;
}

/** The model by the scopes of its nodes' names, in the order of first use: for a view without groups. */
export function outlineOfNames(view: GraphView): Outline {
  const tree = grow(view);
  return { parts: partsMaker(view, tree)(tree.root), totalMacs: tree.root.macs };
}
