import type { Model, Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { isWhole } from '../ops/registry.ts';
import { Build, sweep } from './build.ts';
import { bodyNodes, label, outputsOf } from './graphs.ts';
import { siteKey } from './hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from './pass.ts';
import { sentence } from './rule.ts';

/** A place that code has recognised, where a pattern could not say what to look for. */
export interface Recognised {
  readonly rule: string;
  /** Matched nodes, in an order that the structure gives; the first one is that at which the search began. */
  readonly nodes: readonly Node[];
  /** The nodes among them whose results take the new form; the results of all others are inner values. */
  readonly ends: readonly [Node, ...Node[]];
  /** The missing precondition, as a clause; null: all hold. */
  readonly reason: string | null;
  /** One sentence: what will happen here. */
  readonly what: string;
  /** Edits; matched nodes whose results nobody needs afterwards are removed by the driver. */
  readonly apply: (build: Build) => void;
}

/** What stands at a node; null: nothing that is worth a word. */
export type Recognise = (context: PassContext, node: Node) => Recognised | null;

/** What a pass is besides what it recognises. */
export type RecognisePassParts = Omit<Pass, 'find' | 'apply'> & { readonly recognise: Recognise };

/** A pass that looks at each node with a function, as `rulePass` does with patterns. */
export function recognisePass({ recognise, ...parts }: RecognisePassParts): Pass {
  const judged: Recognise = (context, node) => {
    const found = isWhole(node) ? recognise(context, node) : null;
    if (!found?.nodes.every(isWhole)) return null;
    return { ...found, reason: innerReader(context.model, found) ?? found.reason };
  };
  return {
    ...parts,
    find: (context) => findSites(context, judged),
    apply: (context, site) => applySite(context, judged, site),
  };
}

/** Sites of one round share no node: where two would, the first one in the graph's order is offered. */
function findSites(context: PassContext, recognise: Recognise): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  const taken = new Set<NodeId>();
  for (const node of bodyNodes(context.model)) {
    const found = recognise(context, node);
    if (!found) continue;
    const nodes = found.nodes.map((each) => each.id);
    if (found.reason !== null) refusals.push({ rule: found.rule, nodes, reason: sentence(found.reason) });
    else if (!nodes.some((id) => taken.has(id))) {
      for (const id of nodes) taken.add(id);
      const [anchor] = found.ends;
      const key = siteKey(context.model, found.rule, anchor, nodes);
      sites.push({ key, rule: found.rule, anchor: anchor.id, nodes, what: found.what });
    }
  }
  return { sites, refusals };
}

/** Looks again, for an earlier site may have changed what is here. */
function applySite(context: PassContext, recognise: Recognise, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const [first] = site.nodes;
  const found = first === undefined ? null : recognise(context, model.getNode(first));
  if (!found || found.reason !== null || found.nodes.map((each) => each.id).join() !== site.nodes.join()) return false;
  found.apply(new Build(context, found.rule, found.ends[0]));
  sweepAll(model, site.nodes);
  return true;
}

/** Removes those of the nodes whose results nobody uses any more, in whatever order they are given. */
function sweepAll(model: Model, nodes: readonly NodeId[]): void {
  for (let left = nodes.length + 1, now = nodes.length; now < left;) {
    sweep(model, nodes);
    left = now;
    now = nodes.filter((id) => model.nodes.has(id)).length;
  }
}

/** Why an inner value is needed elsewhere; null: only the nodes themselves read it. */
function innerReader(model: Model, { nodes, ends }: Recognised): string | null {
  const inside = new Set(nodes.map((node) => node.id));
  for (const node of nodes) {
    const inner = ends.includes(node) ? outputsOf(node).slice(1) : outputsOf(node);
    for (const output of inner) {
      if (model.isGraphOutput(output)) return `the result of ${label(model, node)} is a graph output`;
      const reader = model.getValue(output).uses.find((use) => !inside.has(use.node));
      if (reader)
        return `the result of ${label(model, node)} is read by ${label(model, model.getNode(reader.node))} too`;
    }
  }
  return null;
}
