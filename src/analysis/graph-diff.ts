import type { ChangeKind } from '../base/changes.ts';
import type { Job } from '../base/job.ts';
import { innerNodes, type FunctionDef, type Graph, type Model, type Node } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { opKey } from '../ops/registry.ts';
import type { Analysis } from './analyze.ts';
import { pairedSubgraphs, PairComparison } from './graph-diff-compare.ts';
import {
  fuseAbove,
  fuseBelow,
  matchLineage,
  mirrored,
  mirroredMatching,
  type Group,
  type Matched,
} from './graph-diff-group.ts';
import { FREE, matchGraphs, matchRest, type Couple } from './graph-diff-match.ts';
import { modelChanges, pairPorts, portChanges } from './graph-diff-model.ts';
import { Interner, makeSide, type Side } from './graph-diff-side.ts';
import type { Facet, GraphDiff, NodeChange } from './graph-diff-types.ts';
import { WeightReader } from './graph-diff-weights.ts';

export interface DiffOptions {
  /** Both models are stops of one recipe: ids and ancestors say who is who. */
  readonly lineage: boolean;
  /** Bytes of weights that may be read to compare them. */
  readonly weightBudget: number;
  readonly job: Job;
}

/**
 * What differs between two models, node by node: by provenance between stops of one recipe, else by structure, weights
 * and names. Swapping the models swaps the roles in the result and changes nothing else. Throws `cancelled`.
 */
export async function diffModels(a: Analysis, b: Analysis, options: DiffOptions): Promise<GraphDiff> {
  const run = new DiffRun(a, b, options);
  await run.functions();
  await run.graphs({ a: a.model.graph, b: b.model.graph });
  return run.result();
}

interface GraphPair {
  readonly a: Graph;
  readonly b: Graph;
}

class DiffRun {
  private readonly a: Analysis;
  private readonly b: Analysis;
  private readonly options: DiffOptions;
  private readonly reader: WeightReader;
  private readonly interner = new Interner();
  private readonly changes: NodeChange[] = [];
  private readonly pairs: number[] = [];
  /** Functions whose bodies differ, by what their calls are. */
  private readonly changedFunctions = new Set<string>();
  private same = 0;
  private seen = 0;

  constructor(a: Analysis, b: Analysis, options: DiffOptions) {
    this.a = a;
    this.b = b;
    this.options = options;
    this.reader = new WeightReader(options.weightBudget, options.job);
  }

  /** Compares two graphs with all that is inside; true when something differs. */
  async graphs(pair: GraphPair): Promise<boolean> {
    const { job } = this.options;
    job.progress({ stage: 'Matching nodes' });
    await job.checkpoint();
    const couple = this.couple(pair);
    const matched = this.options.lineage ? matchLineage(couple) : matchOriented(couple, this.interner);
    await job.checkpoint();
    const before = this.changes.length;
    this.addUnmatched(couple, matched);
    await this.addPairs(couple, matched);
    return this.changes.slice(before).some(({ kind }) => kind !== 'renamed' && kind !== 'unread');
  }

  /** Bodies of functions of the same name. Those that only one model has are said with the model's facts. */
  async functions(): Promise<void> {
    const key = ({ domain, name, overload }: FunctionDef): string => callKey({ domain, opType: name, overload });
    const others = new Map(this.b.model.functions.map((each) => [key(each), each]));
    for (const each of this.a.model.functions) {
      const other = others.get(key(each));
      if (!other) continue;
      const pair = { a: this.a.model.getGraph(each.graph), b: this.b.model.getGraph(other.graph) };
      if (await this.graphs(pair)) this.changedFunctions.add(key(each));
    }
  }

  result(): GraphDiff {
    const order = placesOf(this.a, this.b, this.pairs);
    const changes = this.changes
      .map((change) => ({ change, place: order(change) }))
      .sort((x, y) => x.place - y.place)
      .map(({ change }) => change);
    return {
      changes,
      same: this.same,
      pairs: Int32Array.from(this.pairs),
      ports: portChanges(this.end('a'), this.end('b')),
      model: modelChanges(this.a.model, this.b.model),
      unreadBytes: this.reader.unreadBytes,
    };
  }

  private end(which: 'a' | 'b') {
    const analysis = this[which];
    return { analysis, graph: analysis.model.graph };
  }

  private couple(pair: GraphPair): Couple {
    const ends = {
      a: { analysis: this.a, graph: pair.a },
      b: { analysis: this.b, graph: pair.b },
    };
    const ports = { a: new Map<ValueId, string>(), b: new Map<ValueId, string>() };
    for (const which of ['inputs', 'outputs'] as const) {
      pairPorts(ends.a, ends.b, which).forEach(({ a, b }, index) => {
        if (a === null || b === null) return;
        if (!ports.a.has(a)) ports.a.set(a, `${which} ${index}`);
        if (!ports.b.has(b)) ports.b.set(b, `${which} ${index}`);
      });
    }
    const side = (which: 'a' | 'b'): Side => makeSide(this[which].model, this[which], pair[which], this.interner);
    return { a: side('a'), b: side('b'), ports };
  }

