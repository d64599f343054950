import { float, getFloat, getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { DataType, Dim, ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, sameShape, shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { recognisePass, type Recognised } from '../../rewrite/recognise.ts';
import { otherOperand, Walk } from '../../rewrite/walk.ts';
import { castTo } from './affine.ts';

const RULE = 'skip-norm';
const CONTRIB = 'com.microsoft';

/** Each normalization with the operator that adds first. */
const WITH_SKIP: Readonly<Record<string, string>> = {
  LayerNormalization: 'SkipLayerNormalization',
  SimplifiedLayerNormalization: 'SkipSimplifiedLayerNormalization',
  RMSNormalization: 'SkipSimplifiedLayerNormalization',
};

/** input + skip + bias, then normalised. */
interface Summed {
  readonly input: ValueId;
  readonly skip: ValueId;
  readonly bias: ValueId | null;
  readonly nodes: readonly Node[];
}

const outputOf = (node: Node): ValueId => node.outputs[0]!;

function recognise(context: PassContext, norm: Node): Recognised | null {
  const opType = norm.domain === '' ? WITH_SKIP[norm.opType] : undefined;
  if (opType === undefined || context.model.opset() < 7) return null;
  const walk = new Walk(context, norm);
  const add = walk.producer(norm.inputs[0], 'Add');
  const [a = null, b = null] = add?.inputs ?? [];
  if (!add || a === null || b === null || [a, b].some((each) => isVector(context, each))) return null;
  const sum = outputOf(add);
  const others = walk.model.getValue(sum).uses.some((use) => use.node !== norm.id);
  const summed = operandsOf(walk, sum, a, b);
  const reason = normReason(context, norm, sum) ?? sumReason(context, norm, sum, others);
  if (reason !== null || typeof summed === 'string') {
    const missing = reason ?? (typeof summed === 'string' ? summed : '');
    return { rule: RULE, nodes: [norm, add], ends: [norm, add], reason: missing, what: '', apply: () => {} };
  }
  const nodes = [norm, add, ...summed.nodes];
  const names = nodes.slice(1).map((node) => label(context.model, node));
  return {
    rule: RULE,
    nodes,
    ends: others ? [norm, add] : [norm],
    reason: null,
    what: `Computes ${names.join(' and ')} inside ${label(context.model, norm)}${others ? ', which gives the sum too' : ''}.`,
    apply: (build) => emit(build, context, opType, norm, summed, others ? sum : null),
  };
}

/** A vector added to something else is a bias, and no skip. */
const isVector = (context: PassContext, value: ValueId): boolean => (shapeOf(context, value)?.length ?? 2) < 2;

/** What of the normalization itself the fused operator cannot do. */
function normReason(context: PassContext, norm: Node, sum: ValueId): string | null {
  const shape = shapeOf(context, sum);
  const rank = shape?.length ?? null;
  if (shape === null || rank === null || rank < 2 || rank > 3) {
    return `the sum that it normalises has ${rank === null ? 'an unknown number of' : rank} axes, and the fused operator takes 2 or 3`;
  }
  const axis = getInt(norm, 'axis', -1);
  if (axis !== -1 && axis !== rank - 1) return 'it normalises over more than the last axis';
  if (norm.outputs.slice(1).some((output) => output !== null && context.model.isUsed(output))) {
    return 'its mean or deviation is read';
  }
  if (getInt(norm, 'stash_type', 1) !== 1) return 'its statistics are computed in another type than float32';
  const last = shape.at(-1);
  for (const value of norm.inputs.slice(1)) {
    const vector = value === null ? null : shapeOf(context, value);
    if (value !== null && (vector?.length !== 1 || typeof last !== 'number' || vector[0] !== last)) {
      return 'its scale or shift is not proven to be a vector as long as the last axis';
    }
    // What computes them might read the sum, which the fused node gives.
    if (value !== null && context.model.getValue(value).producer !== null) return 'its scale or shift is computed';
  }
  return null;
}

/** What keeps the sum from being an output of the fused operator. */
function sumReason(context: PassContext, norm: Node, sum: ValueId, others: boolean): string | null {
  const type = dtypeOf(context, sum);
  const scale = scaleType(context, norm);
  for (const each of [type, scale]) {
    if (each !== 'float32' && each !== 'float16') return `it is computed in ${each ?? 'an unknown type'}`;
  }
  // ONNX Runtime's own fusion leaves such sums alone too: they are written either way.
  if (context.model.isGraphOutput(sum)) return 'the sum that it normalises is a graph output';
  return type !== scale && others
    ? `the sum is ${type}, the normalization ${scale}, and something else reads the sum`
    : null;
}

const scaleType = (context: PassContext, norm: Node): DataType | null => dtypeOf(context, norm.inputs[1]!);

/** Input, skip and bias: the input has the sum's shape, the skip too or without a batch; or why not. */
function operandsOf(walk: Walk, sum: ValueId, a: ValueId, b: ValueId): Summed | string {
  const { context } = walk;
  const [input, skip] = sameShape(context, a, sum) ? [a, b] : [b, a];
  if (!sameShape(context, input, sum) || !isSkip(context, skip, sum)) {
    return 'the shapes of what it adds are not proven to be equal, but for the batch';
  }
  for (const biased of [a, b]) {
    const found = biasOf(walk, biased);
    if (!found) continue;
    const { value, bias, node } = found;
    return biased === input ? { input: value, skip, bias, nodes: [node] } : { input, skip: value, bias, nodes: [node] };
  }
  return { input, skip, bias: null, nodes: [] };
}

const same = (a: Dim | undefined, b: Dim | undefined): boolean => a !== null && a !== undefined && a === b;

/** [B, S, H], or [1, S, H] or [S, H], against a sum of shape [B, S, H]. */
function isSkip(context: PassContext, skip: ValueId, sum: ValueId): boolean {
  if (sameShape(context, skip, sum)) return true;
  const [shape, full] = [shapeOf(context, skip), shapeOf(context, sum)];
  if (!shape || full?.length !== 3 || !same(shape.at(-1), full[2]) || !same(shape.at(-2), full[1])) return false;
  return shape.length === 2 || (shape.length === 3 && shape[0] === 1);
}

/** value + bias, where the bias is a vector along the last axis and nothing else reads the sum. */
function biasOf(
  walk: Walk,
  sum: ValueId,
): { readonly value: ValueId; readonly bias: ValueId; readonly node: Node } | null {
  const node = walk.producer(sum, 'Add');
  if (!node || !walk.reader(sum)) return null;
  const last = shapeOf(walk.context, sum)?.at(-1);
  for (const bias of node.inputs) {
    const value = bias === null ? null : otherOperand(node, bias);
    if (bias === null || value === null || walk.model.getValue(bias).producer !== null) continue;
    const shape = shapeOf(walk.context, bias);
    if (shape?.length === 1 && same(shape[0], last) && sameShape(walk.context, value, sum))
      return { value, bias, node };
  }
  return null;
}

/** (input + skip) + bias: the runtime adds in this order. `sum`: what other nodes read of it. */
function emit(
  build: Build,
  context: PassContext,
  opType: string,
  norm: Node,
  { input, skip, bias }: Summed,
  sum: ValueId | null,
): void {
  const [, scale = null, shift = null] = norm.inputs;
  const type = scaleType(context, norm)!;
  const typed = (value: ValueId, name: string): ValueId =>
    dtypeOf(context, value) === type ? value : castTo(build, value, type, name);
  const inputs: (ValueId | null)[] = [typed(input, 'input'), typed(skip, 'skip'), scale];
  if (opType === 'SkipLayerNormalization' && (shift !== null || bias !== null)) inputs.push(shift);
  if (bias !== null) inputs.push(typed(bias, 'bias'));
  build.opset(CONTRIB, 1);
  const attributes = [['epsilon', float(getFloat(norm, 'epsilon', 1e-5))] as const];
  const node = build.node(opType, inputs, { domain: CONTRIB, attributes });
  build.take(outputOf(norm), node);
  if (sum !== null) build.take(sum, node, 3);
}

/** An addition and the layer or RMS normalization behind it become one kernel, which gives the sum to others too. */
export const fuseSkipNorm: Pass = recognisePass({
  id: 'fuse-skip-norm',
  group: 'fusion',
  title: 'Fuse residual sum and normalization',
  why: 'The sum of the residual branch is normalised while it is at hand, and written once.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu'],
  repeats: false,
  looksFor: {
    chains: ['Add → LayerNormalization', 'Add → SimplifiedLayerNormalization or RMSNormalization'],
    operators: ['Add', ...Object.keys(WITH_SKIP)],
  },
  recognise,
});
