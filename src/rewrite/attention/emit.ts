import { float, int, ints } from '../../ir/attribute.ts';
import type { Attribute, Model, Node } from '../../ir/model.ts';
import { tensorType, type NodeId, type ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import { label, outputsOf } from '../graphs.ts';
import { dtypeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { eagerly } from '../weights.ts';
import { sizeOfAtoms, type Axes } from './atoms.ts';
import { biasOf, type Grid } from './bias.ts';
import { emitGrouped } from './grouped.ts';
import { once } from './once.ts';
import { OperandBuilder } from './operands.ts';
import { packedConstants, type Packed } from './packed.ts';
import type { Side } from './past.ts';
import type { Plan } from './plan.ts';
import { shapesOf } from './readers.ts';
import { shapeFactors, SizeBuilder, type Size, type Sizes } from './sizes.ts';

const CONTRIB = 'com.microsoft';

/** The operands as they go into the operator. */
interface Operands {
  readonly query: ValueId;
  readonly key: ValueId;
  readonly value: ValueId;
  readonly earlierKey: ValueId | null;
  readonly earlierValue: ValueId | null;
}

/** softmax(scale·Q·Kᵀ + bias)·V for all heads, by one operator. */
export function emit(
  context: PassContext,
  build: Build,
  plan: Plan,
  packed: Packed | null,
  gone: ReadonlySet<NodeId>,
): void {
  const told = toldShapes(build.model, plan, gone);
  const sizes = new SizeBuilder(build);
  const { fused, where } = fusedOf(context, build, plan, packed, sizes);
  giveAll(build, plan, fused);
  finish(context, build, plan, fused);
  for (const { result, axes } of told) {
    const factors = shapeFactors(axes, where);
    if (factors) build.model.replaceAllUses(result, sizes.vector(factors));
  }
}

interface Fused {
  readonly fused: Node;
  readonly where: Sizes;
}

function fusedOf(context: PassContext, build: Build, plan: Plan, packed: Packed | null, sizes: SizeBuilder): Fused {
  if (packed) {
    const where = sizesOf(plan, { query: packed.x, key: packed.x, earlierKey: null });
    return { fused: packedOperator(build, plan, packed, biasFor(context, build, plan, sizes, where)), where };
  }
  if (plan.grouped) {
    const operands = new OperandBuilder(build, context);
    const query = operands.operand(plan.query, 'query', plan.width);
    // Keys are as many as queries here.
    const where = sizesOf(plan, { query, key: query, earlierKey: null });
    const { queries, batch } = where;
    return {
      fused: emitGrouped({ build, operands, sizes, queries, batch: batch.size }, plan, plan.grouped, query),
      where,
    };
  }
  const operands = operandsOf(context, build, plan);
  const where = sizesOf(plan, operands);
  return { fused: operator(context, build, plan, operands, biasFor(context, build, plan, sizes, where)), where };
}

/** Shapes of what goes that someone stays to read. */
function toldShapes(
  model: Model,
  plan: Plan,
  gone: ReadonlySet<NodeId>,
): readonly { readonly result: ValueId; readonly axes: Axes }[] {
  const known = axesOfInner(plan);
  return shapesOf(model, removedBy(plan))
    .filter(({ of }) => of !== plan.merge.target)
    .flatMap(({ shape, of }) => outputsOf(shape).map((result) => ({ result, axes: known.get(of) ?? [] })))
    .filter(({ result }) => model.getValue(result).uses.some((use) => !gone.has(use.node)));
}

function packedOperator(build: Build, plan: Plan, packed: Packed, bias: ValueId | null): Node {
  const constants = packedConstants(build, packed);
  const attributes: (readonly [string, Attribute])[] = [
    ['num_heads', int(plan.heads)],
    ['scale', float(plan.scale)],
  ];
  const [width, valueWidth] = [plan.heads * plan.width, plan.heads * plan.valueWidth];
  if (width !== valueWidth) attributes.push(['qkv_hidden_sizes', ints([width, width, valueWidth])]);
  build.opset(CONTRIB, 1);
  const inputs = trimmed([packed.x, constants.weight, constants.bias, null, null, bias]);
  return build.node('Attention', inputs, { domain: CONTRIB, attributes });
}

function operandsOf(context: PassContext, build: Build, plan: Plan): Operands {
  const make = new OperandBuilder(build, context);
  const { past, width, valueWidth } = plan;
  return {
    query: make.operand(plan.query, 'query', width),
    key: make.operand(plan.key, 'key', width),
    value: make.operand(plan.value, 'value', valueWidth),
    earlierKey: past && make.operand(past.key.earlier, 'past-key', width),
    earlierValue: past && make.operand(past.value.earlier, 'past-value', valueWidth),
  };
}

/** The scores as the operator has them. */
export const gridOf = (plan: Plan): Grid => ({
  batch: plan.query.batch,
  heads: plan.query.heads,
  queries: plan.scores.product.position,
  keys: plan.scores.product.axes.at(-1) ?? [],
});

interface KnownSizes extends Sizes {
  readonly queries: Size;
  readonly keys: Size;
}

function sizesOf(plan: Plan, { query, key, earlierKey }: Pick<Operands, 'query' | 'key' | 'earlierKey'>): KnownSizes {
  const grid = gridOf(plan);
  const sized = (size: ReturnType<typeof sizeOfAtoms>, otherwise: Size): Size =>
    typeof size === 'number' ? size : otherwise;
  const own: Size = { of: key, axis: plan.key.to === 'heads' && key !== query ? 2 : 1 };
  const all: Size = earlierKey === null ? own : { sum: [{ of: earlierKey, axis: 2 }, own] };
  const queries = sized(sizeOfAtoms(grid.queries), { of: query, axis: 1 });
  const keys = sized(sizeOfAtoms(grid.keys), all);
  const byRoot = new Map<string, Size>();
  for (const atom of grid.queries.slice(0, 1)) byRoot.set(atom.root, queries);
  for (const atom of grid.keys.slice(0, 1)) byRoot.set(atom.root, keys);
  const batch = sized(sizeOfAtoms(grid.batch), { of: query, axis: 0 });
  return { batch: { atoms: grid.batch, size: batch }, byRoot, queries, keys };
}

function biasFor(
  context: PassContext,
  build: Build,
  plan: Plan,
  sizes: SizeBuilder,
  { queries, keys }: KnownSizes,
): ValueId | null {
  const { steps } = plan.masking;
  const dtype = dtypeOf(context, plan.scores.product.left.value) ?? 'float32';
  const grid = gridOf(plan);
  const parts = { context, build, sizes, grid, dtype, heads: plan.heads, queries, keys };
  if (steps.length === 0) return null;
  const known = [grid.batch, grid.queries, grid.keys].map(sizeOfAtoms);
  const key = known.includes(null) ? `at ${plan.anchor.id}` : `${known.join()} ${plan.heads}`;
  return once(build, `bias ${key} ${dtype} ${JSON.stringify(steps)}`, () => biasOf(parts, steps));
}

function operator(context: PassContext, build: Build, plan: Plan, operands: Operands, bias: ValueId | null): Node {
  const { query, key, value, earlierKey, earlierValue } = operands;
  const scale: readonly [string, Attribute] = ['scale', float(plan.scale)];
  if (context.backend === 'portable') {
    const attributes = [['q_num_heads', int(plan.heads)] as const, ['kv_num_heads', int(plan.heads)] as const, scale];
    return build.node('Attention', trimmed([query, key, value, bias, earlierKey, earlierValue]), { attributes });
  }
  build.opset(CONTRIB, 1);
  const inputs = trimmed([query, key, value, null, null, bias, earlierKey, earlierValue]);
  return build.node('MultiHeadAttention', inputs, {
    domain: CONTRIB,
    attributes: [['num_heads', int(plan.heads)], scale],
  });
}

function trimmed(inputs: readonly (ValueId | null)[]): readonly (ValueId | null)[] {
  const last = inputs.findLastIndex((input) => input !== null);
  return inputs.slice(0, last + 1);
}

/** With a cache, the operator gives all keys and values too: runtimes ignore the cache where nobody asks for them. */
function giveAll(build: Build, plan: Plan, fused: Node): void {
  sidesOf(plan).forEach((side, i) => give(build, side, fused, i + 1, i === 0 ? 'present-key' : 'present-value'));
}

function give(build: Build, side: Side, fused: Node, index: number, name: string): void {
  const perm = permFrom(side);
  if (!perm) {
    build.take(side.all, fused, index);
    return;
  }
  const present = build.output(fused, name, null, index);
  const back = build.node('Transpose', [present], { attributes: [['perm', ints(perm)]], label: name });
  build.take(side.all, back);
}

/** How [batch, heads, positions, width] becomes what the Concat gave; null: it is that. */
function permFrom(side: Side): readonly number[] | null {
  const inverse = side.form.perm.map((_, i) => side.form.perm.indexOf(i));
  return inverse.every((axis, i) => axis === i) ? null : inverse;
}

/** From [batch, queries, heads·width] to the value that the graph goes on with. */
function finish(context: PassContext, build: Build, plan: Plan, fused: Node): void {
  const { merge, heads, valueWidth } = plan;
  const sizes = new SizeBuilder(build);
  let last = fused;
  let at = 0;
  const next = (
    opType: string,
    rest: readonly ValueId[],
    label: string,
    attributes: readonly (readonly [string, Attribute])[] = [],
  ): void => {
    const value = build.output(last, `${label}-of`, null, at);
    last = build.node(opType, [value, ...rest], { label, attributes });
    at = 0;
  };
  if (plan.zeroes) last = zeroed(context, build, plan, fused);
  if (merge.reshape === 'split') next('Reshape', [sizes.constant([0, 0, heads, valueWidth])], 'split');
  if (merge.perm) next('Transpose', [], 'order', [['perm', ints(merge.perm)]]);
  if (merge.reshape === 'rows') next('Reshape', [sizes.constant([-1, heads * valueWidth])], 'rows');
  build.take(merge.target, last, at);
}

/** Where(IsNaN(y), 0, y): the weights of such a row were NaN, then 0, and so is their sum. */
function zeroed(context: PassContext, build: Build, plan: Plan, fused: Node): Node {
  const dtype = dtypeOf(context, plan.merge.target) ?? 'float32';
  const y = build.output(fused, 'unguarded', null);
  const isNaN = build.output(build.node('IsNaN', [y], { label: 'is-nan' }), 'is-nan', tensorType('bool', null));
  return build.node('Where', [isNaN, build.constant('zero', eagerly(dtype, [], [0])), y], { label: 'guard' });
}

/** Whether the shapes of the values inside can be told from the operands. A clause otherwise. */
export function shapesReason(model: Model, plan: Plan): string | null {
  const where = sizesOf(plan, {
    query: plan.query.view.value,
    key: plan.key.view.value,
    earlierKey: plan.past && plan.past.key.earlier.view.value,
  });
  const known = axesOfInner(plan);
  for (const { shape, of } of shapesOf(model, removedBy(plan))) {
    if (of === plan.merge.target) continue;
    const axes = known.get(of);
    if (!axes || !shapeFactors(axes, where))
      return `the shape that ${label(model, shape)} reads is not had from the operands`;
    if (outputsOf(shape).some((output) => model.isGraphOutput(output)))
      return `the result of ${label(model, shape)} is a graph output`;
  }
  return null;
}

export const sidesOf = (plan: Plan): readonly Side[] => (plan.past ? [plan.past.key, plan.past.value] : []);
/** Nodes whose work the fused operator does. */
export const removedBy = (plan: Plan): readonly Node[] => [...plan.inner, ...sidesOf(plan).map((side) => side.concat)];

/** Axes of the values inside. */
function axesOfInner(plan: Plan): ReadonlyMap<ValueId, Axes> {
  const found = new Map<ValueId, Axes>();
  const add = (node: Node, axes: Axes): void => {
    for (const output of outputsOf(node)) found.set(output, axes);
  };
  add(plan.scores.product.node, plan.scores.product.axes);
  for (const stage of plan.scores.stages) add(stage.node, stage.axes);
  for (const node of [plan.softmax, ...plan.tail]) add(node, plan.weighted.left.axes);
  add(plan.weighted.node, plan.weighted.axes);
  for (const side of sidesOf(plan)) add(side.concat, side.form.view.axes);
  plan.merge.nodes.forEach((node, i) => add(node, plan.merge.axes[i] ?? []));
  return found;
}
