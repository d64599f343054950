import type { Model, Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantTensor } from '../../ops/constants.ts';
import { opKey } from '../../ops/registry.ts';
import { label } from '../../rewrite/graphs.ts';

/** A constant, or why what stands at a weight's place is none; `activation`: it follows from the model's inputs. */
type Source = { readonly tensor: Tensor } | { readonly reason: string; readonly activation?: true };

/** What stands at a weight's place. */
export function sourceOf(model: Model, value: ValueId): Source {
  const { graph, producer } = model.getValue(value);
  if (producer) return producedSource(model, model.getNode(producer.node));
  const home = model.getGraph(graph);
  const tensor = home.initializers.get(value);
  if (home.inputs.includes(value)) {
    return tensor
      ? { reason: 'is a graph input with a default: “Freeze initializers” makes it a constant' }
      : { reason: 'is a graph input', activation: true };
  }
  if (home.sparseInitializers.has(value)) return { reason: 'is stored sparse already' };
  return tensor ? { tensor } : { reason: 'is given from outside', activation: true };
}

function producedSource(model: Model, node: Node): Source {
  if (opKey(node) === 'Constant') {
    if (node.attributes.has('sparse_value')) return { reason: 'is stored sparse already' };
    const tensor = constantTensor(node);
    return tensor ? { tensor } : { reason: 'is a constant without numbers' };
  }
  if (!startsConstant(model, node)) return { reason: 'is computed at run time', activation: true };
  return opKey(node) === 'DequantizeLinear'
    ? { reason: 'is dequantized from integers: prune before quantizing' }
    : { reason: `is computed at run time by ${label(model, node)}: “Fold constants” makes it a constant` };
}

/** Operators between a stored weight and its reader are few. */
const LONGEST_CHAIN = 8;

/** Whether a chain of one-operand steps leads back to a constant: a cast, a transposition, a dequantization. */
function startsConstant(model: Model, node: Node): boolean {
  let at: Node | null = node;
  for (let steps = 0; at && steps < LONGEST_CHAIN; steps++) {
    const [first = null, ...others] = at.inputs;
    if (first === null || !others.every((input) => input === null || holdsConstant(model, input))) return false;
    if (holdsConstant(model, first)) return true;
    const { producer } = model.getValue(first);
    at = producer ? model.getNode(producer.node) : null;
  }
  return false;
}

/** Whether it is an initializer or the result of a Constant node. */
export function holdsConstant(model: Model, value: ValueId | null): boolean {
  if (value === null) return false;
  const { graph, producer } = model.getValue(value);
  return producer ? opKey(model.getNode(producer.node)) === 'Constant' : model.getGraph(graph).initializers.has(value);
}
