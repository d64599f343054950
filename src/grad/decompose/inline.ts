import { resolved } from '../../analysis/inference.ts';
import { holdsGraphs } from '../../ir/attribute.ts';
import type { FunctionDef, Graph, Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { markMade, placeOf, type Left, type Replaced } from './report.ts';

/** The model's own function that a node calls. */
function functionOf({ functions }: Model, { domain, opType, overload }: Node): FunctionDef | null {
  const named = functions.filter((each) => each.domain === domain && each.name === opType);
  return named.find((each) => each.overload === overload) ?? named.find((each) => each.overload === '') ?? null;
}

/**
 * Puts the bodies of the model's own functions in the place of their calls in the main graph, calls in bodies included
 * (ONNX, FunctionProto). A body with subgraphs, or of another operator set than the model, is left alone.
 */
export function inlineCalls(model: Model, keep: (node: Node) => boolean): { replaced: Replaced[]; left: Left[] } {
  const replaced: Replaced[] = [];
  const left: Left[] = [];
  if (model.functions.length === 0) return { replaced, left };
  const queue = [...model.graph.nodes].map((id) => model.getNode(id));
  for (let node = queue.shift(); node; node = queue.shift()) {
    const def = keep(node) ? null : functionOf(model, node);
    if (!def) continue;
    const reason = whyNot(model, node, def);
    if (reason !== null) {
      left.push({ ...placeOf(node), reason });
      continue;
    }
    const place = placeOf(node);
    const made = inline(model, node, def);
    replaced.push({ ...place, by: made.length });
    queue.unshift(...made);
  }
  model.sort();
  return { replaced, left };
}

function whyNot(model: Model, call: Node, def: FunctionDef): string | null {
  const body = model.getGraph(def.graph);
  const nodes = [...body.nodes].map((id) => model.getNode(id));
  if (nodes.some(holdsGraphs)) return 'its body holds subgraphs';
  for (const domain of new Set(nodes.map((node) => node.domain))) {
    const [own, outer] = [def.opsetImports.get(domain), model.opsetImports.get(domain)];
    if (own === undefined || outer === undefined || own === outer) continue;
    return `its body is of ${domain || 'ai.onnx'} ${own}, the model of ${outer}`;
  }
  const missing = body.outputs.find((output, index) => isAsked(model, call, index) && isLeftOut(body, call, output));
  return missing === undefined ? null : `it gives back an input that it does not get, ${model.getValue(missing).name}`;
}

const isAsked = (model: Model, call: Node, index: number): boolean => {
  const output = call.outputs[index] ?? null;
  return output !== null && model.isUsed(output);
};

const isLeftOut = (body: Graph, call: Node, value: ValueId): boolean => {
  const index = body.inputs.indexOf(value);
  return index >= 0 && (call.inputs[index] ?? null) === null;
};

/** Copies a body into the graph of its call, whose outputs keep their ids; gives back the copies. */
function inline(model: Model, call: Node, def: FunctionDef): Node[] {
  const body = model.getGraph(def.graph);
  const graph = model.getGraph(call.graph);
  const scope = call.name || call.opType;
  const values = new Map<ValueId, ValueId | null>(body.inputs.map((input, i) => [input, call.inputs[i] ?? null]));
  const attributes = new Map([...def.defaults, ...call.attributes]);
  const results = takeOutputs(model, call, body);
  const made: Node[] = [];
  for (const id of body.nodes) {
    const node = resolved(model.getNode(id), { opsets: def.opsetImports, attributes, depth: 1 });
    const copy = model.addNode(graph, {
      opType: node.opType,
      domain: node.domain,
      overload: node.overload,
      name: `${scope}/${node.name || node.opType}`,
      inputs: node.inputs.map((input) => (input === null ? null : (values.get(input) ?? null))),
      outputs: node.outputs.map((output) =>
        output === null ? null : (results.get(output)?.shift() ?? `${scope}/${model.getValue(output).name}`),
      ),
      attributes: node.attributes,
    });
    node.outputs.forEach((output, i) => output !== null && values.set(output, copy.outputs[i] ?? null));
    made.push(copy);
  }
  // What is an input of the body, or a result twice.
  for (const [value, rest] of results) {
    for (const output of rest) {
      const inputs = [values.get(value) ?? null];
      made.push(model.addNode(graph, { opType: 'Identity', name: `${scope}/Identity`, inputs, outputs: [output] }));
    }
  }
  for (const [domain, version] of def.opsetImports) {
    if (!model.opsetImports.has(domain)) model.opsetImports.set(domain, version);
  }
  markMade(made, call);
  model.removeNode(call.id);
  return made;
}

/** The outputs of a call that are used, without a producer now, by the results of the body that they get. */
function takeOutputs(model: Model, call: Node, body: Graph): Map<ValueId, ValueId[]> {
  const results = new Map<ValueId, ValueId[]>();
  [...call.outputs].forEach((output, index) => {
    const result = body.outputs[index];
    if (output === null || result === undefined || !model.isUsed(output)) return;
    model.detachOutput(output);
    results.set(result, [...(results.get(result) ?? []), output]);
  });
  return results;
}
