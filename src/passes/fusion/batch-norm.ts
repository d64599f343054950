import { getFloat, getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { constant, node, type Bound } from '../../rewrite/pattern.ts';
import { isFoldable } from '../../rewrite/weights.ts';
import type { Affine } from './fold-affine.ts';

/** Captures of a batch normalization with constant parameters, each of shape [C]. */
export const batchNormCaptures = { bn: node, scale: constant, shift: constant, mean: constant, variance: constant };
export type BatchNormParts = Bound<typeof batchNormCaptures>;

/**
 * Why this is not the inference form, in which y = γ·(x − μ)/√(σ² + ε) + β with constant statistics. ONNX operator
 * specification: versions 1 and 6 train unless `is_test`, 7 to 13 when further outputs are given, 14 on when
 * `training_mode` is set; `spatial: 0` (before 9) has statistics per element.
 */
export function trainingReason({ model }: PassContext, bn: Node): string | null {
  const opset = model.opset();
  const extra = bn.outputs.slice(1).some((output) => output !== null);
  const trains = opset < 7 ? getInt(bn, 'is_test', 0) === 0 : opset < 14 ? extra : getInt(bn, 'training_mode', 0) !== 0;
  if (trains) return 'batch norm is in training mode';
  return getInt(bn, 'spatial', 1) === 0 ? 'batch norm has statistics per element (spatial is 0)' : null;
}

/** Per-channel factor and offset, in float64, or what is missing. `channels`: C as the neighbour has it. */
export function affineOf(context: PassContext, m: BatchNormParts, channels: number): Affine | string {
  const reason = trainingReason(context, m.bn);
  if (reason !== null) return reason;
  const tensors = [m.scale, m.shift, m.mean, m.variance].map((each) => each.tensor);
  if (new Set(tensors.map((each) => each.dtype)).size > 1) return 'the parameters of batch norm differ in type';
  if (!isFoldable(m.scale.tensor.dtype)) return `parameters of type ${m.scale.tensor.dtype} are not folded`;
  if (tensors.some((each) => each.size !== channels)) {
    return `batch norm has ${m.scale.tensor.size} channels, its neighbour ${channels}`;
  }
  const [gamma, beta, mean, variance] = tensors.map((each) => each.numbers());
  const epsilon = getFloat(m.bn, 'epsilon', 1e-5);
  const factor = new Float64Array(channels);
  const offset = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    factor[c] = (gamma?.[c] ?? NaN) / Math.sqrt((variance?.[c] ?? NaN) + epsilon);
    offset[c] = (beta?.[c] ?? NaN) - (mean?.[c] ?? NaN) * (factor[c] ?? NaN);
  }
  if (![...factor, ...offset].every(Number.isFinite)) return 'a channel of batch norm has no finite scale and shift';
  return { factor, offset };
}
