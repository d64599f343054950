import type { Model } from '../ir/model.ts';
import { constantTensor } from '../ops/constants.ts';

/**
 * Weights that are written as Constant nodes become initializers, which keep their values and names: training moves
 * initializers. In place.
 */
export function nameConstants(model: Model): void {
  const { graph } = model;
  for (const id of [...graph.nodes]) {
    const node = model.getNode(id);
    const [output = null] = node.outputs;
    if (node.opType !== 'Constant' || node.domain !== '' || output === null || graph.outputs.includes(output)) continue;
    const tensor = constantTensor(node);
    if (tensor?.dtype !== 'float32' || tensor.size < 2) continue;
    model.detachOutput(output);
    model.removeNode(id);
    model.setInitializer(output, tensor);
  }
}

/** Inputs with a default are constants while a model is trained: nobody gives them otherwise. In place. */
export function freezeDefaults({ graph }: Model): void {
  const fed = graph.inputs.filter((id) => !graph.initializers.has(id));
  graph.inputs.splice(0, graph.inputs.length, ...fed);
}
