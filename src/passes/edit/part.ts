import { dependencies, type Model, type Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { outputsOf } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { refuse } from './edit-pass.ts';

/** A part of the main graph: its nodes and the values at its borders. */
export interface Part {
  readonly nodes: ReadonlySet<NodeId>;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

const isInput = (model: Model, value: ValueId): boolean => model.graph.inputs.includes(value);

/**
 * Walks back from the outputs and stops at the given inputs. Inputs of the model that are reached beside them stay inputs.
 */
export function partBetween({ model }: PassContext, from: readonly ValueId[], to: readonly ValueId[]): Part {
  const ends = new Set(from);
  const nodes = new Set<NodeId>();
  const met = new Set<ValueId>();
  const queue = to.filter((value) => !ends.has(value));
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (ends.has(value) || met.has(value)) {
      if (ends.has(value)) met.add(value);
      continue;
    }
    met.add(value);
    const producer = model.getValue(value).producer;
    if (!producer || nodes.has(producer.node)) continue;
    nodes.add(producer.node);
    queue.push(...dependencies(model, model.getNode(producer.node)).filter((each) => isOuter(model, each)));
  }
  const apart = from.find((value) => !met.has(value));
  if (apart !== undefined && nodes.size > 0)
    refuse(`No output depends on "${model.getValue(apart).name}".`, nodesAt(model, apart));
  const beside = model.graph.inputs.filter((input) => met.has(input) && !ends.has(input));
  return { nodes, inputs: [...from, ...beside], outputs: to };
}

/** A value of the main graph: what subgraphs compute for themselves stays inside them. */
const isOuter = (model: Model, value: ValueId): boolean => model.getValue(value).graph === model.graph.id;
export const nodesAt = (model: Model, value: ValueId): NodeId[] => {
  const producer = model.getValue(value).producer;
  return producer ? [producer.node] : [];
};

/** The chosen nodes, with the Constant nodes and constant arithmetic that only feed them. */
export function partOf(context: PassContext, chosen: ReadonlySet<NodeId>): Part {
  const { model, analysis } = context;
  const nodes = new Set(chosen);
  const inputs = new Set<ValueId>();
  const queue = [...chosen];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const value of dependencies(model, model.getNode(id)).filter((each) => isOuter(model, each))) {
      const producer = model.getValue(value).producer;
      if (producer && (nodes.has(producer.node) || analysis.constant(value) === null)) {
        if (!nodes.has(producer.node)) inputs.add(value);
      } else if (producer) {
        nodes.add(producer.node);
        queue.push(producer.node);
      } else if (isInput(model, value)) inputs.add(value);
    }
  }
  const outputs = [...nodes].flatMap((id) =>
    outputsOf(model.getNode(id)).filter((value) => chosen.has(id) && isNeededOutside(model, value, nodes)),
  );
  return { nodes, inputs: [...inputs], outputs };
}

/** A use inside a subgraph counts for the node of the main graph that holds it. */
function isNeededOutside(model: Model, value: ValueId, nodes: ReadonlySet<NodeId>): boolean {
  return (
    model.isGraphOutput(value) || model.getValue(value).uses.some((use) => !nodes.has(holderOf(model, use.node).id))
  );
}

function holderOf(model: Model, id: NodeId): Node {
  let node = model.getNode(id);
  for (let owner = model.getGraph(node.graph).owner; owner; owner = model.getGraph(node.graph).owner) {
    node = model.getNode(owner.node);
  }
  return node;
}
