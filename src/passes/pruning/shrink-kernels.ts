import { analyze } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import { ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { sizeOf, staticShape } from '../../ir/types.ts';
import { isMiddleAll, shrunkWeight, transformReason, type KernelTransforms } from '../../prune/kernels/crop.ts';
import { decidedSize, decodeKernel, encodeKernel } from '../../prune/kernels/decision.ts';
import { fitKernels } from '../../prune/kernels/fit.ts';
import { addProducts, productCount, tooLarge } from '../../prune/kernels/gram.ts';
import { kernelOptions, type KernelOptions } from '../../prune/kernels/options.ts';
import {
  convolutions,
  kernelConv,
  kernelSizes,
  kernelText,
  shrunkPads,
  smallerKernel,
  type KernelConv,
} from '../../prune/kernels/window.ts';
import { Build, removeIfUnusedConstant, sweep } from '../../rewrite/build.ts';
import type { Investigation } from '../../rewrite/facts.ts';
import { anchorName, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { eagerly } from '../../rewrite/weights.ts';
import { decidedOf } from './decided.ts';

const RULE = 'smaller-kernel';

/** Fitted weights that a recipe keeps for one convolution, at most; above, the middle will do. */
const MOST_KEPT = 2 ** 17;
/** Products that leave each run together, at most, unless one convolution alone has more. */
const MOST_AT_ONCE = 2 ** 20;

/**
 * Makes kernels of convolutions smaller, 7 → 5 → 3: the middle stays, with learnt transforms or fitted to data where that
 * is asked for, and padding shrinks alike, so that every result keeps its shape (elastic kernel size of Cai et al. 2020,
 * Once for All). A decision is the size, with the weights where they were fitted, so that a replay runs nothing.
 */
export const shrinkKernels: Pass = {
  id: 'shrink-kernels',
  group: 'pruning',
  title: 'Shrink kernels',
  why: 'Keeps the middle of large kernels: a 5 × 5 convolution does 2.8 times the work of a 3 × 3 one.',
  options: {
    size: { type: 'number', default: 3, min: 1, max: 31, step: 2, label: 'Largest kernel that stays' },
    method: {
      type: 'choice',
      default: 'crop',
      choices: [
        { value: 'crop', label: 'The middle, as it is' },
        { value: 'least-squares', label: 'Nearest result on data (least squares)' },
      ],
      label: 'Weights of the smaller kernel',
    },
    kernels: { type: 'json', default: {}, label: 'Sizes, by the names of what convolutions give' },
    transforms: { type: 'json', default: {}, label: 'Learnt transforms, by the same names' },
  },
  preserves: 'approximation',
  needs: ['weights', 'activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['Conv'], operators: ['Conv', 'com.microsoft.FusedConv'] },
  investigate,
  find,
  apply,
};

/** A convolution that is to have a smaller kernel. */
interface Shrinking {
  readonly conv: KernelConv;
  readonly size: number;
  readonly name: string;
  readonly key: string;
}

function find(context: PassContext): Findings {
  const options = kernelOptions(context.options);
  const { shrinking, refusals } = chosen(context, options);
  const sites = shrinking.map((each) => siteOf(context, each, options));
  return context.decided.size > 0 ? { sites: decidedOf(sites, context), refusals: [] } : { sites, refusals };
}

/** Those that the options name, or that a recipe decided; of all others that are too large, why not. */
function chosen(
  context: PassContext,
  { size, sizes, transforms }: KernelOptions,
): { readonly shrinking: readonly Shrinking[]; readonly refusals: readonly Refusal[] } {
  const shrinking: Shrinking[] = [];
  const refusals: Refusal[] = [];
  const unknown = new Set(sizes.keys());
  for (const node of convolutions(context)) {
    const name = anchorName(context.model, node);
    unknown.delete(name);
    const key = siteKey(context.model, RULE, node, [node.id]);
    const decision = context.decided.get(key);
    const wanted = decision === undefined ? (sizes.size === 0 ? size : sizes.get(name)) : decidedSize(decision, name);
    if (wanted === undefined || kernelSizes(context, node)?.every((each) => Number(each) <= wanted) === true) continue;
    const conv = kernelConv(context, node);
    const reason = typeof conv === 'string' ? conv : reasonOf(conv, wanted, transforms.get(name));
    if (typeof conv !== 'string' && reason === null) shrinking.push({ conv, size: wanted, name, key });
    else refusals.push({ rule: RULE, nodes: [node.id], reason: reason ?? '' });
  }
  const missing = [...unknown].map((name) => ({
    rule: RULE,
    nodes: [],
    reason: `${name}: no convolution gives this value.`,
  }));
  return { shrinking, refusals: [...refusals, ...missing] };
}

function reasonOf(conv: KernelConv, size: number, transforms: KernelTransforms | undefined): string | null {
  const pads = shrunkPads(conv, size);
  if (typeof pads === 'string') return pads;
  return transforms ? transformReason(conv.kernel, size, transforms) : null;
}

function siteOf(context: PassContext, { conv, size, name, key }: Shrinking, options: KernelOptions): Site {
  const { node, kernel, weight } = conv;
  const measured = context.decided.get(key) ?? context.facts.investigated?.get(key);
  const decision = measured ?? encodeKernel({ size, weights: null });
  const isFitted = typeof decision === 'object' && decision !== null && 'weights' in decision;
  const isLearnt = !isFitted && options.transforms.has(name);
  const middle = isLearnt ? 'by learnt transforms' : 'which is its middle';
  const how = isFitted ? `fitted to ${dataText(context)}` : howOf(context, conv, size, options, middle);
  const small = kernelText(smallerKernel(kernel, size));
  return {
    key,
    rule: RULE,
    anchor: node.id,
    nodes: [node.id],
    what: `Makes the ${kernelText(kernel)} kernel of ${label(context.model, node)} ${small}, ${how}.`,
    decision,
    /** Zeros around the middle add nothing. */
    get preserves() {
      return !isFitted && !isLearnt && isMiddleAll(weight, size) ? 'order' : 'approximation';
    },
  };
}

/** A replay does not know what it was. */
const dataText = ({ facts, decided }: PassContext): string =>
  decided.size > 0 ? 'data' : facts.samples === null ? 'made-up inputs' : `${facts.samples} samples`;

function howOf(
  context: PassContext,
  conv: KernelConv,
  size: number,
  { method }: KernelOptions,
  middle: string,
): string {
  if (method === 'crop' || context.decided.size > 0) return middle;
  const reason = unfittedReason(context, conv, size);
  return reason === null ? `fitted to ${dataText(context)} once it is applied` : `${middle}: ${reason}`;
}

/** Why it is not fitted to data; null: it is. */
function unfittedReason({ model, analysis }: PassContext, conv: KernelConv, size: number): string | null {
  const { node, x, weight, kernel } = conv;
  if (node.graph !== model.graph.id) return 'what a body (If, Loop, Scan) gets is not observed';
  if (analysis.shape(x) === null) return 'the shape of what it reads is not known';
  if (!['float32', 'float16'].includes(analysis.dtype(x) ?? '') || weight.dtype === 'float64' || model.opset() < 5) {
    return 'only float32 and float16 are observed, from operator set 5 on';
  }
  const kept = sizeOf([...weight.shape.slice(0, 2), ...smallerKernel(kernel, size)]);
  if (kept > MOST_KEPT) return `a recipe keeps at most ${MOST_KEPT} fitted weights of one convolution`;
  return tooLarge(conv, placesOf(analysis, node));
}

/** Of its result. Null: not known. */
function placesOf(analysis: PassContext['analysis'], node: Node): number | null {
  const shape = staticShape(node.outputs[0] ? (analysis.shape(node.outputs[0])?.slice(2) ?? null) : null);
  return shape && sizeOf(shape);
}

/** By site key: the size and the fitted weights. Every convolution is fitted to what it gets now. */
function* investigate(context: PassContext): Investigation {
  const options = kernelOptions(context.options);
  const found = new Map<string, Json>();
  if (options.method !== 'least-squares' || context.decided.size > 0) return found;
  const fitted = chosen(context, options).shrinking.filter(
    ({ conv, size }) => unfittedReason(context, conv, size) === null,
  );
  const rounds = roundsOf(fitted);
  for (const [done, round] of rounds.entries()) {
    const draft = context.model.clone();
    const values = round.map(({ conv }) => addProducts(draft, conv, context.analysis.dtype(conv.x) === 'float32'));
    draft.sort();
    const observed = values.map((value) => ({ value, dim: 1 }));
    const asked = { kind: 'spreads', draft, analysis: analyze(draft), observed, done, total: rounds.length } as const;
    const { spreads } = yield asked;
    round.forEach(({ conv, size, key }, i) => {
      const { mean, count } = spreads[i] ?? { mean: new Float64Array(), count: 0 };
      if (mean.length !== productCount(conv)) return;
      const patches = count * (placesOf(context.analysis, conv.node) ?? 1);
      found.set(key, encodeKernel({ size, weights: fitKernels(conv, size, mean, patches) }));
    });
  }
  return found;
}

function roundsOf(shrinking: readonly Shrinking[]): Shrinking[][] {
  const rounds: Shrinking[][] = [];
  let room = 0;
  for (const each of shrinking) {
    const count = productCount(each.conv);
    if (count > room) {
      rounds.push([]);
      room = MOST_AT_ONCE;
    }
    room -= count;
    rounds.at(-1)?.push(each);
  }
  return rounds;
}

function apply(context: PassContext, { anchor }: Site, decision: Json | undefined): boolean {
  const { model } = context;
  const node = model.getNode(anchor);
  const name = anchorName(model, node);
  const conv = kernelConv(context, node);
  if (typeof conv === 'string' || decision === undefined) return false;
  const { size, weights } = decodeKernel(decision, conv, name);
  const pads = shrunkPads(conv, size);
  if (typeof pads === 'string') throw new CodedError('replay-failed', `${label(model, node)}: ${pads}`, { name });
  const kernel = smallerKernel(conv.kernel, size);
  const { weight } = conv;
  const transforms = kernelOptions(context.options).transforms.get(name);
  const small = weights
    ? eagerly(weight.dtype, [...weight.shape.slice(0, 2), ...kernel], weights)
    : shrunkWeight(weight, size, transforms);
  setWeight(context, conv, small);
  if (node.attributes.has('kernel_shape')) node.attributes.set('kernel_shape', ints(kernel));
  if (pads && node.attributes.has('pads')) node.attributes.set('pads', ints(pads));
  return true;
}

/** In place of the larger one, beside it where others read that. */
function setWeight(context: PassContext, { node, weightValue }: KernelConv, small: Tensor): void {
  const { model } = context;
  const { uses, producer, graph } = model.getValue(weightValue);
  const isOwn = model.getGraph(graph).initializers.has(weightValue) && uses.length === 1;
  if (isOwn && !model.isGraphOutput(weightValue)) {
    model.setInitializer(weightValue, small);
    model.getValue(weightValue).origin = { relation: 'new' };
    return;
  }
  model.setInput(node, 1, new Build(context, RULE, node).constant('weight', small));
  if (producer) sweep(model, [producer.node]);
  else removeIfUnusedConstant(model, weightValue);
}
