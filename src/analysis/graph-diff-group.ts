import type { Node } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { FREE, GROUPED, Matching, type Couple } from './graph-diff-match.ts';
import { producerOf, type Side } from './graph-diff-side.ts';

/** Nodes of A that together became nodes of B, by index. */
export interface Group {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** How two graphs lie on each other. What is free was removed or added. */
export interface Matched {
  readonly matching: Matching;
  readonly groups: readonly Group[];
}

/** Stops of one recipe share ids, and what a step made knows its ancestors. */
export function matchLineage({ a, b }: Couple): Matched {
  const matching = new Matching(a.nodes.length, b.nodes.length);
  a.nodes.forEach((node, i) => {
    const partner = b.indexOf.get(node.id);
    if (partner !== undefined) matching.add(i, partner);
  });
  const groups = heirGroups(a, b, matching);
  for (const { a: left, b: right } of groups) {
    if (left.length === 1 && right.length === 1) matching.add(left[0]!, right[0]!);
    else matching.group(left, right);
  }
  return { matching, groups: groups.filter((group) => group.a.length > 1 || group.b.length > 1) };
}

const ancestorsOf = (node: Node): readonly NodeId[] => (node.ancestors.length > 0 ? node.ancestors : [node.id]);

/** Free nodes that share ancestors. What many heirs read along, each with ancestors of its own, joins nothing. */
function heirGroups(a: Side, b: Side, matching: Matching): Group[] {
  const left = byAncestor(a, matching.toB);
  const right = byAncestor(b, matching.toA);
  const shared = (id: NodeId): boolean => left.has(id) && right.has(id);
  const alone = (id: NodeId): boolean => left.get(id)?.length === 1 && right.get(id)?.length === 1;
  const sets = new Sets();
  for (const [id, heirs] of right) {
    if (!shared(id)) continue;
    const own =
      heirs.length > 1 && heirs.every((j) => ancestorsOf(b.nodes[j]!).some((each) => each !== id && alone(each)));
    if (own) continue;
    for (const i of left.get(id) ?? []) for (const j of heirs) sets.join(`a${i}`, `b${j}`);
  }
  return sets.list().map((members) => ({ a: indices(members, 'a'), b: indices(members, 'b') }));
}

function byAncestor(side: Side, taken: Int32Array): Map<NodeId, number[]> {
  const heirs = new Map<NodeId, number[]>();
  side.nodes.forEach((node, i) => {
    if (taken[i] !== FREE) return;
    for (const id of ancestorsOf(node)) {
      const list = heirs.get(id);
      if (list) list.push(i);
      else heirs.set(id, [i]);
    }
  });
  return heirs;
}

const indices = (members: readonly string[], side: 'a' | 'b'): number[] =>
  members
    .filter((each) => each.startsWith(side))
    .map((each) => Number(each.slice(1)))
    .sort((x, y) => x - y);

/** Disjoint sets of keys. */
class Sets {
  private readonly parent = new Map<string, string>();

  join(a: string, b: string): void {
    this.parent.set(this.root(a), this.root(b));
  }

  list(): string[][] {
    const sets = new Map<string, string[]>();
    for (const key of this.parent.keys()) {
      const root = this.root(key);
      const members = sets.get(root) ?? [];
      members.push(key);
      sets.set(root, members);
    }
    return [...sets.values()];
  }

