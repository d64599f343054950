import { defined } from '../../base/assert.ts';
import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import {
  gate,
  sameOperator,
  signatureOf,
  soleReaders,
  stepsBehind,
  unary,
  writeSteps,
  type Step,
  type StepFinder,
} from './branches.ts';
import { channelsOf, convAttributes, convParts, stackBiases, stackWeights, type ConvParts } from './conv-parts.ts';
import { resultOf } from './fold-affine.ts';
import { divide } from './split.ts';

/** Branches that are computed together, along the channels. */
export interface ConvBranches {
  /** Convolutions over one value that the branches begin with, or the Split that they begin behind. */
  readonly heads: readonly Node[];
  readonly steps: readonly Step[];
  write(build: Build): void;
}

/** Equal texts: convolutions of one shape that walk alike. */
const shapeKey = ({ weight, strides, dilations, pads, group }: ConvParts): string =>
  [weight.dtype, ...weight.shape, 's', ...strides, ...dilations, ...pads, group].join();

/** Each branch has its own weights: a group of the merged convolution for each group of each branch. */
const convolution: StepFinder = (context, values) => {
  const nodes = soleReaders(context, values);
  if (!nodes || nodes.some(({ opType, domain }) => opType !== 'Conv' || domain !== '')) return null;
  const parts = nodes.map((node) => convParts(context, node)).filter((each) => typeof each !== 'string');
  const [first] = parts;
  if (!first || parts.length !== nodes.length || new Set(parts.map(shapeKey)).size > 1) return null;
  // ONNX Runtime's WebGPU kernel for three spatial axes takes no groups.
  if (context.backend === 'webgpu' && first.kernel.length > 2) return null;
  return {
    nodes,
    results: nodes.map(resultOf),
    channels: channelsOf(first),
    write: (build, wide, name) => merged(build, wide, parts, parts.length * first.group, name),
  };
};

function merged(build: Build, x: ValueId, parts: readonly ConvParts[], group: number, name: string): Node {
  const first = defined(parts[0], 'a convolution');
  const weight = stackWeights(
    parts.map((each) => each.weight),
    first.kernel,
  );
  const bias = stackBiases(parts);
  const inputs = [x, build.constant(`${name}-weight`, weight), ...(bias ? [build.constant(`${name}-bias`, bias)] : [])];
  return build.node('Conv', inputs, { attributes: convAttributes({ ...first, group }), label: name });
}

/** Channel by channel. */
const pooling = sameOperator(new Set(['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool']));

const FINDERS = [convolution, unary, gate, pooling];

/** What a convolution's result goes into, as text; branches are only compared where it is equal. */
function nextOf(context: PassContext, conv: Node): string {
  const readers = context.model.getValue(resultOf(conv)).uses.map(({ node }) => context.model.getNode(node));
  const texts = readers.map((reader) => {
    const parts = reader.opType === 'Conv' && reader.domain === '' ? convParts(context, reader) : '';
    return typeof parts === 'string' ? signatureOf(context, reader) : shapeKey(parts);
  });
  return texts.sort().join(' | ');
}

/** Branches that begin with ungrouped convolutions over one value; the clause that says why a group of them has none. */
export function branchesOver(context: PassContext, nodes: readonly Node[]): (ConvBranches | string)[] {
  const alike = new Map<string, Map<string, ConvParts[]>>();
  for (const node of nodes) {
    const parts = convParts(context, node);
    if (typeof parts === 'string' || parts.group !== 1) continue;
    const byNext = alike.get(shapeKey(parts)) ?? new Map<string, ConvParts[]>();
    const next = nextOf(context, node);
    alike.set(shapeKey(parts), byNext.set(next, [...(byNext.get(next) ?? []), parts]));
  }
  return [...alike.values()].flatMap((byNext): readonly (ConvBranches | string)[] => {
    const groups = [...byNext.values()].filter((group) => group.length > 1);
    const found = groups.flatMap((group) => fromHeads(context, group) ?? []);
    return found.length === 0 && (byNext.size > 1 || groups.length > 0)
      ? ['the operators behind the convolutions differ']
      : found;
  });
}

function fromHeads(context: PassContext, heads: readonly ConvParts[]): ConvBranches | null {
  const first = defined(heads[0], 'a convolution');
  const nodes = heads.map(({ node }) => node);
  const steps = stepsBehind(context, nodes.map(resultOf), FINDERS);
  if (steps.length === 0) return null;
  return {
    heads: nodes,
    steps,
    write: (build) => {
      const wide = build.output(merged(build, first.x, heads, 1, 'heads'), 'heads', null);
      finish(build, steps, wide, channelsOf(first));
    },
  };
}

/** `channels`: of each branch before the steps. */
function finish(build: Build, steps: readonly Step[], wide: ValueId, channels: number): void {
  const sizes = steps.reduce((now, step) => step.channels ?? now, channels);
  const { results } = defined(steps.at(-1), 'a step');
  divide(
    build,
    writeSteps(build, steps, wide),
    results,
    results.map(() => sizes),
  );
}

/** Branches behind a Split of the channels into equal parts; null: the branches differ at once. */
export function branchesBehind(context: PassContext, split: Node): ConvBranches | null {
  if (split.domain !== '' || getInt(split, 'axis', 0) !== 1) return null;
  const values = split.outputs.filter((each) => each !== null);
  const sizes = new Set(values.map((value) => shapeOf(context, value)?.[1]));
  const [channels] = sizes;
  if (values.length < 2 || values.length !== split.outputs.length || sizes.size > 1 || typeof channels !== 'number')
    return null;
  const steps = stepsBehind(context, values, FINDERS);
  const x = defined(split.inputs[0], 'the input of Split');
  const producer = context.model.getValue(x).producer;
  const behindConv = producer !== null && context.model.getNode(producer.node).opType === 'Conv';
  const useful = behindConv || steps.some((step) => step.channels !== undefined);
  if (steps.length === 0 || !useful) return null;
  return { heads: [split], steps, write: (build) => finish(build, steps, x, channels) };
}
