import { getInt } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { sizeOf } from '../ir/types.ts';
import type { Emit } from './emit.ts';

const PASSED: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** The value that a Softmax or LogSoftmax over the last axis makes probabilities of; the value itself where none does. */
export function beforeSoftmax(
  producerOf: (value: ValueId) => Node | null,
  rankOf: (value: ValueId) => number,
  output: ValueId,
): ValueId {
  const node = producerOf(output);
  const [input = null] = node?.inputs ?? [];
  if (!node || node.domain !== '' || input === null) return output;
  if (node.opType === 'LogSoftmax') return input;
  if (node.opType === 'Softmax') {
    const rank = rankOf(input);
    const axis = getInt(node, 'axis', -1);
    return (axis < 0 ? axis + rank : axis) === rank - 1 || rank === 4 ? input : output;
  }
  if (!PASSED.has(node.opType)) return output;
  const before = beforeSoftmax(producerOf, rankOf, input);
  return before === input ? output : before;
}

/**
 * What a loss over classes is taken of: the value before the Softmax that a model may end with (cross entropy of
 * probabilities that are softened twice learns nothing), with axes of size 1 behind the classes left out.
 */
export function logitsOf(emit: Emit, output: ValueId): ValueId {
  const { model } = emit;
  const producer = (value: ValueId): Node | null => {
    const made = model.getValue(value).producer;
    return made && model.getNode(made.node);
  };
  const logits = beforeSoftmax(producer, emit.rank, output);
  const shape = emit.shape(logits);
  if (shape.length === 3 || shape.length < 2 || sizeOf(shape.slice(2)) !== 1) return logits;
  return emit.reshape(logits, shape.slice(0, 2));
}
