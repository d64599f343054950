import { defined } from '../../base/assert.ts';
import { floatsAttribute, getFloat, getInt, getString, string } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { kernelVerdict } from '../../ops/kernels.ts';
import { opKey } from '../../ops/registry.ts';
import { dtypeOf, rankOf } from '../../rewrite/known.ts';
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

/** An activation as FusedConv is told it. */
interface Activation {
  /** Default: the operator's own name. */
  readonly name?: string;
  readonly parameters: Parameters;
}

/**
 * Activations that FusedConv takes. On ONNX Runtime Web 1.30 each came out right on WASM and on native WebGPU, for one to
 * three spatial axes, grouped and not; others (Elu, Mish) are refused at loading.
 */
const EVERYWHERE: Readonly<Record<string, Activation>> = {
  Relu: { parameters: none },
  Sigmoid: { parameters: none },
  Tanh: { parameters: none },
  LeakyRelu: { parameters: (_, each) => [getFloat(each, 'alpha', 0.01)] },
  Clip: { parameters: clipLimits },
  HardSigmoid: { parameters: (_, each) => [getFloat(each, 'alpha', 0.2), getFloat(each, 'beta', 0.5)] },
  HardSwish: { parameters: none },
};

/** Gelu by the error function; the approximation by tanh is another. */
const exactGelu: Parameters = (_, each) =>
  getString(each, 'approximate', 'none') === 'none' ? [] : 'the fused convolution has no Gelu by tanh';

/**
 * What the native WebGPU kernel takes besides, seen on the same release in the same way; the WASM kernel refuses these at
 * loading. QuickGelu is x·σ(α·x), so that SiLU is QuickGelu with α = 1.
 */
const ON_WEBGPU: Readonly<Record<string, Activation>> = {
  Softplus: { parameters: none },
  Gelu: { parameters: exactGelu },
  Swish: { name: 'QuickGelu', parameters: (_, each) => [getFloat(each, 'alpha', 1)] },
  'com.microsoft.Gelu': { name: 'Gelu', parameters: none },
  'com.microsoft.QuickGelu': { name: 'QuickGelu', parameters: (_, each) => [getFloat(each, 'alpha', 1.702)] },
};

const ownName = (key: string): string => key.replace(/.*\./, '');

/** Names of the operators: those of ai.onnx for every backend, for WebGPU, and those of ONNX Runtime's own domain. */
export const ACTIVATIONS = Object.keys(EVERYWHERE);
export const WEBGPU_ACTIVATIONS = Object.keys(ON_WEBGPU).filter((key) => !key.includes('.'));
export const CONTRIB_ACTIVATIONS = Object.keys(ON_WEBGPU)
  .filter((key) => key.includes('.'))
  .map(ownName);

function rowOf({ backend }: PassContext, activation: Node): Activation {
  const key = opKey(activation);
  const row = EVERYWHERE[key] ?? (backend === 'webgpu' ? ON_WEBGPU[key] : undefined);
  return defined(row, `the activation ${key} on ${backend}`);
}

/** WASM computes float16 in float32, between conversions of its own; the fused node saves those in the middle. */
const takesHalf = ({ backend }: PassContext): boolean =>
  backend === 'wasm' && kernelVerdict('com.microsoft.FusedConv Relu', 'wasm float16') === 'right';

/** Why FusedConv cannot take this convolution over; null: it can. */
export function convReason(context: PassContext, conv: Node): string | null {
  const x = defined(conv.inputs[0], 'the input of Conv');
  const dtype = dtypeOf(context, x);
  if (dtype !== 'float32' && !(dtype === 'float16' && takesHalf(context))) {
    return `the fused convolution takes float32, and this one is ${dtype ?? 'of unknown type'}`;
  }
  const grouped = context.backend === 'webgpu' && getInt(conv, 'group', 1) > 1;
  return grouped && rankOf(context, x) === 5 ? 'on WebGPU a convolution over three axes cannot be grouped' : null;
}

/** Why FusedConv cannot compute this activation; null: it can. */
export function activationReason(context: PassContext, activation: Node): string | null {
  const found = rowOf(context, activation).parameters(context, activation);
  return typeof found === 'string' ? found : null;
}

/** Attributes of the convolution with the activation in it. */
export function withActivation(context: PassContext, conv: Node, activation: Node): Map<string, Attribute> {
  const { name, parameters } = rowOf(context, activation);
  const found = parameters(context, activation);
  return withNamed(conv, name ?? activation.opType, typeof found === 'string' ? [] : found);
}

/** x·σ(x), written as two operators. */
export const withSilu = (conv: Node): Map<string, Attribute> => withNamed(conv, 'QuickGelu', [1]);

function withNamed(conv: Node, name: string, parameters: readonly number[]): Map<string, Attribute> {
  const attributes = new Map(conv.attributes).set('activation', string(name));
  if (parameters.length > 0) attributes.set('activation_params', floatsAttribute(parameters));
  return attributes;
}
