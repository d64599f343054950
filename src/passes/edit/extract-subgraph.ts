import { plural } from '../../base/format.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId, ValueId, ValueType } from '../../ir/types.ts';
import { removeIfUnusedConstant } from '../../rewrite/build.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { declarable } from './declare.ts';
import { editPass, refuse } from './edit-pass.ts';
import { nodesAt, partBetween, partOf, type Part } from './part.ts';
import { namesOption, nodeNamed, valueNamed } from './targets.ts';

function mainValue(model: Model, name: string): ValueId {
  const value = valueNamed(model, name);
  if (value.graph !== model.graph.id) refuse(`"${name}" lies inside a subgraph; only the main graph can be cut.`);
  return value.id;
}

function mainNode(model: Model, name: string): NodeId {
  const node = nodeNamed(model, name);
  if (node.graph !== model.graph.id)
    refuse(`${node.opType} "${name}" lies inside a subgraph; only the main graph can be cut.`, [node.id]);
  return node.id;
}

/** The types that the borders are declared with. */
function borderTypes({ model, analysis }: PassContext, { inputs, outputs }: Part): Map<ValueId, ValueType> {
  const types = new Map<ValueId, ValueType>();
  for (const id of [...inputs, ...outputs]) {
    const type = declarable(analysis.type(id));
    const { name } = model.getValue(id);
    if (!type) refuse(`The type of "${name}" is not known, so the cut cannot go through it.`, nodesAt(model, id));
    else if (type.kind === 'tensor' && type.shape === null && inputs.includes(id)) {
      refuse(`Not even the rank of "${name}" is known, so the cut cannot go through it.`, nodesAt(model, id));
    } else types.set(id, type);
  }
  return types;
}

function requireCut(context: PassContext, part: Part): void {
  const { model, analysis } = context;
  if (part.nodes.size === 0) refuse('There is no node between these values.');
  if (part.outputs.length === 0)
    refuse('Nothing outside needs what these nodes compute: there would be no output.', [...part.nodes]);
  const constant = part.inputs.find((id) => analysis.constant(id) !== null);
  if (constant !== undefined)
    refuse(`"${model.getValue(constant).name}" is a constant; it stays in the part.`, nodesAt(model, constant));
  if (
    part.nodes.size === model.graph.nodes.size &&
    part.outputs.every((id) => model.graph.outputs.includes(id)) &&
    part.outputs.length === model.graph.outputs.length
  ) {
    refuse('That is the whole model.');
  }
}

function cut(model: Model, part: Part, types: ReadonlyMap<ValueId, ValueType>): void {
  const { graph } = model;
  const inputs = new Set(part.inputs);
  model.sort();
  graph.outputs.splice(0, graph.outputs.length, ...part.outputs);
  for (const [id, type] of types) model.getValue(id).type ??= type;
  for (const id of part.inputs) model.detachOutput(id);
  // Readers before what they read.
  for (const id of [...graph.nodes].reverse()) if (!part.nodes.has(id)) model.removeNode(id);
  const old = [...graph.inputs];
  graph.inputs.splice(0, old.length, ...part.inputs);
  for (const id of old) if (!inputs.has(id) && !graph.initializers.has(id)) model.removeValue(id);
  for (const id of [...graph.initializers.keys()]) removeIfUnusedConstant(model, id);
  for (const id of [...graph.sparseInitializers.keys()]) if (!model.isUsed(id)) model.removeValue(id);
  const names = new Set([...model.values.values()].map((value) => value.name));
  graph.quantizationAnnotations = graph.quantizationAnnotations.filter((each) => names.has(each.tensor));
}

function choose(context: PassContext): { readonly part: Part; readonly target: string } | null {
  const { model } = context;
  const [nodes, from, to] = [
    namesOption(context, 'nodes'),
    namesOption(context, 'inputs'),
    namesOption(context, 'outputs'),
  ];
  if (nodes.length > 0 && from.length + to.length > 0)
    refuse('Give either nodes, or values from which to which; not both.');
  if (nodes.length > 0)
    return { part: partOf(context, new Set(nodes.map((name) => mainNode(model, name)))), target: nodes[0] ?? '' };
  if (from.length + to.length === 0) return null;
  const outputs = to.length > 0 ? to.map((name) => mainValue(model, name)) : model.graph.outputs;
  return {
    part: partBetween(
      context,
      from.map((name) => mainValue(model, name)),
      [...outputs],
    ),
    target: [...to, ...from][0] ?? '',
  };
}

const named = (model: Model, values: readonly ValueId[]): string =>
  values.map((id) => model.getValue(id).name).join(', ');

/** A part of the model as a model of its own. */
export const extractSubgraph = editPass({
  id: 'extract-subgraph',
  title: 'Cut out a part',
  why: 'A part as a model of its own: to look at, to time, to deploy alone.',
  options: {
    nodes: { type: 'json', default: [], label: 'Nodes' },
    inputs: { type: 'json', default: [], label: 'From values' },
    outputs: { type: 'json', default: [], label: 'To values' },
  },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give the names of nodes, or the values from which to which.',
  plan(context) {
    const { model } = context;
    const chosen = choose(context);
    if (!chosen) return null;
    const { part, target } = chosen;
    requireCut(context, part);
    const types = borderTypes(context, part);
    const nodes = [...part.nodes];
    const [anchor] = nodes;
    if (anchor === undefined) return null;
    return {
      target,
      anchor,
      nodes,
      title: `Cut out ${plural(nodes.length, 'node')}`,
      what: `Keeps ${plural(nodes.length, 'node')}. Inputs: ${named(model, part.inputs) || 'none'}. Outputs: ${named(model, part.outputs)}.`,
      apply: () => cut(model, part, types),
    };
  },
});
