import { float, getFloat, getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { found as foundNodes, searchPass, type Found } from '../../rewrite/search.ts';
import { Walk } from '../../rewrite/walk.ts';
import { castTo } from './affine.ts';
import { operandsOf, type Summed } from './skip-operands.ts';

const RULE = 'skip-norm';
const CONTRIB = 'com.microsoft';

/** Each normalization with the operator that adds first. */
const WITH_SKIP: Readonly<Record<string, string>> = {
  LayerNormalization: 'SkipLayerNormalization',
  SimplifiedLayerNormalization: 'SkipSimplifiedLayerNormalization',
  RMSNormalization: 'SkipSimplifiedLayerNormalization',
};

const outputOf = (node: Node): ValueId => node.outputs[0]!;

function recognise(context: PassContext, norm: Node): Found | null {
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
    return foundNodes({
      rule: RULE,
      nodes: [norm, add],
      ends: [norm, add],
      reason: missing,
      what: '',
      apply: () => {},
    });
  }
  const nodes = [norm, add, ...summed.nodes];
  const names = nodes.slice(1).map((node) => label(context.model, node));
  return foundNodes({
    rule: RULE,
    nodes,
    ends: others ? [norm, add] : [norm],
    reason: null,
    what: `Computes ${names.join(' and ')} inside ${label(context.model, norm)}${others ? ', which gives the sum too' : ''}.`,
    apply: (build) => emit(build, context, opType, norm, summed, others ? sum : null),
  });
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
export const fuseSkipNorm: Pass = searchPass({
  id: 'fuse-skip-norm',
  group: 'fusion',
  title: 'Fuse residual sum and normalization',
  why: 'The sum of the residual branch is normalised while it is at hand, and written once.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: backendsWith('com.microsoft.SkipLayerNormalization'),
  repeats: false,
  looksFor: {
    chains: ['Add → LayerNormalization', 'Add → SimplifiedLayerNormalization or RMSNormalization'],
    operators: ['Add', ...Object.keys(WITH_SKIP)],
  },
  seeds: Object.keys(WITH_SKIP),
  search: recognise,
});