  private addUnmatched({ a, b }: Couple, { matching, groups }: Matched): void {
    const ids = (side: Side, list: readonly number[]): NodeId[] => list.map((index) => side.nodes[index]!.id);
    for (const group of groups) {
      const kind = group.a.length >= group.b.length ? 'fused' : 'split';
      this.changes.push({ kind, before: ids(a, group.a), after: ids(b, group.b), what: [] });
    }
    matching.toB.forEach((j, i) => {
      if (j === FREE) this.addWhole('removed', a, i);
    });
    matching.toA.forEach((i, j) => {
      if (i === FREE) this.addWhole('added', b, j);
    });
  }

  /** A node that has come or gone, with what is inside of it. */
  private addWhole(kind: 'removed' | 'added', side: Side, index: number): void {
    const node = side.nodes[index]!;
    for (const { id } of [...innerNodes(side.model, node), node]) {
      const [before, after] = kind === 'removed' ? [[id], []] : [[], [id]];
      this.changes.push({ kind, before, after, what: [] });
    }
  }

  private async addPairs(couple: Couple, matched: Matched): Promise<void> {
    const comparison = new PairComparison(couple, matched, this.reader);
    const total = this.a.model.nodes.size;
    for (const [i, j] of matched.matching.toB.entries()) {
      if (++this.seen % 1024 === 0) {
        this.options.job.progress({ stage: 'Comparing nodes', done: this.seen, total });
        await this.options.job.checkpoint();
      }
      if (j >= 0) await this.addPair(couple, comparison, i, j);
    }
  }

  private async addPair(couple: Couple, comparison: PairComparison, i: number, j: number): Promise<void> {
    const [left, right] = [couple.a.nodes[i]!, couple.b.nodes[j]!];
    const what = await comparison.facets(i, j);
    for (const { a, b } of pairedSubgraphs(left, right)) {
      const inner = { a: this.a.model.getGraph(a), b: this.b.model.getGraph(b) };
      if (await this.graphs(inner)) what.push({ kind: 'body' });
    }
    if (this.changedFunctions.has(callKey(right))) what.push({ kind: 'body' });
    this.pairs.push(left.id, right.id);
    const kind = kindOf(what);
    if (kind === null) this.same++;
    else this.changes.push({ kind, before: [left.id], after: [right.id], what });
  }
}

const callKey = (node: Pick<Node, 'opType' | 'domain' | 'overload'>): string => `${opKey(node)} ${node.overload}`;

/** Null: nothing differs. */
function kindOf(what: readonly Facet[]): ChangeKind | null {
  if (what.length === 0) return null;
  if (what.some(({ kind }) => kind !== 'name' && kind !== 'unread')) return 'changed';
  return what.some(({ kind }) => kind === 'unread') ? 'unread' : 'renamed';
}

/** Always from the same one of the two, whichever is A: so that a swap changes nothing. */
function matchOriented(couple: Couple, interner: Interner): Matched {
  if (!isLater(couple)) return matchBothWays(couple, interner);
  const other = matchBothWays(mirrored(couple), interner);
  const groups = other.groups.map((group): Group => ({ a: group.b, b: group.a }));
  return { matching: mirroredMatching(other.matching), groups };
}

/** Fusions from A to B and from B to A, which are splits: those that names show before what is only likely. */
function matchBothWays(couple: Couple, interner: Interner): Matched {
  let matching = matchGraphs(couple, interner);
  const groups: Group[] = [];
  const fuse = (find: typeof fuseAbove): void => {
    groups.push(...find(couple, matching));
    const backward = mirroredMatching(matching);
    const splits = find(mirrored(couple), backward);
    groups.push(...splits.map((group): Group => ({ a: group.b, b: group.a })));
    matching = mirroredMatching(backward);
  };
  fuse(fuseAbove);
  matchRest(couple, matching);
  fuse(fuseBelow);
  return { matching, groups };
}

function isLater({ a, b }: Couple): boolean {
  if (a.nodes.length !== b.nodes.length) return a.nodes.length > b.nodes.length;
  const text = (side: Side): string => `${side.attributes.join()} ${side.samples.join()} ${side.names.join()}`;
  return text(a) > text(b);
}

/** Running order of B; what is only in A stands after the node before it that has a partner. */
function placesOf(a: Analysis, b: Analysis, pairs: readonly number[]): (change: NodeChange) => number {
  const after = runningOrder(b);
  const partners = new Map<number, number>();
  for (let at = 0; at < pairs.length; at += 2) partners.set(pairs[at]!, pairs[at + 1]!);
  const before = new Map<number, number>();
  let last = -1;
  let step = 0;
  for (const id of runningOrder(a).keys()) {
    const place = after.get(partners.get(id) ?? -1);
    if (place === undefined) step++;
    else [last, step] = [place, 0];
    before.set(id, last + 1 - 1 / (1 + step));
  }
  return ({ before: [first], after: [next] }) =>
    next !== undefined ? (after.get(next) ?? 0) : (before.get(first ?? -1) ?? 0);
}

function runningOrder({ model, order }: Analysis): Map<number, number> {
  const places = new Map<number, number>();
  for (const node of order) for (const { id } of [...innerNodes(model, node), node]) places.set(id, places.size);
  for (const id of functionNodes(model)) places.set(id, places.size);
  return places;
}

function* functionNodes(model: Model): Generator<NodeId> {
  for (const { graph } of model.functions) yield* model.getGraph(graph).nodes;
}
