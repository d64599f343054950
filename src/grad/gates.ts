import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import { sizeOf, type NodeId, type ValueId } from '../ir/types.ts';
import { isTensor } from '../ops/shapes.ts';

/** An input slot of a node, and the axis that its channels lie along. */
interface Slot {
  readonly node: NodeId;
  readonly index: number;
  readonly dim: number;
}

/**
 * Puts a gate before each slot: what is read there, times ones along the axis (Molchanov et al. 2019, Importance
 * Estimation for Neural Network Pruning). The model gives what it gave; the gradient of a gate tells what the loss does
 * where its channel becomes weaker for this reader. In place.
 *
 * @param analysis of the model as it is given
 * @returns the gates, [channels] each with axes of 1 behind, in the order of the slots
 * @throws CodedError `unsupported` where a slot is no float32 of known channels, naming the node
 */
export function insertGates(model: Model, analysis: Analysis, slots: readonly Slot[]): ValueId[] {
  return slots.map(({ node: id, index, dim }, number) => {
    const node = model.getNode(id);
    const value = node.inputs[index] ?? null;
    const type = value === null ? null : analysis.type(value);
    const channels = isTensor(type) ? type.shape?.[dim] : undefined;
    if (value === null || !isTensor(type) || type.dtype !== 'float32' || typeof channels !== 'number') {
      const what = isTensor(type) ? `${type.dtype} [${type.shape?.join(', ') ?? '?'}]` : 'of unknown type';
      throw new CodedError(
        'unsupported',
        `No gradient can be taken of what ${node.name || node.opType} reads: it is ${what}, and float32 with known channels is wanted.`,
        { node: id },
      );
    }
    const rank = type.shape?.length ?? 1;
    const shape = [channels, ...Array.from({ length: rank - 1 - dim }, () => 1)];
    const gate = model.addInitializer(
      model.graph,
      `gate ${number}`,
      floats(shape, new Float32Array(sizeOf(shape)).fill(1)),
    );
    const scaled = model.addNode(model.graph, {
      opType: 'Mul',
      name: `gate ${number}/Mul`,
      inputs: [value, gate.id],
      outputs: [`gate ${number}/scaled`],
    });
    const [output] = scaled.outputs;
    if (output === null || output === undefined) throw new Error('invariant: a Mul has an output');
    model.setInput(node, index, output);
    return gate.id;
  });
}
