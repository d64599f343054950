import { defined } from '../base/assert.ts';
import { Model, type Graph, type Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';

/** The name of a value's result in `constantSubgraph`. */
const evaluatedName = (value: ValueId): string => `v${value}`;

/**
 * The part of a model that computes the given values from constants alone, as a model without inputs whose outputs are
 * called `evaluatedName(value)`. Values of inner graphs are computed beside those of the main graph.
 */
export function constantSubgraph(model: Model, values: readonly ValueId[]): Model {
  const part = new Model();
  part.irVersion = Math.max(model.irVersion, 4);
  for (const [domain, version] of model.opsetImports) part.opsetImports.set(domain, version);
  const graph = part.addGraph('constants');
  const made = new Map<ValueId, ValueId>();
  for (const value of values) copyCone(model, value, part, graph, made);
  for (const value of values) graph.outputs.push(defined(made.get(value), evaluatedName(value)));
  part.sort();
  return part;
}

/** Depth first without recursion: constant chains can be long. */
function copyCone(model: Model, wanted: ValueId, part: Model, graph: Graph, made: Map<ValueId, ValueId>): void {
  const stack = [wanted];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (made.has(top)) {
      stack.pop();
      continue;
    }
    const { producer, graph: home } = model.getValue(top);
    if (!producer) {
      const tensor = defined(model.getGraph(home).initializers.get(top), `the constant ${model.getValue(top).name}`);
      made.set(top, part.addInitializer(graph, evaluatedName(top), tensor).id);
      continue;
    }
    const node = model.getNode(producer.node);
    const missing = node.inputs.filter((input) => input !== null && !made.has(input)) as ValueId[];
    if (missing.length > 0) stack.push(...missing);
    else copyNode(node, part, graph, made);
  }
}

function copyNode(node: Node, part: Model, graph: Graph, made: Map<ValueId, ValueId>): void {
  const copy = part.addNode(graph, {
    opType: node.opType,
    domain: node.domain,
    name: node.name,
    inputs: node.inputs.map((input) => (input === null ? null : defined(made.get(input), 'a copied input'))),
    outputs: node.outputs.map((output) => (output === null ? null : evaluatedName(output))),
    attributes: node.attributes,
  });
  node.outputs.forEach((output, index) => {
    const result = copy.outputs[index];
    if (output !== null && result !== null && result !== undefined) made.set(output, result);
  });
}

/** Runs a model without inputs and gives its outputs by name. */
export type Evaluate = (part: Model) => Promise<ReadonlyMap<string, Tensor>>;

/**
 * Evaluates the values in one run of the runtime. Where it refuses (one operator without a kernel spoils the whole
 * run), the halves are tried apart; what cannot be computed at all is left out.
 */
export async function evaluateConstants(
  model: Model,
  values: readonly ValueId[],
  evaluate: Evaluate,
): Promise<Map<ValueId, Tensor>> {
  const found = new Map<ValueId, Tensor>();
  if (values.length === 0) return found;
  try {
    const results = await evaluate(constantSubgraph(model, values));
    for (const value of values) {
      const tensor = results.get(evaluatedName(value));
      if (tensor) found.set(value, tensor);
    }
  } catch (error) {
    if (values.length === 1) return isCancel(error) ? Promise.reject(error) : found;
    if (isCancel(error)) throw error;
    const middle = values.length >> 1;
    for (const half of [values.slice(0, middle), values.slice(middle)]) {
      for (const [value, tensor] of await evaluateConstants(model, half, evaluate)) found.set(value, tensor);
    }
  }
  return found;
}

const isCancel = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  ['cancelled', 'worker-died'].includes(String(error.code));
