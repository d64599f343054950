import { defined } from '../base/assert.ts';
import { getFloat, getInt } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { noGradient } from './vjp.ts';
import type { Emit } from './emit.ts';

/** What a batch norm saw of a batch, each [C], and the running values that they go into. The variance is biased. */
export interface BatchStatistics {
  readonly mean: ValueId;
  readonly variance: ValueId;
  readonly runningMean: ValueId;
  readonly runningVariance: ValueId;
  /** Elements that each was taken over. */
  readonly count: number;
}

const nodesOf = ({ model }: Emit): Node[] => [...model.graph.nodes].map((id) => model.getNode(id));

/**
 * Writes activations as what is fast in a training graph on WASM: there `Max(x, 0)` takes an eighth of the time of Relu, whose
 * kernel branches at every element; the gradient stays that of Relu.
 */
export function useTrainingActivations(emit: Emit): void {
  for (const node of nodesOf(emit)) {
    const [x = null] = node.inputs;
    const [y = null] = node.outputs;
    if (node.opType !== 'Relu' || node.domain !== '' || x === null || y === null || !emit.isFloat(x)) continue;
    emit.replace(node, () => {
      emit.give(y, 'Max', [x, emit.scalar(0)]);
      emit.differentiate(y, (dy) => [[x, () => emit.mul(dy, emit.mask(emit.op('Greater', [x, emit.scalar(0)])))]]);
    });
  }
  emit.model.sort();
}

/**
 * Batch norms take mean and variance of the batch (Ioffe & Szegedy, Batch Normalization, 2015), written in primitives:
 * no kernel gives what the way back needs, x̂ and 1/σ. With them dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)).
 *
 * @returns what each saw of the batch: the caller moves the running values
 * @throws CodedError `unsupported` for a batch norm whose running values are no constants
 */
export function useBatchStatistics(emit: Emit, chosen: (node: Node) => boolean = () => true): BatchStatistics[] {
  const found: BatchStatistics[] = [];
  for (const node of nodesOf(emit)) {
    if (node.opType !== 'BatchNormalization' || node.domain !== '' || !chosen(node)) continue;
    if (getInt(node, 'training_mode', 0) === 1) throw noGradient(node, 'it is in training mode already');
    // Taken before the node loses it.
    const y = defined(node.outputs[0], 'its output');
    emit.replace(node, () => found.push(writeBatchNorm(emit, node, y)));
  }
  emit.model.sort();
  return found;
}

function writeBatchNorm(emit: Emit, node: Node, y: ValueId): BatchStatistics {
  const [x, scale, bias, runningMean, runningVariance] = [0, 1, 2, 3, 4].map((index) =>
    defined(node.inputs[index], `input ${index} of BatchNormalization`),
  ) as [ValueId, ValueId, ValueId, ValueId, ValueId];
  const shape = emit.shape(x);
  const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const wide = shape.map((size, axis) => (axis === 1 ? size : 1));
  const channels = [shape[1] ?? 1];
  const mean = emit.reduce('ReduceMean', x, axes);
  const centred = emit.sub(x, mean);
  const variance = emit.reduce('ReduceMean', emit.mul(centred, centred), axes);
  const deviation = emit.op('Sqrt', [emit.shift(variance, getFloat(node, 'epsilon', 1e-5))]);
  const inverse = emit.op('Reciprocal', [deviation]);
  const normalised = emit.mul(centred, inverse);
  const gain = emit.reshape(scale, wide);
  emit.give(y, 'Add', [emit.mul(normalised, gain), emit.reshape(bias, wide)]);
  emit.differentiate(y, (dy) => {
    const sum = emit.sum(dy, axes);
    const along = emit.sum(emit.mul(dy, normalised), axes);
    const count = emit.size(x) / (shape[1] ?? 1);
    return [
      [
        x,
        () => {
          const rest = emit.add(emit.scale(sum, 1 / count), emit.mul(normalised, emit.scale(along, 1 / count)));
          return emit.mul(emit.sub(dy, rest), emit.mul(gain, inverse));
        },
      ],
      [scale, () => emit.reshape(along, channels)],
      [bias, () => emit.reshape(sum, channels)],
    ];
  });
  return {
    mean: emit.reshape(mean, channels),
    variance: emit.reshape(variance, channels),
    runningMean,
    runningVariance,
    count: emit.size(x) / (shape[1] ?? 1),
  };
}