  private root(key: string): string {
    let at = key;
    for (let next = this.parent.get(at); next !== undefined && next !== at; next = this.parent.get(at)) at = next;
    this.parent.set(key, at);
    if (!this.parent.has(at)) this.parent.set(at, at);
    return at;
  }
}

/**
 * Fusions between models that share no ids: a matched node that was rewritten takes in the free nodes below it, up to
 * the one whose result it gives now.
 */
export function fuseBelow(couple: Couple, matching: Matching): Group[] {
  const { a, b } = couple;
  const groups: Group[] = [];
  a.nodes.forEach((_, i) => {
    const j = matching.toB[i]!;
    if (j < 0 || !rewritten(a, i, b, j)) return;
    const run = runBelow(couple, matching, i, j);
    if (run.length === 0) return;
    groups.push({ a: [i, ...run], b: [j] });
    matching.group([i, ...run], [j]);
  });
  return groups;
}

/**
 * Fusions by name: a free node of B takes the place of the free nodes that lead to a value of the name that it gives,
 * where it reads what they read.
 */
export function fuseAbove(couple: Couple, matching: Matching): Group[] {
  const { a, b } = couple;
  const groups: Group[] = [];
  if (!valueNamesAgree(couple, matching)) return groups;
  const outputs = outputsByName(b);
  /** The node of B that a group of A went into. */
  const heirs = new Map<number, number>();
  a.nodes.forEach((node, i) => {
    if (matching.toB[i] !== FREE) return;
    const id = firstOutput(node);
    const j = id === null ? undefined : outputs.get(a.model.getValue(id).name);
    if (j === undefined || matching.toA[j] !== FREE) return;
    const run = runAbove(a, i, matching);
    if (!readsAlike(couple, matching, heirs, run, j)) return;
    for (const each of run) heirs.set(each, j);
    if (run.length === 1) {
      matching.add(i, j);
      return;
    }
    groups.push({ a: run, b: [j] });
    matching.group(run, [j]);
  });
  return groups;
}

/** Whether partners give values of the same names, so that a name says something of the others too. */
function valueNamesAgree({ a, b }: Couple, matching: Matching): boolean {
  let [agree, differ] = [0, 0];
  matching.toB.forEach((j, i) => {
    const [left, right] = j < 0 ? [null, null] : [firstOutput(a.nodes[i]!), firstOutput(b.nodes[j]!)];
    if (left === null || right === null) return;
    if (a.model.getValue(left).name === b.model.getValue(right).name) agree++;
    else differ++;
  });
  return agree >= differ;
}

const rewritten = (a: Side, i: number, b: Side, j: number): boolean =>
  a.attributes[i] !== b.attributes[j] ||
  a.weights[i] !== b.weights[j] ||
  (a.samples[i]! >= 0 && b.samples[j]! >= 0 && a.samples[i] !== b.samples[j]);

const firstOutput = (node: Node): ValueId | null => node.outputs.find((each) => each !== null) ?? null;

/** The only reader of a node's results; null where there are none or several, or the result leaves the graph. */
function onlyReader(side: Side, index: number): number | null {
  const { outputs } = side.nodes[index]!;
  if (outputs.some((id) => id !== null && side.graph.outputs.includes(id))) return null;
  const readers = new Set(side.readers[index]!.map(({ reader }) => reader));
  const [only] = readers;
  return readers.size === 1 && only !== undefined ? only : null;
}

/** Free nodes below `i`, one after the other, up to the one whose result stands where `j`'s stands in B. */
function runBelow(couple: Couple, matching: Matching, i: number, j: number): number[] {
  const { a } = couple;
  const run: number[] = [];
  let found = 0;
  const free = (at: number | null): at is number => at !== null && matching.toB[at] === FREE;
  for (let at = onlyReader(a, i); free(at); at = onlyReader(a, at)) {
    run.push(at);
    if (standsFor(couple, matching, at, j)) found = run.length;
  }
  return run.slice(0, found);
}

/** Whether the result of `i` in A is read, or named, as that of `j` in B. */
function standsFor({ a, b, ports }: Couple, matching: Matching, i: number, j: number): boolean {
  const [left, right] = [firstOutput(a.nodes[i]!), firstOutput(b.nodes[j]!)];
  if (left === null || right === null) return false;
  const port = ports.a.get(left);
  if (port !== undefined) return port === ports.b.get(right);
  const below = new Set(b.readers[j]!.map(({ reader }) => reader));
  const readers = a.readers[i]!.map(({ reader }) => matching.toB[reader]!);
  return readers.length > 0 && readers.every((reader) => below.has(reader));
}

function outputsByName(side: Side): Map<string, number> {
  const found = new Map<string, number>();
  side.nodes.forEach((node, i) => {
    const id = firstOutput(node);
    if (id !== null) found.set(side.model.getValue(id).name, i);
  });
  return found;
}

/** Free nodes that lead to `i` and to nothing else, with `i` last. */
function runAbove(a: Side, i: number, matching: Matching): number[] {
  const run = [i];
  for (const at of run) {
    for (const id of a.nodes[at]!.inputs) {
      const above = producerOf(a, id);
      if (above === null || run.includes(above) || matching.toB[above] !== FREE) continue;
      if (onlyReader(a, above) === at) run.push(above);
    }
  }
  return run.sort((x, y) => x - y);
}

/** Whether node `j` reads something that the run reads too: a name alone is no proof. */
function readsAlike(
  { a, b, ports }: Couple,
  matching: Matching,
  heirs: ReadonlyMap<number, number>,
  run: readonly number[],
  j: number,
): boolean {
  const sources = new Set<string>();
  for (const i of run) {
    for (const id of a.nodes[i]!.inputs) {
      const above = producerOf(a, id);
      const source = above === null ? ports.a.get(id ?? NO_VALUE) : (heirs.get(above) ?? matching.toB[above]!);
      if (source !== undefined && source !== FREE && source !== GROUPED) sources.add(String(source));
    }
  }
  return b.nodes[j]!.inputs.some((id) => sources.has(String(producerOf(b, id) ?? ports.b.get(id ?? NO_VALUE))));
}

const NO_VALUE = -1 as ValueId;

/** The same, seen from B. */
export const mirrored = ({ a, b, ports }: Couple): Couple => ({ a: b, b: a, ports: { a: ports.b, b: ports.a } });

export function mirroredMatching(matching: Matching): Matching {
  const other = new Matching(matching.toA.length, matching.toB.length);
  other.toB.set(matching.toA);
  other.toA.set(matching.toB);
  other.veto = (j, i) => matching.veto(i, j);
  return other;
}
