import { defined } from '../../base/assert.ts';
import { floatsAttribute, getFloat, string } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** The domain of ONNX Runtime's own operators. */
export const CONTRIB = 'com.microsoft';

/** What FusedConv is told about an activation: its parameters in order, or why they are not to be had. */
type Parameters = (context: PassContext, node: Node) => readonly number[] | string;

const none: Parameters = () => [];

/** The limits of Clip where none are given: those of float32 (operator specification). */
const LOWEST = -3.4028234663852886e38;
const HIGHEST = 3.4028234663852886e38;

/** Attributes before version 11, constant inputs from then on. */
function clipLimits(context: PassContext, clip: Node): readonly number[] | string {
  if (context.model.opset() < 11) return [getFloat(clip, 'min', LOWEST), getFloat(clip, 'max', HIGHEST)];
  const limits = [LOWEST, HIGHEST].map((fallback, i) => {
    const input = clip.inputs[i + 1] ?? null;
    if (input === null) return fallback;
    const tensor = constantOf(context, input);
    return tensor?.size === 1 ? (tensor.numbers()[0] ?? null) : null;
  });
  const [least, most] = limits;
  if (typeof least !== 'number' || typeof most !== 'number') return 'the limits of Clip are not constant';
  return least <= most ? [least, most] : 'the lower limit of Clip is above the upper one';
}

/**
 * Activations that FusedConv takes. On ONNX Runtime Web 1.30 each came out right on WASM and on native WebGPU, for one to
 * three spatial axes, grouped and not; others (Elu, Softplus) are refused at loading.
 */
export const ACTIVATIONS: Readonly<Record<string, Parameters>> = {
  Relu: none,
  Sigmoid: none,
  Tanh: none,
  LeakyRelu: (_, each) => [getFloat(each, 'alpha', 0.01)],
  Clip: clipLimits,
  HardSigmoid: (_, each) => [getFloat(each, 'alpha', 0.2), getFloat(each, 'beta', 0.5)],
  HardSwish: none,
};

const parametersOf = (context: PassContext, activation: Node): readonly number[] | string =>
  defined(ACTIVATIONS[activation.opType], activation.opType)(context, activation);

/** Why FusedConv cannot take this convolution over; null: it can. */
export function convReason(context: PassContext, conv: Node): string | null {
  const dtype = dtypeOf(context, defined(conv.inputs[0], 'the input of Conv'));
  return dtype === 'float32'
    ? null
    : `the fused convolution takes float32, and this one is ${dtype ?? 'of unknown type'}`;
}

/** Why FusedConv cannot compute this activation; null: it can. */
export function activationReason(context: PassContext, activation: Node): string | null {
  const found = parametersOf(context, activation);
  return typeof found === 'string' ? found : null;
}

/** Attributes of the convolution with the activation in it. */
export function withActivation(context: PassContext, conv: Node, activation: Node): Map<string, Attribute> {
  const parameters = parametersOf(context, activation);
  const attributes = new Map(conv.attributes).set('activation', string(activation.opType));
  if (typeof parameters !== 'string' && parameters.length > 0) {
    attributes.set('activation_params', floatsAttribute(parameters));
  }
  return attributes;
}
