import { getInt, getInts, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { Dim, Shape, ValueId } from '../../ir/types.ts';
import { atLeast } from '../../ops/dim.ts';
import { axesOf } from '../../ops/shapes.ts';
import { bypass, bypassRefusal, removeIfUnusedConstant, type Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { constantInts, contentsOf, rankOf, sameShape, shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { inputOf, outputOf } from './ends.ts';
import { targetOf, type Target } from './reshape-target.ts';

const VIEWS = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'];

/** What takes the place of two: nothing, the second one alone, one Squeeze or Unsqueeze, or a Reshape. */
type Merged =
  | { readonly form: 'nothing' }
  | { readonly form: 'second' }
  | { readonly form: 'axes'; readonly axes: readonly number[] }
  | { readonly form: 'reshape'; readonly sizes: readonly number[] };

type Found = Merged | { readonly reason: string };

/** Axes of a Squeeze or Unsqueeze counted from the front; null: not known, or left out. */
function axesFrom(context: PassContext, view: Node): number[] | null {
  const given = getInts(view, 'axes', null) ?? (view.inputs[1] ? constantInts(context, view.inputs[1]) : null);
  if (!given || given.every((axis) => axis >= 0)) return given && [...given];
  const rank = rankOf(context, view.opType === 'Squeeze' ? inputOf(view) : outputOf(view));
  return rank === null ? null : axesOf(given, rank);
}

/** Positions of a longer shape that are left when `axes` are taken out: entry k is the place of axis k of the rest. */
function placesBeside(axes: readonly number[], count: number): number[] {
  const places: number[] = [];
  for (let place = 0; places.length < count; place++) if (!axes.includes(place)) places.push(place);
  return places;
}

/** Axes of `inner` as they are numbered where those of `outer` stand too. */
function joined(outer: readonly number[], inner: readonly number[]): number[] {
  const places = placesBeside(outer, Math.max(-1, ...inner) + 1);
  return [...outer, ...inner.map((axis) => places[axis] ?? 0)].sort((a, b) => a - b);
}

/** Squeeze∘Squeeze, Unsqueeze∘Unsqueeze, and Squeeze after an Unsqueeze of the same axes, whatever the shape. */
function byAxes(context: PassContext, first: Node, second: Node): Merged | null {
  if (!/Squeeze|Unsqueeze/.test(first.opType) || !/Squeeze|Unsqueeze/.test(second.opType)) return null;
  const [before, after] = [axesFrom(context, first), axesFrom(context, second)];
  if (!before || !after) return null;
  if (first.opType === second.opType) {
    const axes = first.opType === 'Squeeze' ? joined(before, after) : joined(after, before);
    return { form: 'axes', axes };
  }
  const same = before.length === after.length && before.every((axis) => after.includes(axis));
  return first.opType === 'Unsqueeze' && same ? { form: 'nothing' } : null;
}

/** Whether a size that Reshape is given means the same when it reads `x` in place of `middle`: a 0 would copy theirs. */
const meansTheSame = (size: Dim, x: Dim | undefined, middle: Dim | undefined): boolean =>
  (typeof size === 'number' && size !== 0) || atLeast(size, 1) || (x !== undefined && x !== null && x === middle);

/** The sizes of a constant shape with each 0 replaced by what it copies. */
const resolved = (sizes: readonly Dim[], middle: Shape): Dim[] =>
  sizes.map((size, i) => (size === 0 ? (middle?.[i] ?? null) : size));

function byShape(context: PassContext, first: Node, second: Node): Found {
  const x = shapeOf(context, inputOf(first));
  if (second.opType === 'Reshape') {
    const given = second.inputs[1] ?? null;
    const sizes = given === null ? null : contentsOf(context, given);
    const middle = shapeOf(context, outputOf(first));
    if (getInt(second, 'allowzero', 0) === 1) return { form: 'second' };
    if (sizes?.every((size, i) => meansTheSame(size, x?.[i], middle?.[i]))) return { form: 'second' };
    if (!sizes?.every((size) => typeof size === 'number')) {
      return { reason: `a size that ${label(context.model, second)} is given may be 0, which copies another one` };
    }
    return toFound(targetOf(resolved(sizes, middle), x));
  }
  const result = shapeOf(context, outputOf(second));
  return result ? toFound(targetOf(result, x)) : { reason: 'the number of axes of its result is not known' };
}

const toFound = (target: Target): Found => ('sizes' in target ? { form: 'reshape', sizes: target.sizes } : target);

/**
 * [batch, sequence, width] between [batch·sequence, …] and [batch, sequence, heads, size], either way round: it costs
 * nothing, and attention is recognised by it.
 */
function isBetweenHeads(context: PassContext, first: Node, second: Node): boolean {
  const ranks = [inputOf(first), outputOf(first), outputOf(second)].map((value) => rankOf(context, value)).join();
  return ranks === '4,3,2' || ranks === '2,3,4';
}

/** [batch, sequence, heads, size] between the width of all heads and pairs [batch, sequence, heads, size / 2, 2]. */
function isBetweenPairs(context: PassContext, first: Node, second: Node): boolean {
  const shapes = [inputOf(first), outputOf(first), outputOf(second)].map((value) => shapeOf(context, value));
  const ranks = shapes.map((shape) => shape?.length ?? null).join();
  const outer = ranks === '3,4,5' ? shapes[2] : ranks === '5,4,3' ? shapes[0] : null;
  return outer?.at(-1) === 2;
}

function merged(context: PassContext, first: Node, second: Node): Found {
  const [x, y] = [inputOf(first), outputOf(second)];
  const found = byAxes(context, first, second);
  const isNothing = found?.form === 'nothing' || sameShape(context, x, y);
  if (isNothing && bypassRefusal(context.model, y, x) === null) return { form: 'nothing' };
  if (found?.form === 'axes') return found;
  if (isBetweenHeads(context, first, second)) {
    return { reason: `the shape between, [batch, sequence, width], is one that attention is recognised by` };
  }
  if (isBetweenPairs(context, first, second)) {
    return { reason: `the shape between, [batch, sequence, heads, size], is one that rotations are recognised by` };
  }
  return byShape(context, first, second);
}

function replace(context: PassContext, build: Build, second: Node, x: ValueId, found: Merged): void {
  const { model } = context;
  const y = outputOf(second);
  if (found.form === 'nothing') bypass(model, second, y, x);
  else if (found.form === 'second') model.setInput(second, 0, x);
  else if (found.form === 'axes') {
    const asInput = model.opset() >= 13;
    const inputs = asInput ? [x, build.constant('axes', int64s(found.axes))] : [x];
    const attributes = asInput ? [] : ([['axes', ints(found.axes)]] as const);
    build.take(y, build.node(second.opType, inputs, { attributes }));
  } else if (second.opType === 'Reshape') {
    const old = inputOf(second, 1);
    model.setInput(second, 0, x);
    model.setInput(second, 1, build.constant('shape', int64s(found.sizes)));
    removeIfUnusedConstant(model, old);
  } else build.take(y, build.node('Reshape', [x, build.constant('shape', int64s(found.sizes))]));
}

/** All four keep the elements in their order, so the last shape is all that counts. */
const chain = rule({
  name: 'chain',
  captures: { x: any, first: node, second: node },
  pattern: (c) =>
    op(VIEWS, [op(VIEWS, [c.x], { as: c.first, more: true })], {
      as: c.second,
      more: true,
    }),
  when: (m, where) => {
    const found = merged(where, m.first, m.second);
    return 'reason' in found ? found.reason : null;
  },
  what: (m, where) => {
    const found = merged(where, m.first, m.second);
    const both = `${label(where.model, m.first)} and ${label(where.model, m.second)}`;
    return 'form' in found && found.form === 'nothing'
      ? `Removes ${both}: together they change nothing.`
      : `Merges ${both}: only the last shape counts.`;
  },
  apply: (m, build, where) => {
    const found = merged(where, m.first, m.second);
    if ('form' in found) replace(where, build, m.second, m.x, found);
  },
});

/** Chains of Reshape, Flatten, Squeeze and Unsqueeze. */
export const mergeReshapes: Pass = rulePass({
  id: 'merge-reshapes',
  group: 'cleanup',
  title: 'Merge reshapes',
  why: 'Where a shape only lasts until the next one, the way between may be left out.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [chain],
});
