import { getFloat, getInt } from '../../../ir/attribute.ts';
import { along, channelsOf, type Known } from '../known.ts';
import { first, type ConstantRule, type Look } from '../look.ts';

/** (x − mean) / √(variance + ε) · scale + B; scale 0 gives B, whatever x is. */
function batchNorm(at: Look): Known | null {
  const rank = at.shape(0)?.length;
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map(at.floats);
  if (rank === undefined || getInt(at.node, 'training_mode', 0) !== 0) return null;
  if (!scale || !bias || !mean || !variance) return null;
  const epsilon = getFloat(at.node, 'epsilon', 1e-5);
  const given = at.known(0);
  const x = given && channelsOf(given, 1, scale.length);
  const made = Float64Array.from(scale, (s, c) => {
    if (s === 0) return bias[c] ?? NaN;
    const factor = s / Math.sqrt((variance[c] ?? NaN) + epsilon);
    return Math.fround(((x?.[c] ?? NaN) - (mean[c] ?? NaN)) * factor + (bias[c] ?? NaN));
  });
  return along(rank, 1, made);
}

/** Its statistics are those of the input, so that only scale 0 makes a constant: B. */
function instanceNorm(at: Look): Known | null {
  const rank = at.shape(0)?.length;
  const [scale, bias] = [at.floats(1), at.floats(2)];
  if (rank === undefined || !scale || !bias) return null;
  return along(
    rank,
    1,
    Float64Array.from(scale, (s, c) => (s === 0 ? (bias[c] ?? NaN) : NaN)),
  );
}

export const normConstants: Readonly<Record<string, ConstantRule>> = {
  BatchNormalization: first(batchNorm),
  InstanceNormalization: first(instanceNorm),
};
