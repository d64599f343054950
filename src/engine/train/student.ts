import { normal, seeded } from '../../base/random.ts';
import { parametersOf } from '../../grad/parameters.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';
import type { Parameter } from '../../grad/parameters.ts';

/**
 * Of the last layer: first scores that are as large as a teacher's, or larger, are softened to nothing but a top class at a
 * temperature that fits the teacher, and such a start is hard to leave.
 */
const QUIET = 0.05;

/** Numbers that one output of a weight sums over. */
function fanIn({ node, shape }: Parameter): number {
  const size = sizeOf(shape);
  const key = opKey(node);
  // [K, N] of a product; [M, C, …] of a convolution.
  const outputs = key === 'MatMul' || key === 'Gemm' ? (shape.at(-1) ?? 1) : (shape[0] ?? 1);
  return Math.max(1, size / Math.max(1, outputs));
}

/** Whether rows of a table are all that is taken of it: a table that scores are made of as well begins quietly. */
const isLookedUp = (model: Model, value: ValueId): boolean =>
  model.getValue(value).uses.every(({ node }) => opKey(model.getNode(node)) === 'Gather');

/**
 * The same architecture with nothing learnt: weights are drawn for layers that rectify (He et al., Delving Deep into
 * Rectifiers, 2015: deviation √(2 / fan-in)), those of the last layer a twentieth of it. Embeddings have a deviation of 1, as large as what layers add to them, and of
 * 0.02 where scores are made of them too. Biases are 0, scales 1, running statistics those of nothing. What is no parameter stays.
 *
 * @param seed the same one gives the same weights
 */
export function untrained(model: Model, seed: number): Model {
  const copy = model.clone();
  const draw = normal(seeded(seed));
  const drawn = (size: number, deviation: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: size }, () => deviation * draw());
  const parameters = parametersOf(copy);
  const last = parameters.findLast(({ role }) => role === 'weight');
  for (const parameter of parameters) {
    const { value, shape, role, node } = parameter;
    const size = sizeOf(shape);
    const data = (): Float32Array<ArrayBuffer> | null => {
      if (role === 'weight') return drawn(size, Math.sqrt(2 / fanIn(parameter)) * (parameter === last ? QUIET : 1));
      if (role === 'embedding') return drawn(size, isLookedUp(copy, value) ? 1 : 0.02);
      if (role === 'bias') return new Float32Array(size);
      if (role === 'scale') return new Float32Array(size).fill(1);
      // Mean, then variance.
      return role === 'statistics' ? new Float32Array(size).fill(node.inputs[4] === value ? 1 : 0) : null;
    };
    const fresh = data();
    if (fresh) copy.setInitializer(value, floats(shape, fresh));
  }
  return copy;
}
