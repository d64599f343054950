import type { Exactness } from '../base/exactness.ts';
import type { Model, Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { isWhole, opKey } from '../ops/registry.ts';
import { Build, otherReaders, sweep } from './build.ts';
import { nodesOfTypes } from './anchors.ts';
import { siteKey } from './hash.ts';
import type { Findings, LooksFor, Pass, PassContext, Refusal, Site } from './pass.ts';
import { sentence } from './rule.ts';

/** What a search found. */
export interface Found {
  /** No colon. */
  readonly rule: string;
  /** Its first result is what the replacement gives. */
  readonly anchor: Node;
  /** Nodes that go; nobody else reads them, else this is a near miss. In an order that the structure gives. */
  readonly nodes: readonly NodeId[];
  /** Nodes among them whose results take the new form; default: the anchor. */
  readonly ends?: readonly NodeId[];
  /** The missing precondition, as a clause; null: all hold. */
  readonly reason: string | null;
  /** One sentence: what will happen here. */
  readonly what: string;
  /** Where it is another class than the pass's. */
  readonly preserves?: Exactness;
  apply(build: Build): void;
}

/** What was found, of nodes rather than ids; the first end is the anchor. */
export function found(parts: Omit<Found, 'anchor' | 'nodes' | 'ends'> & FoundNodes): Found {
  const { nodes, ends, ...rest } = parts;
  return { ...rest, anchor: ends[0], nodes: nodes.map((node) => node.id), ends: ends.map((node) => node.id) };
}

interface FoundNodes {
  readonly nodes: readonly Node[];
  readonly ends: readonly [Node, ...Node[]];
}

/** Looks around a seed; null: nothing of the kind is here. Its cost must not grow with the graph. */
export type Search = (context: PassContext, seed: Node) => Found | null;

export type SearchPassParts = Omit<Pass, 'find' | 'apply' | 'looksFor'> & {
  /** Operators that a search starts from, with their domain unless it is ai.onnx. */
  readonly seeds: readonly string[];
  readonly search: Search;
  readonly looksFor: LooksFor;
};

/**
 * A pass for what no pattern can spell: many ways to write one formula, chains of any length. The search starts at a
 * seed, an operator that the formula always holds, and stands among the nodes that go.
 */
export function searchPass({ seeds, search, ...parts }: SearchPassParts): Pass {
  const known = new Set(seeds);
  const types = new Set(seeds.map((seed) => seed.slice(seed.lastIndexOf('.') + 1)));
  const isSeed = (node: Node): boolean => known.has(opKey(node)) && isWhole(node);
  return {
    ...parts,
    find: (context) => findSites(context, search, nodesOfTypes(context, types).filter(isSeed)),
    apply: (context, site) => applySite(context, search, isSeed, site),
  };
}

/** A find without what cannot be looked at: a node that lacks an input. */
function look(context: PassContext, search: Search, seed: Node): Found | null {
  const found = search(context, seed);
  if (!found?.nodes.every((id) => isWhole(context.model.getNode(id)))) return null;
  return {
    ...found,
    reason: found.reason ?? otherReaders(context.model, found.nodes, ...(found.ends ?? [found.anchor.id])),
  };
}

/** Sites of one round share no node: where two would, the first seed in the graph's order wins. */
function findSites(context: PassContext, search: Search, starts: readonly Node[]): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  const taken = new Set<NodeId>();
  for (const seed of starts) {
    if (taken.has(seed.id)) continue;
    const found = look(context, search, seed);
    if (!found) continue;
    const { rule, anchor, nodes, reason, what, preserves } = found;
    if (reason !== null) refusals.push({ rule, nodes, reason: sentence(reason) });
    else if (!nodes.some((id) => taken.has(id))) {
      for (const id of nodes) taken.add(id);
      const key = siteKey(context.model, rule, anchor, nodes);
      sites.push({ key, rule, anchor: anchor.id, nodes, what, ...(preserves ? { preserves } : {}) });
    }
  }
  return { sites, refusals };
}

/** Removes what nobody uses any more, whatever the order of the nodes: a reader goes before what it reads. */
function sweepAll(model: Model, nodes: readonly NodeId[]): void {
  for (let left = nodes.length, before = Infinity; left < before;) {
    before = left;
    sweep(model, nodes);
    left = nodes.filter((id) => model.nodes.has(id)).length;
  }
}

/** Searches again, for an earlier site may have changed what is here; more nodes may go than before, not fewer. */
function applySite(context: PassContext, search: Search, isSeed: (node: Node) => boolean, site: Site): boolean {
  const { model } = context;
  const nodes = site.nodes.map((id) => model.nodes.get(id));
  if (nodes.includes(undefined)) return false;
  for (const seed of nodes) {
    if (!seed || !isSeed(seed)) continue;
    const found = look(context, search, seed);
    if (found?.reason !== null || found.anchor.id !== site.anchor) continue;
    if (found.rule !== site.rule || !site.nodes.every((id) => found.nodes.includes(id))) continue;
    found.apply(new Build(context, found.rule, found.anchor));
    sweepAll(model, found.nodes);
    return true;
  }
  return false;
}
