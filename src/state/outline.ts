import { FAMILIES } from '../base/families.ts';
import { plainOperator } from '../base/format.ts';
import type { GraphView } from '../ir/view.ts';

/** A part of the model: a name scope, several alike in a row, or a single node. */
interface OutlinePart {
  readonly key: string;
  readonly kind: 'scope' | 'repeat' | 'node';
  readonly name: string;
  readonly hint: string;
  readonly family: string | null;
  /** Row of its first node. */
  readonly first: number;
  readonly nodes: number;
  /** MACs of its nodes; those that are not known count as 0 here and are told of by `unknown`. */
  readonly macs: number;
  /** What it is made of, worked out when it is first unfolded; null: a node. */
  readonly children: (() => readonly OutlinePart[]) | null;
  /** True where the node of a row is inside, or is it. */
  holds(row: number): boolean;
}

export interface Outline {
  readonly parts: readonly OutlinePart[];
  readonly totalMacs: number;
}

/** One line of the outline as it is shown. */
export interface OutlineLine {
  readonly part: OutlinePart;
  readonly depth: number;
  /** Null: nothing to unfold. */
  readonly unfolded: boolean | null;
}

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
    // What is inside of a node is counted with the node.
    if (view.holders[row] !== -1) return scope;
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
    const macs = view.macs[row] ?? 0;
    for (let each: Scope | null = scope; each; each = each.parent) {
      each.nodes += 1;
      each.macs += Number.isNaN(macs) ? 0 : macs;
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

function nodePart(view: GraphView, row: number): OutlinePart {
  const op = view.nodeOps[row] ?? 0;
  const macs = view.macs[row] ?? 0;
  return {
    key: `#${view.nodeIds[row] ?? row}`,
    kind: 'node',
    name: `${plainOperator(view.opTypes[op] ?? '?')} ${view.nodeOrdinals[row] ?? ''}`.trim(),
    hint: view.nodeDetails[row] ?? '',
    family: FAMILIES[view.opFamilies[op] ?? FAMILIES.length - 1] ?? 'unknown',
    first: row,
    nodes: 1,
    macs: Number.isNaN(macs) ? 0 : macs,
    children: null,
    holds: (each) => each === row,
  };
}

/** `features.4` → `features.` and 4; null without a number at the end. */
function numbered(name: string): { readonly stem: string; readonly number: string } | null {
  const match = /^(.*?)(\d+)$/.exec(name);
  return match ? { stem: match[1] ?? '', number: match[2] ?? '' } : null;
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
    return { key, kind: 'scope', name, hint: '', family: null, first, nodes, macs, children, holds };
  };

  /** Several scopes in a row that are built alike become one line: `features.4–10 × 7`. */
  const repeatPart = (run: readonly Scope[], inner: readonly OutlinePart[]): OutlinePart => {
    const [first, last] = [run[0], run.at(-1)];
    return {
      key: `${first?.key ?? ''}–${last?.name ?? ''}`,
      kind: 'repeat',
      name: `${first?.name ?? ''}–${numbered(last?.name ?? '')?.number ?? ''}`,
      hint: `× ${run.length}`,
      family: null,
      first: first?.first ?? 0,
      nodes: run.reduce((sum, scope) => sum + scope.nodes, 0),
      macs: run.reduce((sum, scope) => sum + scope.macs, 0),
      children: () => inner,
      holds: (row) => run.some((scope) => isInside(row, scope)),
    };
  };

  const partsOf = (scope: Scope): readonly OutlinePart[] =>
    runsOf(shownOf(scope)).map((run) => {
      if (typeof run === 'number') return nodePart(view, run);
      const inner = run.map(scopePart);
      return inner.length === 1 && inner[0] ? inner[0] : repeatPart(run, inner);
    });
  return partsOf;
}

/** Nodes one by one; scopes that follow each other and are alike together. */
function runsOf(members: readonly (Scope | number)[]): readonly (readonly Scope[] | number)[] {
  const runs: (Scope[] | number)[] = [];
  for (const member of members) {
    const run = runs.at(-1);
    const last = typeof run === 'object' ? run.at(-1) : undefined;
    if (typeof member === 'number') runs.push(member);
    else if (last && typeof run === 'object' && alike(last, member)) run.push(member);
    else runs.push([member]);
  }
  return runs;
}

/** The model by name scopes, in the order of first use. */
export function buildOutline(view: GraphView): Outline {
  const tree = grow(view);
  return { parts: partsMaker(view, tree)(tree.root), totalMacs: tree.root.macs };
}

/** The lines that show: a part's children only where it is unfolded. */
export function outlineLines(outline: Outline, unfolded: ReadonlySet<string>): readonly OutlineLine[] {
  const lines: OutlineLine[] = [];
  const visit = (part: OutlinePart, depth: number): void => {
    const open = part.children ? unfolded.has(part.key) : null;
    lines.push({ part, depth, unfolded: open });
    if (open && part.children) for (const child of part.children()) visit(child, depth + 1);
  };
  for (const part of outline.parts) visit(part, 0);
  return lines;
}

/** Key of the line that stands for a node: its own, or that of the folded part that it is in. */
export function lineOf(outline: Outline, unfolded: ReadonlySet<string>, row: number): string | null {
  let part = outline.parts.find((each) => each.holds(row));
  while (part?.children && unfolded.has(part.key)) part = part.children().find((each) => each.holds(row));
  return part?.key ?? null;
}
