import { GROUP_KINDS } from '../../base/group-kinds.ts';
import type { GraphView } from '../../ir/view.ts';
import { knownMacs, nodePart, repeatPart, runsOf, type Outline, type OutlinePart } from './parts.ts';

/** A row, or `rows + g` for group g. */
type Member = number;

interface Members {
  /** By group, the top at the end: its own rows and the groups in it, in the order of first use. */
  readonly of: readonly (readonly Member[])[];
  /** Bodies by the row of their holder. */
  readonly bodies: ReadonlyMap<number, readonly number[]>;
  /** [groups] */
  readonly firsts: Int32Array;
  readonly macs: Float64Array;
}

function gather(view: GraphView): Members {
  const { parents, holders, ofRow, keys } = view.groups;
  const [rows, top] = [view.nodeIds.length, keys.length];
  const of: Member[][] = Array.from({ length: top + 1 }, () => []);
  const bodies = new Map<number, number[]>();
  const firsts = new Int32Array(top).fill(rows);
  const macs = new Float64Array(top);
  const shown = new Int32Array(top).fill(rows);
  for (let row = 0; row < rows; row++) {
    let inner: Member = row;
    for (let group = ofRow[row]!; ; group = parents[group]!) {
      of[group < 0 ? top : group]!.push(inner);
      // A group is noted where it is first used; from there on it is in its parent already.
      if (group < 0 || firsts[group]! < rows) break;
      firsts[group] = row;
      inner = rows + group;
      const holder = holders[group]!;
      if (holder < 0) continue;
      bodies.set(holder, [...(bodies.get(holder) ?? []), group]);
      break;
    }
    const own = knownMacs(view, row);
    const shows = view.opTypes[view.nodeOps[row]!] === 'Constant' ? -1 : ofRow[row]!;
    for (let group = shows; group >= 0 && shown[group] === rows; group = parents[group]!) {
      shown[group] = row;
    }
    for (let group = ofRow[row]!; group >= 0; group = parents[group]!) {
      macs[group]! += own;
      // The costs of a holder include those inside: above the body they are counted there.
      if (view.holders[row]! >= 0 && holders[group] === view.holders[row]) break;
    }
  }
  // Exporters write constants wherever they like: a part stands where its first other node does.
  firsts.forEach((first, group) => (firsts[group] = shown[group] === rows ? first : shown[group]!));
  const placeOf = (member: Member): number => (member < rows ? member : firsts[member - rows]!);
  for (const members of of) members.sort((a, b) => placeOf(a) - placeOf(b));
  return { of, bodies, firsts, macs };
}

/** The model by its groups; what a node holds stands under the node. */
export function outlineOfGroups(view: GraphView): Outline {
  const { keys, names, kinds, classes, parents, holders, sizes, ofRow } = view.groups;
  const rows = view.nodeIds.length;
  const members = gather(view);

  const isIn = (row: number, found: (group: number) => boolean): boolean => {
    for (let group = ofRow[row] ?? -1; group >= 0; group = parents[group]!) if (found(group)) return true;
    return false;
  };
  /** Works parts out when they are first asked for. */
  const once = (make: () => readonly OutlinePart[]): (() => readonly OutlinePart[]) => {
    let parts: readonly OutlinePart[] | null = null;
    return () => (parts ??= make());
  };
  const groupPart = (group: number): OutlinePart => ({
    key: keys[group]!,
    kind: GROUP_KINDS[kinds[group]!]!,
    name: names[group]!,
    hint: '',
    family: null,
    first: members.firsts[group]!,
    nodes: sizes[group]!,
    macs: members.macs[group]!,
    group,
    children: once(() => partsOf(members.of[group]!)),
    holds: (row) => isIn(row, (each) => each === group),
  });
  const rowPart = (row: number): OutlinePart => {
    const bodies = members.bodies.get(row);
    if (!bodies) return nodePart(view, row, null);
    const holds = (each: number): boolean => isIn(each, (group) => holders[group] === row);
    return nodePart(view, row, { children: once(() => bodies.map(groupPart)), holds });
  };
  const alike = (a: Member, b: Member): boolean => a >= rows && b >= rows && classes[a - rows] === classes[b - rows];
  const partsOf = (inside: readonly Member[]): readonly OutlinePart[] =>
    runsOf(inside, alike).map((run) => {
      const parts = run.map((member) => (member < rows ? rowPart(member) : groupPart(member - rows)));
      return parts.length === 1 ? parts[0]! : repeatPart(parts);
    });

  const totalMacs = view.macs.reduce((sum, _, row) => sum + (view.holders[row]! < 0 ? knownMacs(view, row) : 0), 0);
  return { parts: partsOf(members.of.at(-1)!), totalMacs };
}
