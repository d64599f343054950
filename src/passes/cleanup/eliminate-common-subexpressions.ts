import { attributeKey } from '../../ir/attribute-key.ts';
import type { Attribute, Graph, Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { isDeterministic, isWhole, opKey } from '../../ops/registry.ts';
import { bypassRefusal, removeWithConstants, reroute } from '../../rewrite/build.ts';
import { annotatedNames, bodyGraphs, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';

const RULE = 'repeated-node';
/** Larger tensors among attributes are not compared: equal constants are merged by a pass of their own. */
const COMPARED = 64;

/** Null: not compared. */
function keyOfAttribute(attribute: Attribute): string | null {
  if (attribute.type === 'tensor') {
    const { value } = attribute;
    if (value.dtype === 'string' || value.byteLength > COMPARED) return null;
    return `${attributeKey(attribute)} ${value.bytes().join()}`;
  }
  return ['tensors', 'sparse-tensor', 'sparse-tensors', 'graph', 'graphs'].includes(attribute.type)
    ? null
    : attributeKey(attribute);
}

/** By value, the equal one that stands for it once what was found so far is merged: chains are found as a whole. */
type Standing = ReadonlyMap<ValueId, ValueId>;
const NONE: Standing = new Map();

/**
 * What a node computes, as text: nodes of one graph with equal texts compute the same, if they promise to. Null: not
 * compared, for it reads nothing, or holds graphs or large tensors.
 */
function keyOf(node: Node, standing: Standing = NONE): string | null {
  if (node.inputs.length === 0) return null;
  const attributes: string[] = [];
  for (const [name, attribute] of node.attributes) {
    const key = keyOfAttribute(attribute);
    if (key === null) return null;
    attributes.push(`${name}=${key}`);
  }
  const inputs =
    standing.size === 0
      ? node.inputs
      : node.inputs.map((input) => (input === null ? null : (standing.get(input) ?? input)));
  return `${opKey(node)}(${inputs.join()}){${attributes.sort().join(';')}}`;
}

/** Outputs that are used, with those that take their place. */
const pairsOf = (model: Model, gone: Node, kept: Node): readonly (readonly [ValueId, ValueId | null])[] =>
  gone.outputs.flatMap((output, index) =>
    output !== null && model.isUsed(output) ? [[output, kept.outputs[index] ?? null] as const] : [],
  );

/** Why an output is not given by the other node in future; null: it is. */
function pairRefusal(
  model: Model,
  kept: Node,
  [output, other]: readonly [ValueId, ValueId | null],
  annotated: ReadonlySet<string>,
): string | null {
  if (other === null) return `${label(model, kept)} leaves out an output that is read here`;
  if (annotated.has(model.getValue(output).name)) return 'a quantization annotation names its output';
  return bypassRefusal(model, output, other);
}

/**
 * Outputs that the other node gives in future: all of them, or those that can be where others keep the node (two graph
 * outputs), for what reads them may then be found to repeat something too. Or why there are none, as a clause.
 */
function moved(model: Model, gone: Node, kept: Node, annotated: ReadonlySet<string>): Moved {
  if (!isDeterministic(gone)) return { reason: `equal inputs do not mean equal results of ${opKey(gone)}` };
  const reasons: string[] = [];
  const pairs = pairsOf(model, gone, kept).flatMap((pair) => {
    const reason = pairRefusal(model, kept, pair, annotated);
    if (reason !== null) reasons.push(reason);
    const [output, other] = pair;
    return reason === null && other !== null ? [[output, other] as const] : [];
  });
  const [reason] = reasons;
  if (reason === undefined) return { pairs, whole: true };
  // A node that stays keeps the names that it gives.
  const read = pairs.filter(([output]) => !model.isGraphOutput(output));
  return read.length === 0 ? { reason } : { pairs: read, whole: false };
}

type Moved =
  | { readonly reason: string }
  | { readonly pairs: readonly (readonly [ValueId, ValueId])[]; readonly whole: boolean };

function findIn(model: Model, graph: Graph, sites: Site[], refusals: Refusal[]): void {
  const annotated = annotatedNames(graph);
  const first = new Map<string, Node>();
  const standing = new Map<ValueId, ValueId>();
  for (const id of graph.nodes) {
    const node = model.getNode(id);
    const key = isWhole(node) ? keyOf(node, standing) : null;
    if (key === null) continue;
    const kept = first.get(key);
    if (!kept) {
      first.set(key, node);
      continue;
    }
    const nodes = [node.id, kept.id];
    const found = moved(model, node, kept, annotated);
    if ('reason' in found) refusals.push({ rule: RULE, nodes, reason: sentence(found.reason) });
    else {
      const what = found.whole
        ? `Removes ${label(model, node)}: ${label(model, kept)} computes the same.`
        : `Lets readers of ${label(model, node)} read ${label(model, kept)}, which computes the same, where names allow.`;
      for (const [output, other] of found.pairs) standing.set(output, other);
      sites.push({ key: siteKey(model, RULE, node, nodes), rule: RULE, anchor: node.id, nodes, what });
    }
  }
}

function find(model: Model): Findings {
  const [sites, refusals]: [Site[], Refusal[]] = [[], []];
  for (const graph of bodyGraphs(model)) findIn(model, graph, sites, refusals);
  return { sites, refusals };
}

function apply(model: Model, { nodes }: Site): boolean {
  const [gone, kept] = nodes.map((id) => model.nodes.get(id));
  if (!gone || !kept || gone.graph !== kept.graph || keyOf(gone) !== keyOf(kept)) return false;
  const found = moved(model, gone, kept, annotatedNames(model.getGraph(gone.graph)));
  if ('reason' in found) return false;
  for (const [output, other] of found.pairs) reroute(model, gone, output, other);
  if (found.whole) removeWithConstants(model, gone.id);
  return true;
}

/** Nodes that compute what another one computes already: same operator, attributes and inputs, in the same graph. */
export const eliminateCommonSubexpressions: Pass = {
  id: 'eliminate-common-subexpressions',
  group: 'cleanup',
  title: 'Merge repeated nodes',
  why: 'What is computed twice from the same values costs twice.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  find: ({ model }) => find(model),
  apply: ({ model }, site) => apply(model, site),
};
