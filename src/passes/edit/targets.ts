import type { Model, Node, Value } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';
import { anchorName, bodyGraphs, bodyNodes } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { refuse } from './edit-pass.ts';

/** A text option; '' where it was not given. */
export function textOption({ options }: Pick<PassContext, 'options'>, name: string): string {
  const value = options[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** A list of names; one name may stand for a list of one. */
export function namesOption({ options }: PassContext, name: string): readonly string[] {
  const value = options[name];
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  return value === null || value === undefined ? [] : refuse(`"${name}" must be a list of names.`);
}

/** Nodes by every name that they answer to: their own, and those of the values that they give. */
export function nodesByName(model: Model, nodes: Iterable<Node>): ReadonlyMap<string, readonly Node[]> {
  const found = new Map<string, Node[]>();
  for (const node of nodes) {
    const values = node.outputs.flatMap((id) => (id === null ? [] : [model.getValue(id).name]));
    for (const name of new Set([node.name, ...values])) {
      const known = found.get(name);
      if (known) known.push(node);
      else found.set(name, [node]);
    }
  }
  return found;
}

/** The one node that answers to a name; where several share it as their own, none does. */
export function answers(names: ReadonlyMap<string, readonly Node[]>, name: string): Node | null {
  const [node, other] = names.get(name) ?? [];
  return name !== '' && node && !other ? node : null;
}

/**
 * The node of this name, or that gives the value of this name: nodes may be without a name, or share one. Nodes of
 * subgraphs count.
 */
export function nodeNamed(model: Model, name: string): Node {
  const names = nodesByName(model, bodyNodes(model));
  const node = answers(names, name);
  if (node) return node;
  const all = names.get(name) ?? [];
  if (all.length === 0) return refuse(`There is no node "${name}" in this model.`);
  const ids = all.map((each) => each.id);
  return refuse(`${all.length} nodes answer to "${name}": name the one that you mean by its output.`, ids);
}

/** Every value that names are given to in the main graph and its subgraphs. */
export function* bodyValues(model: Model): Generator<Value> {
  const graphs = new Set(bodyGraphs(model).map((graph) => graph.id));
  for (const value of model.values.values()) if (graphs.has(value.graph)) yield value;
}

export function valueNamed(model: Model, name: string): Value {
  const found = [...bodyValues(model)].filter((value) => value.name === name);
  const [value, other] = found;
  if (!value) return refuse(`There is no value "${name}" in this model.`);
  if (!other) return value;
  const producers = found.flatMap(({ producer }) => (producer ? [producer.node] : []));
  return refuse(`${found.length} values are called "${name}", in subgraphs beside each other.`, producers);
}

/** A graph input of the main graph. */
export function inputNamed(model: Model, name: string): Value {
  const id = model.graph.inputs.find((each) => model.getValue(each).name === name);
  if (id !== undefined) return model.getValue(id);
  const known = model.graph.inputs.map((each) => model.getValue(each).name).join(', ');
  return refuse(`There is no input "${name}". Inputs: ${known || 'none'}.`);
}

/** `Conv 3`, as the page counts; nodes of subgraphs, which it does not number, by name. */
export function shortTitle({ model, analysis }: PassContext, node: Node): string {
  if (node.graph !== model.graph.id) return `${node.opType} ${node.name || anchorName(model, node)}`;
  const key = opKey(node);
  let count = 0;
  for (const each of analysis.order) {
    if (opKey(each) === key) count++;
    if (each.id === node.id) break;
  }
  return `${node.opType} ${count}`;
}

/** Each node once. */
export const readersOf = (model: Model, value: ValueId): NodeId[] => [
  ...new Set(model.getValue(value).uses.map((use) => use.node)),
];

const MOST_NAMED = 3;

/** `Conv 1, Relu 2 and 5 more`. */
export function listNodes(context: PassContext, nodes: readonly NodeId[]): string {
  const named = nodes.slice(0, MOST_NAMED).map((id) => shortTitle(context, context.model.getNode(id)));
  return nodes.length > MOST_NAMED ? `${named.join(', ')} and ${nodes.length - MOST_NAMED} more` : named.join(', ');
}
