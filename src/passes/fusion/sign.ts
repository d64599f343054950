import { getFloat, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** Never below 0, whatever the input (operator specification). */
const NEVER_NEGATIVE: ReadonlySet<string> = new Set([
  'Relu',
  'Sigmoid',
  'HardSigmoid',
  'Softmax',
  'Softplus',
  'Abs',
  'Exp',
  'Sqrt',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
]);

/** Not below 0 where their inputs are not: they move, choose, add or multiply them. */
const KEEP: ReadonlySet<string> = new Set([
  'Identity',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Concat',
  'Add',
  'Mul',
  'Sum',
]);
/** As above, for their first input. */
const KEEP_FIRST: ReadonlySet<string> = new Set([
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
]);

/** How far back it is looked. */
const DEPTH = 6;

/** Whether no element can be below 0, by what computes the value; false: not proven. */
export function isNonNegative(context: PassContext, value: ValueId, depth = DEPTH): boolean {
  const { model } = context;
  const producer = model.getValue(value).producer;
  if (!producer || depth === 0) return false;
  const node = model.getNode(producer.node);
  if (node.opType === 'FusedConv' && node.domain === 'com.microsoft') return clampsBelow(node);
  if (node.domain !== '') return false;
  if (NEVER_NEGATIVE.has(node.opType)) return true;
  if (node.opType === 'Clip') return lowerLimit(context, node) >= 0;
  const inputs = KEEP.has(node.opType) ? node.inputs : KEEP_FIRST.has(node.opType) ? node.inputs.slice(0, 1) : [];
  return inputs.length > 0 && inputs.every((each) => each !== null && isNonNegative(context, each, depth - 1));
}

/** The activation of a fused convolution has the limits of Clip as its parameters. */
function clampsBelow(conv: Node): boolean {
  const activation = getString(conv, 'activation', '');
  const parameters = conv.attributes.get('activation_params');
  if (activation === 'Clip') return parameters?.type === 'floats' && (parameters.value[0] ?? -1) >= 0;
  return activation === 'Relu' || activation === 'Sigmoid' || activation === 'HardSigmoid';
}

function lowerLimit(context: PassContext, clip: Node): number {
  if (context.model.opset() < 11) return getFloat(clip, 'min', -Infinity);
  const limit = clip.inputs[1] ?? null;
  const tensor = limit === null ? null : constantOf(context, limit);
  return tensor?.size === 1 ? (tensor.numbers()[0] ?? -Infinity) : -Infinity;
}
