import type { Graph, Model, Node, Value } from '../../ir/model.ts';
import { bodyNodes } from '../../rewrite/graphs.ts';
import { NO_NODE, type PassContext } from '../../rewrite/pass.ts';
import { editPass, refuse, type EditPlan } from './edit-pass.ts';
import { bodyValues, nodeNamed, readersOf, shortTitle, textOption, valueNamed } from './targets.ts';

/** Names are text that other tools print and split by lines: no control characters. */
function checkName(name: string): void {
  if ([...name].some((character) => character < ' ' || character === '\u007f')) {
    refuse('A name cannot hold line breaks or other control characters.');
  }
}

function planNode(context: PassContext, from: string, to: string): EditPlan {
  const { model } = context;
  const node = nodeNamed(model, from);
  const holder = [...bodyNodes(model)].find((each) => each.name === to && each.id !== node.id);
  if (holder)
    refuse(`${shortTitle(context, holder)} is called "${to}" already; names of nodes are unique.`, [holder.id]);
  if (node.name === to) refuse(`It is called "${to}" already.`, [node.id]);
  const short = shortTitle(context, node);
  return {
    target: from,
    anchor: node.id,
    nodes: [node.id],
    title: `Rename ${short} to ${to}`,
    what: `${short} is called "${to}".`,
    apply: () => void renameNode(node, to),
  };
}

const renameNode = (node: Node, to: string): string => (node.name = to);

/** What a value is to the person who looks at the model. */
function roleOf(model: Model, value: Value): string {
  const { graph } = model;
  if (graph.inputs.includes(value.id)) return 'input';
  if (graph.outputs.includes(value.id)) return 'output';
  return model.getGraph(value.graph).initializers.has(value.id) ? 'constant' : 'value';
}

function planValue(context: PassContext, from: string, to: string): EditPlan {
  const { model } = context;
  if (model.trainingInfo.length > 0) {
    refuse('The model carries training info, which names values in a form that is not read here.');
  }
  const value = valueNamed(model, from);
  if (value.name === to) refuse(`It is called "${to}" already.`);
  const holder = [...bodyValues(model)].find((each) => each.name === to);
  if (holder) {
    const nodes = holder.producer ? [holder.producer.node] : readersOf(model, holder.id);
    refuse(`The ${roleOf(model, holder)} "${to}" is there already; names of values are unique.`, nodes);
  }
  const readers = readersOf(model, value.id);
  const nodes = [...new Set([...(value.producer ? [value.producer.node] : []), ...readers])];
  const role = roleOf(model, value);
  return {
    target: from,
    anchor: nodes[0] ?? NO_NODE,
    nodes,
    title: `Rename ${role} ${from} to ${to}`,
    what: `The ${role} "${from}" is called "${to}", for the ${readers.length} nodes that read it too.`,
    apply: () => renameValue(model, value, to),
  };
}

function renameValue(model: Model, value: Value, to: string): void {
  const from = value.name;
  value.name = to;
  const graph = model.getGraph(value.graph);
  graph.quantizationAnnotations = annotationsAfter(graph, from, to);
}

/** Annotations refer to tensors by their names. */
const annotationsAfter = (graph: Graph, from: string, to: string): Graph['quantizationAnnotations'] =>
  graph.quantizationAnnotations.map((each) => ({
    ...each,
    tensor: each.tensor === from ? to : each.tensor,
    parameters: each.parameters.map(([key, name]): [string, string] => [key, name === from ? to : name]),
  }));

/** A node, or a value: an input, an output, a constant, an intermediate result. Every use follows. */
export const rename = editPass({
  id: 'rename',
  title: 'Rename',
  why: 'Names are what code around the model feeds and fetches by.',
  options: {
    kind: {
      type: 'choice',
      default: 'value',
      choices: [
        { value: 'value', label: 'An input, an output or another value' },
        { value: 'node', label: 'A node' },
      ],
      label: 'What',
    },
    from: { type: 'text', default: '', label: 'Name', hint: 'the present name' },
    to: { type: 'text', default: '', label: 'New name' },
  },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give the present name and the new one.',
  plan(context) {
    const [from, to] = [textOption(context, 'from'), textOption(context, 'to')];
    if (from === '' || to === '') return null;
    checkName(to);
    return context.options['kind'] === 'node' ? planNode(context, from, to) : planValue(context, from, to);
  },
});
