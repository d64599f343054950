import type { Job } from '../../base/job.ts';
import type { DataFeeds } from '../../data/types.ts';
import { numbersOf } from '../../engine/host-numbers.ts';
import type { RuntimePort } from '../../engine/ports.ts';
import { forwardModel } from '../../engine/train/forward.ts';
import { shapesFor } from '../../engine/train/run.ts';
import { Emit } from '../../grad/emit.ts';
import { useBatchStatistics } from '../../grad/forms.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { writeModel } from '../../onnx/write.ts';

/**
 * A copy of a model whose batch norms hold mean and variance of one large batch, as running in training mode over it
 * gives them: what the pass `reestimate-batch-norm` comes to on the same data alone, in one run in place of one for each
 * layer. For looks at sub-networks while they are trained.
 *
 * @param feeds samples, stacked; their number is the batch
 * @throws CodedError `unsupported` where the batch cannot be set
 */
export async function recalibrated(model: Model, feeds: DataFeeds, port: RuntimePort, job: Job): Promise<Model> {
  const batch = Object.values(feeds)[0]?.shape[0] ?? 1;
  const { model: forward } = await forwardModel(model, shapesFor(feeds, batch));
  const emit = new Emit(forward, 'wasm');
  const { initializers } = forward.graph;
  const found = useBatchStatistics(emit, ({ inputs: [, , , mean, variance] }) =>
    [mean, variance].every((value) => value !== null && value !== undefined && initializers.has(value)),
  );
  const copy = model.clone();
  if (found.length === 0) return copy;
  forward.graph.outputs.splice(0, Infinity, ...found.flatMap(({ mean, variance }) => [mean, variance]));
  for (const value of forward.graph.outputs) {
    forward.getValue(value).type = { kind: 'tensor', dtype: 'float32', shape: emit.shape(value) };
  }
  const outputs = await port.evaluate({ name: 'recalibrated', bytes: writeModel(forward) }, feeds, job);
  for (const { mean, variance, runningMean, runningVariance } of found) {
    for (const [from, to] of [
      [mean, runningMean],
      [variance, runningVariance],
    ] as const) {
      const tensor = outputs[emit.nameOf(from)];
      if (tensor) copy.setInitializer(to, floats(tensor.shape, Float32Array.from(numbersOf(tensor))));
    }
  }
  return copy;
}
