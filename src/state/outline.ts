import { FAMILIES } from '../base/families.ts';
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
  readonly children: readonly OutlinePart[];
}

export interface Outline {
  readonly parts: readonly OutlinePart[];
  readonly totalMacs: number;
  /** [rows] key of the node's part. */
  readonly keys: readonly string[];
  /** Key of a part → key of the part that it is in. */
  readonly parents: ReadonlyMap<string, string>;
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
  readonly members: (Scope | number)[];
  first: number;
  nodes: number;
  macs: number;
  /** Of the operators in order: equal for scopes that are built alike. */
  signature: number;
}

const newScope = (key: string, name: string, first: number): Scope => ({
  key,
  name,
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

function grow(view: GraphView): Scope {
  const root = newScope('', '', 0);
  view.nodeIds.forEach((_, row) => {
    let scope = root;
    const macs = view.macs[row] ?? 0;
    const chain = [root];
    for (const name of scopesOf(view.nodeNames[row] ?? '', view.made[row] === 1)) {
      let inner = scope.scopes.get(name);
      if (!inner) {
        inner = newScope(`${scope.key}/${name}`, name, row);
        scope.scopes.set(name, inner);
        scope.members.push(inner);
      }
      scope = inner;
      chain.push(scope);
    }
    scope.members.push(row);
    for (const each of chain) {
      each.nodes += 1;
      each.macs += Number.isNaN(macs) ? 0 : macs;
      // FNV-1a over operators.
      each.signature = Math.imul(each.signature ^ (view.nodeOps[row] ?? 0), 0x01000193);
    }
  });
  return root;
}

/** A scope whose children repeat its name (`features` of `features.0`, `features.1`, …) only adds a level. */
function spliced(members: readonly (Scope | number)[]): readonly (Scope | number)[] {
  return members.flatMap((member) => {
    if (typeof member === 'number') return [member];
    const inner = spliced(member.members);
    const redundant = inner.every((each) => typeof each !== 'number' && each.name.startsWith(`${member.name}.`));
    return redundant ? inner : [member];
  });
}

function nodePart(view: GraphView, row: number): OutlinePart {
  const op = view.nodeOps[row] ?? 0;
  const macs = view.macs[row] ?? 0;
  return {
    key: `#${view.nodeIds[row] ?? row}`,
    kind: 'node',
    name: `${view.opTypes[op] ?? '?'} ${view.nodeOrdinals[row] ?? ''}`.trim(),
    hint: view.nodeDetails[row] ?? '',
    family: FAMILIES[view.opFamilies[op] ?? FAMILIES.length - 1] ?? 'unknown',
    first: row,
    nodes: 1,
    macs: Number.isNaN(macs) ? 0 : macs,
    children: [],
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

/** Several scopes in a row that are built alike become one line: `features.4–10 × 7`. */
function repeatPart(run: readonly Scope[], parts: readonly OutlinePart[]): OutlinePart {
  const [first, last] = [run[0], run.at(-1)];
  const name = `${first?.name ?? ''}–${numbered(last?.name ?? '')?.number ?? ''}`;
  return {
    key: `${first?.key ?? ''}–${last?.name ?? ''}`,
    kind: 'repeat',
    name,
    hint: `× ${run.length}`,
    family: null,
    first: first?.first ?? 0,
    nodes: run.reduce((sum, scope) => sum + scope.nodes, 0),
    macs: run.reduce((sum, scope) => sum + scope.macs, 0),
    children: parts,
  };
}

function partsOf(view: GraphView, members: readonly (Scope | number)[]): readonly OutlinePart[] {
  const shown = spliced(members);
  const parts: OutlinePart[] = [];
  for (let i = 0; i < shown.length;) {
    const member = shown[i];
    if (member === undefined) break;
    if (typeof member === 'number') {
      parts.push(nodePart(view, member));
      i += 1;
      continue;
    }
    const run: Scope[] = [member];
    for (let next = shown[i + run.length]; typeof next === 'object' && alike(member, next);) {
      run.push(next);
      next = shown[i + run.length];
    }
    const inner = run.map((scope) => scopePart(view, scope));
    parts.push(...(run.length > 1 ? [repeatPart(run, inner)] : inner));
    i += run.length;
  }
  return parts;
}

function scopePart(view: GraphView, scope: Scope): OutlinePart {
  const { key, name, first, nodes, macs } = scope;
  return {
    key,
    kind: 'scope',
    name,
    hint: '',
    family: null,
    first,
    nodes,
    macs,
    children: partsOf(view, scope.members),
  };
}

/** The model by name scopes, in the order of first use. */
export function buildOutline(view: GraphView): Outline {
  const root = grow(view);
  const parts = partsOf(view, root.members);
  const keys: string[] = Array.from({ length: view.nodeIds.length }, () => '');
  const parents = new Map<string, string>();
  const visit = (part: OutlinePart, parent: string | null): void => {
    if (parent !== null) parents.set(part.key, parent);
    if (part.kind === 'node') keys[part.first] = part.key;
    for (const child of part.children) visit(child, part.key);
  };
  for (const part of parts) visit(part, null);
  return { parts, totalMacs: root.macs, keys, parents };
}

/** The lines that show: a part's children only where it is unfolded. */
export function outlineLines(outline: Outline, unfolded: ReadonlySet<string>): readonly OutlineLine[] {
  const lines: OutlineLine[] = [];
  const visit = (part: OutlinePart, depth: number): void => {
    const open = part.children.length === 0 ? null : unfolded.has(part.key);
    lines.push({ part, depth, unfolded: open });
    if (open) for (const child of part.children) visit(child, depth + 1);
  };
  for (const part of outline.parts) visit(part, 0);
  return lines;
}

/** Key of the line that stands for a node: its own, or that of the folded part that it is in. */
export function lineOf(outline: Outline, unfolded: ReadonlySet<string>, row: number): string | null {
  const key = outline.keys[row];
  if (key === undefined || key === '') return null;
  let shown = key;
  for (let at = outline.parents.get(key); at !== undefined; at = outline.parents.get(at)) {
    if (!unfolded.has(at)) shown = at;
  }
  return shown;
}
