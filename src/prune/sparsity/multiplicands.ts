import type { Analysis } from '../../analysis/analyze.ts';
import { getInt } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import { sizeOf } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';
import { observedKey, type ActivationStats, type Observed } from '../../rewrite/facts.ts';
import type { Weight } from './types.ts';

/** What a reader multiplies a weight with: the channels of a value, each by `repeat` neighbours along the reduction. */
interface Multiplicand {
  readonly observed: Observed;
  readonly repeat: number;
}

/** What each reader multiplies the weight with; text: why it is not known. */
export function multiplicands(model: Model, analysis: Analysis, weight: Weight): readonly Multiplicand[] | string {
  const { name, value, tensor } = weight;
  const found: Multiplicand[] = [];
  for (const { node: id, index } of model.getValue(value).uses) {
    const node = model.getNode(id);
    if (node.graph !== model.graph.id) return `${name} is read in an inner graph, whose activations are not observed`;
    const input = node.inputs[index === 0 ? 1 : 0] ?? null;
    const shape = input === null ? null : analysis.shape(input);
    if (input === null || shape === null) return `${name} multiplies what has no known rank`;
    const place = placeOf(node, index, tensor.shape, shape.length);
    if (!place) return `${name} is looked up by ${opKey(node)}, not multiplied`;
    found.push({ observed: { value: input, dim: place.dim }, repeat: place.repeat });
  }
  return found;
}

function placeOf(
  node: Node,
  index: number,
  shape: readonly number[],
  rank: number,
): { readonly dim: number; readonly repeat: number } | null {
  switch (opKey(node)) {
    case 'Conv':
    case 'com.microsoft.FusedConv':
      return { dim: 1, repeat: sizeOf(shape.slice(2)) };
    case 'ConvTranspose':
      return { dim: 1, repeat: 1 };
    case 'MatMul':
    case 'Gemm':
    case 'com.microsoft.FusedGemm':
    case 'com.microsoft.FusedMatMul': {
      if (rank === 1) return { dim: 0, repeat: 1 };
      const transposed = getInt(node, index === 0 ? 'transB' : 'transA', 0) !== 0;
      // Of A the last axis is summed over, of B the one before it.
      return { dim: rank - ((index === 0) === transposed ? 1 : 2), repeat: 1 };
    }
    default:
      return null;
  }
}

/**
 * [matrices · reduction] ‖x‖ of what each element of the reduction multiplies: the root of the mean of x² over the
 * calibration data and all readers. A convolution meets a channel at every place of its kernel alike; a product does so in
 * all of its matrices. Null: it was not observed.
 */
export function activationNorms(
  { layout }: Weight,
  readers: readonly Multiplicand[],
  stats: ActivationStats,
): Float64Array | null {
  const { matrices, reduction } = layout;
  const [squares, counts] = [new Float64Array(matrices * reduction), new Float64Array(matrices * reduction)];
  for (const { observed, repeat } of readers) {
    const seen = stats.get(observedKey(observed));
    if (!seen) return null;
    const { meanSquare, count } = seen;
    squares.forEach((_, i) => {
      const channel = Math.floor(i / repeat) % meanSquare.length;
      squares[i] = (squares[i] ?? 0) + (meanSquare[channel] ?? 0) * count;
      counts[i] = (counts[i] ?? 0) + count;
    });
  }
  return squares.map((square, i) => Math.sqrt(square / Math.max(counts[i] ?? 0, 1)));
}
