import { label } from '../../rewrite/graphs.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { any, op, type Bound } from '../../rewrite/pattern.ts';
import { rule } from '../../rewrite/rule.ts';
import { eagerly } from '../../rewrite/weights.ts';
import { affineOf, batchNormCaptures } from './batch-norm.ts';
import { reasonOf, resultOf, type Affine } from './fold-affine.ts';
import { scaleShiftOf, secondAxis, stepCaptures, stepOf } from './scale-shift.ts';

const captures = { ...batchNormCaptures, ...stepCaptures, x: any };
type Parts = Bound<typeof captures>;

/** The step behind, as a map of the channels that are normalized, or what is missing. */
function stepMap(m: Parts, where: PassContext): Affine | string {
  const channels = m.scale.tensor.size;
  const norm = affineOf(where, m, channels);
  if (typeof norm === 'string') return norm;
  if (m.by.tensor.dtype !== m.scale.tensor.dtype) return 'the parameters of batch norm and the constant differ in type';
  const rank = rankOf(where, m.x);
  return rank === null ? 'the rank of what is normalized is not known' : scaleShiftOf(m, channels, secondAxis(rank));
}

/** (x̂·γ + β)·a + b = x̂·(γ·a) + (β·a + b), as Caffe's pairs of BatchNorm and Scale. */
export const afterBatchNorm = rule({
  name: 'bn-step',
  captures,
  pattern: (c) => {
    const norm = op('BatchNormalization', [c.x, c.scale, c.shift, c.mean, c.variance], { as: c.bn });
    return stepOf(c, norm);
  },
  when: (m, where) => reasonOf(stepMap(m, where)),
  what: (m, { model }) => `Folds ${label(model, m.step)} into the scale and shift of ${label(model, m.bn)}.`,
  apply: (m, build, where) => {
    const map = stepMap(m, where);
    if (typeof map === 'string') return;
    const { dtype, shape } = m.scale.tensor;
    const [gamma, beta] = [m.scale.tensor.numbers(), m.shift.tensor.numbers()];
    const scale = map.factor.map((factor, c) => factor * (gamma[c] ?? NaN));
    const shift = map.offset.map((offset, c) => offset + (map.factor[c] ?? NaN) * (beta[c] ?? NaN));
    const inputs = [
      m.x,
      build.constant('scale', eagerly(dtype, shape, scale), m.scale.value),
      build.constant('shift', eagerly(dtype, shape, shift), m.shift.value),
      m.mean.value,
      m.variance.value,
    ];
    build.take(resultOf(m.step), build.node('BatchNormalization', inputs, { attributes: m.bn.attributes }));
  },
});
