import { FAMILIES } from '../../base/families.ts';
import type { GroupKind } from '../../base/group-kinds.ts';
import type { GraphView } from '../../ir/view.ts';
import { labelOf } from '../query/go-to.ts';

/** A part of the model: a group, several alike in a row, or a single node. */
export interface OutlinePart {
  readonly key: string;
  readonly kind: GroupKind | 'node';
  readonly name: string;
  readonly hint: string;
  readonly family: string | null;
  /** Row of its first node. */
  readonly first: number;
  readonly nodes: number;
  /** MACs of its nodes; those that are not known count as 0 here. */
  readonly macs: number;
  /** Index into the groups of the view; -1: it is none of them. Of several alike the first one. */
  readonly group: number;
  /** What it is made of, worked out when it is first unfolded; null: nothing to unfold. */
  readonly children: (() => readonly OutlinePart[]) | null;
  /** True where the node of a row is inside, or is it. */
  holds(row: number): boolean;
}

export interface Outline {
  readonly parts: readonly OutlinePart[];
  readonly totalMacs: number;
}

export const knownMacs = (view: GraphView, row: number): number => {
  const macs = view.macs[row] ?? 0;
  return Number.isNaN(macs) ? 0 : macs;
};

/** A node alone; `inside` are the bodies that it holds. */
export function nodePart(
  view: GraphView,
  row: number,
  inside: Pick<OutlinePart, 'children' | 'holds'> | null,
): OutlinePart {
  return {
    key: `#${view.nodeIds[row] ?? row}`,
    kind: 'node',
    name: labelOf(view, row),
    hint: view.nodeDetails[row] ?? '',
    family: FAMILIES[view.opFamilies[view.nodeOps[row]!] ?? FAMILIES.length - 1] ?? 'unknown',
    first: row,
    nodes: 1,
    macs: knownMacs(view, row),
    group: -1,
    children: inside?.children ?? null,
    holds: (each) => each === row || (inside?.holds(each) ?? false),
  };
}

/** `features.4` → `features.` and 4; null without a number at the end. */
export function numbered(name: string): { readonly stem: string; readonly number: string } | null {
  const match = /^(.*?)(\d+)$/.exec(name);
  return match ? { stem: match[1] ?? '', number: match[2] ?? '' } : null;
}

/** Several parts that are built alike, as one: `features.4–10 × 7`. */
export function repeatPart(run: readonly OutlinePart[]): OutlinePart {
  const [first, last] = [run[0]!, run.at(-1)!];
  const [from, to] = [numbered(first.name), numbered(last.name)];
  return {
    key: `${first.key}–${last.name}`,
    kind: 'repeat',
    name: from && to && from.stem === to.stem ? `${first.name}–${to.number}` : first.name,
    hint: `× ${run.length}`,
    family: null,
    first: first.first,
    nodes: run.reduce((sum, part) => sum + part.nodes, 0),
    macs: run.reduce((sum, part) => sum + part.macs, 0),
    group: first.group,
    children: () => run,
    holds: (row) => run.some((part) => part.holds(row)),
  };
}

/** Puts what follows each other and is alike together. */
export function runsOf<T>(items: readonly T[], alike: (a: T, b: T) => boolean): readonly (readonly T[])[] {
  const runs: T[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run && alike(run.at(-1)!, item)) run.push(item);
    else runs.push([item]);
  }
  return runs;
}
