import { analyze } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { ObservedPair } from '../../rewrite/facts.ts';
import { hasSubgraphs, removeIdle } from './idle.ts';
import { Observer } from './observer.ts';

/**
 * Both models side by side on the same inputs, with the moments of the pairs as outputs. Throws `unsupported` where the
 * second has bodies (If, Loop, Scan) or sparse constants.
 */
export function pairModel(before: Model, after: Model, pairs: readonly ObservedPair[]): Model {
  const model = before.clone();
  const placed = placeBeside(model, after);
  model.graph.outputs.length = 0;
  const [first, second] = [new Observer(model, analyze(before)), new Observer(model, analyze(after))];
  pairs.forEach((pair, i) => {
    const x = first.rows(pair.before);
    const z = second.rows({ ...pair.after, value: placed.get(pair.after.value) ?? pair.after.value }, pair.after);
    first.pair(i, x, z);
  });
  model.sort();
  removeIdle(model);
  return model;
}

/** Copies the main graph of `other` into a model; inputs of one name are shared. Returns the copies of its values. */
function placeBeside(model: Model, other: Model): ReadonlyMap<ValueId, ValueId> {
  const placed = new Map<ValueId, ValueId>();
  const inputs = new Map(model.graph.inputs.map((id) => [model.getValue(id).name, id]));
  for (const id of other.graph.inputs) {
    const shared = inputs.get(other.getValue(id).name);
    if (shared !== undefined) placed.set(id, shared);
  }
  if (other.graph.sparseInitializers.size > 0)
    throw new CodedError('unsupported', 'Sparse constants are not observed.');
  for (const [id, tensor] of other.graph.initializers) {
    if (!placed.has(id))
      placed.set(id, model.addInitializer(model.graph, `after/${other.getValue(id).name}`, tensor).id);
  }
  for (const id of other.graph.nodes) {
    const node = other.getNode(id);
    if (hasSubgraphs(node)) throw new CodedError('unsupported', `${node.opType} has a body, which is not observed.`);
    const copy = model.addNode(model.graph, {
      opType: node.opType,
      domain: node.domain,
      inputs: node.inputs.map((input) => (input === null ? null : (placed.get(input) ?? null))),
      outputs: node.outputs.map((output) => (output === null ? null : `after/${other.getValue(output).name}`)),
      attributes: node.attributes,
    });
    node.outputs.forEach((output, i) => {
      const made = copy.outputs[i];
      if (output !== null && made) placed.set(output, made);
    });
  }
  return placed;
}
