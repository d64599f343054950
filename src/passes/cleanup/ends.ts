import { defined } from '../../base/assert.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';

/** An input that the node has for sure. */
export const inputOf = (node: Node, index = 0): ValueId =>
  defined(node.inputs[index], `input ${index} of ${node.opType}`);

/** The first output of a node that has one for sure. */
export const outputOf = (node: Node): ValueId => defined(node.outputs[0], `the output of ${node.opType}`);

/** The node that makes a value in the same graph; null: it is an input, a constant, or of an outer graph. */
export function producerOf(model: Model, value: ValueId | null | undefined, reader: Node): Node | null {
  const producer = value === null || value === undefined ? null : model.getValue(value).producer;
  const node = producer ? model.getNode(producer.node) : null;
  return node?.graph === reader.graph ? node : null;
}

/** The nodes that read a value, each use once. */
export const readersOf = (model: Model, value: ValueId): Node[] =>
  model.getValue(value).uses.map((use) => model.getNode(use.node));

/** Each reader would look at all the others: values that are read more often are left alone. */
const MOST_READERS = 256;

/** Every reader has the value as its first input and passes the test, and no graph gives the value out. */
export function onlyReadBy(model: Model, value: ValueId, test: (reader: Node) => boolean): boolean {
  const { uses } = model.getValue(value);
  if (uses.length > MOST_READERS || model.isGraphOutput(value)) return false;
  return uses.every((use) => use.index === 0 && test(model.getNode(use.node)));
}
