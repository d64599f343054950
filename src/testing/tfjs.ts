import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import { defined } from '../base/assert.ts';
import { refTensor, type RefTensor } from './reference/tensor.ts';

/** What a network of TensorFlow.js is written in: float32 on the processor, in plain JavaScript. */
export { tf };

/** Weights by name, in ONNX's layouts. */
export type OracleWeights = Readonly<Record<string, tf.Tensor>>;

/**
 * The loss of a network and its gradients by all of its weights, from an engine that shares no code with what is
 * tested.
 */
export async function oracleGradients(
  weights: Readonly<Record<string, RefTensor>>,
  loss: (weights: OracleWeights) => tf.Tensor,
): Promise<{ readonly loss: number; readonly gradients: ReadonlyMap<string, RefTensor> }> {
  // Else the first operation prints that there is a faster engine.
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const names = Object.keys(weights);
  const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => {
    const named = Object.fromEntries(names.map((name, i) => [name, defined(given[i], name)]));
    return tf.reshape<tf.Rank.R0>(loss(named), []);
  })(Object.values(weights).map(toOracle));
  const gradients = new Map(
    grads.map((gradient, i) => [
      defined(names[i], 'a name'),
      refTensor('float32', gradient.shape, gradient.dataSync()),
    ]),
  );
  return { loss: defined(value.dataSync()[0], 'the loss'), gradients };
}

export const toOracle = ({ dtype, shape, data }: RefTensor): tf.Tensor =>
  tf.tensor(Array.from(data), [...shape], dtype.startsWith('int') ? 'int32' : 'float32');
