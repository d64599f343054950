import { normal, seeded } from '../base/random.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { Model, Node } from '../ir/model.ts';
import { floats, type Tensor } from '../ir/tensor.ts';
import { isFloat, sizeOf, staticShape, type ValueId } from '../ir/types.ts';
import { analyze } from '../analysis/analyze.ts';

/**
 * A copy whose constant-filled float weights (ConstantOfShape of a constant shape, or initializers of one single value)
 * are seeded random initializers: He-scaled matrices and kernels, positive scales and variances, small biases. The
 * `light` models of the ONNX backend tests are filled with one constant, which proves nothing.
 */
export function randomizeWeights(model: Model, seed: number): Model {
  const copy = model.clone();
  const next = normal(seeded(seed));
  const analysis = analyze(copy);
  for (const node of analysis.order) {
    if (node.opType !== 'ConstantOfShape' || [...subgraphs(node)].length > 0) continue;
    const [shapeInput, output] = [node.inputs[0], node.outputs[0]];
    const shape = output ? staticShape(analysis.shape(output)) : null;
    const isWeight = output && analysis.dtype(output) === 'float32';
    if (!shapeInput || !isWeight || !shape || analysis.constant(shapeInput) === null) continue;
    const filled = copy.addInitializer(
      copy.graph,
      `${copy.getValue(output).name}/random`,
      fill(copy, output, shape, next),
    );
    copy.replaceAllUses(output, filled.id);
    copy.removeNode(node.id);
    if (!copy.isUsed(shapeInput)) copy.removeValue(shapeInput);
  }
  for (const [value, tensor] of copy.graph.initializers) {
    if (isConstantFloat(tensor)) copy.setInitializer(value, fill(copy, value, tensor.shape, next));
  }
  return copy;
}

function isConstantFloat(tensor: Tensor): boolean {
  if (!isFloat(tensor.dtype) || tensor.size < 2) return false;
  const elements = tensor.numbers();
  for (let i = 1; i < elements.length; i++) if (elements[i] !== elements[0]) return false;
  return true;
}

function fill(model: Model, value: ValueId, shape: readonly number[], next: () => number): Tensor {
  const use = model.getValue(value).uses[0];
  const spread = scaleOf(use ? model.getNode(use.node) : null, use?.index ?? 0, shape);
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => spread(next())),
  );
}

/** From a standard normal number to a weight that suits its place. */
function scaleOf(node: Node | null, slot: number, shape: readonly number[]): (z: number) => number {
  const positive = node?.opType === 'BatchNormalization' && (slot === 1 || slot === 4);
  if (positive) return (z) => 0.75 + 0.5 * Math.min(Math.abs(z), 2);
  if (shape.length < 2) return (z) => 0.1 * z;
  const fanIn = sizeOf(shape.slice(1));
  return (z) => z * Math.sqrt(2 / fanIn);
}
