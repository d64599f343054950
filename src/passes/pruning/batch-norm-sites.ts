import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import { nodesOfTypes } from '../../rewrite/anchors.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { trainingReason } from '../fusion/batch-norm.ts';

/** The rule of its sites. */
export const RULE = 'statistics';

/** Fewer samples say little of other inputs, however many elements each has: the elements of one go together. */
const LEAST_SAMPLES = 8;
/** The variance of n independent elements is known to √(2 / (n − 1)) of itself: to an eighth from here on. */
const LEAST_ELEMENTS = 128;

/** A batch normalization in inference form. */
export interface Norm {
  readonly node: Node;
  readonly key: string;
  readonly x: ValueId;
  readonly channels: number;
  /** Mean and variance. */
  readonly statistics: readonly [Tensor, Tensor];
}

/** Batch normalizations with what they hold, or why they are left alone. */
export function normsOf(context: PassContext): { readonly node: Node; readonly found: Norm | string }[] {
  return nodesOfTypes(context, ['BatchNormalization'])
    .filter((node) => node.domain === '' && isWhole(node))
    .map((node) => ({ node, found: normOf(context, node) }));
}

export function normOf(context: PassContext, node: Node): Norm | string {
  const { model, analysis } = context;
  if (node.graph !== model.graph.id) return 'It stands in a body (If, Loop, Scan): what it gets there is not observed.';
  const training = trainingReason(context, node);
  if (training !== null) return sentence(training);
  const constants = node.inputs.slice(1).map((input) => (input === null ? null : constantOf(context, input)));
  const [scale, shift, mean, variance] = constants;
  if (!scale || !shift || !mean || !variance) return 'Scale, bias, mean and variance have to be constants.';
  const x = node.inputs[0] as ValueId;
  const types = [analysis.dtype(x), mean.dtype, variance.dtype];
  const other = types.find((each) => each !== 'float32' && each !== 'float16');
  if (other !== undefined) return `Only float32 and float16 are observed, not ${other ?? 'an unknown type'}.`;
  const channels = analysis.shape(x)?.[1];
  if (channels !== mean.size) return 'How many elements each channel gets is not known: the shape of its input is not.';
  if (variance.size !== mean.size) return `It has ${mean.size} means and ${variance.size} variances.`;
  return { node, key: siteKey(model, RULE, node, [node.id]), x, channels, statistics: [mean, variance] };
}

/** Why the data will not do, as far as it is known without a run. */
export function dataReason({ facts, analysis }: PassContext, { x }: Norm): string | null {
  const { samples } = facts;
  if (samples === null) return 'Calibration data are needed: made-up inputs would make it fit noise.';
  if (samples < LEAST_SAMPLES) return `${samples} samples are too few: ${LEAST_SAMPLES} or more are needed.`;
  const [batch, , ...positions] = analysis.shape(x) ?? [];
  if (typeof batch === 'number' && batch > 1) return null;
  const each = positions.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : NaN), 1);
  return elementsReason(samples * each);
}

export const elementsReason = (elements: number): string | null =>
  elements < LEAST_ELEMENTS
    ? `A channel gets ${elements} elements: ${LEAST_ELEMENTS} or more are needed for its variance.`
    : null;
