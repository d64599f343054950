import { getInt, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { axisOf } from '../../ops/shapes.ts';
import { sliceRange } from '../../ops/slicing.ts';
import { bypass, bypassRefusal, removeIfUnusedConstant, removeUpwards, type Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { inputOf, onlyReadBy, outputOf } from './ends.ts';
import { cutOf, cutsOf, cutTwice, type Cut } from './slice-axes.ts';

type Found = { readonly cuts: ReadonlyMap<number, Cut> } | { readonly reason: string };

/** The cuts of both, by axis. */
function together(context: PassContext, first: Node, second: Node): Found {
  const [inner, outer] = [cutsOf(context, first), cutsOf(context, second)];
  if (!inner || !outer) {
    return { reason: `what ${label(context.model, inner ? second : first)} takes is only known when it runs` };
  }
  const shape = shapeOf(context, inputOf(first));
  const cuts = new Map(inner);
  for (const [axis, cut] of outer) {
    const before = inner.get(axis);
    const both = before ? cutTwice(shape?.[axis] ?? null, before, cut) : cut;
    if (!both) return { reason: `what both take of axis ${axis} depends on its length, which is not known` };
    cuts.set(axis, both);
  }
  return { cuts };
}

/** The Slice takes these parts of `x` from now on. Starts, ends and axes are attributes before opset 10; steps were 1. */
function retake({ model }: PassContext, build: Build, slice: Node, x: ValueId, cuts: ReadonlyMap<number, Cut>): void {
  const all = [...cuts].sort(([a], [b]) => a - b);
  const list = (key: keyof Cut): number[] => all.map(([, cut]) => cut[key]);
  const axes = all.map(([axis]) => axis);
  const parts = Object.entries({ starts: list('start'), ends: list('end'), axes, steps: list('step') });
  model.setInput(slice, 0, x);
  if (model.opset() < 10) {
    for (const [name, values] of parts.slice(0, 3)) slice.attributes.set(name, ints(values));
    return;
  }
  parts.forEach(([name, values], i) => {
    const old = slice.inputs[i + 1] ?? null;
    model.setInput(slice, i + 1, build.constant(name, int64s(values)));
    if (old !== null) removeIfUnusedConstant(model, old);
  });
}

/** A part of a part is a part: x[a:b:s][c:d:t] = x[a+c·s : … : s·t] on each axis. */
const chain = rule({
  name: 'chain',
  captures: { x: any, first: node, second: node },
  pattern: (c) => op('Slice', [op('Slice', [c.x], { as: c.first, more: true })], { as: c.second, more: true }),
  when: (m, where) => {
    const found = together(where, m.first, m.second);
    return 'reason' in found ? found.reason : null;
  },
  what: (m, { model }) => `Takes what ${label(model, m.second)} takes of ${label(model, m.first)} at once.`,
  apply: (m, build, where) => {
    const found = together(where, m.first, m.second);
    if ('cuts' in found) retake(where, build, m.second, m.x, found.cuts);
  },
});

/** The operand of a Concat that a Slice takes all of its elements from, and what it takes of it. */
interface Source {
  readonly operand: ValueId;
  readonly cuts: ReadonlyMap<number, Cut>;
  /** It takes the whole operand. */
  readonly whole: boolean;
}

/** Null: the elements are of more than one operand, or sizes are not known. */
function sourceOf(context: PassContext, concat: Node, slice: Node): Source | null {
  const cuts = cutsOf(context, slice);
  const shapes = concat.inputs.map((input) => (input === null ? null : shapeOf(context, input)));
  const axis = axisOf(getInt(concat, 'axis', 1), shapes[0]?.length ?? 0);
  const cut = axis === null ? undefined : cuts?.get(axis);
  const sizes = shapes.map((shape) => (axis === null ? null : (shape?.[axis] ?? null)));
  if (!cuts || axis === null || !cut || !sizes.every((size) => typeof size === 'number')) return null;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const { first, count } = sliceRange(total, cut.start, cut.end, cut.step);
  const last = first + (count - 1) * cut.step;
  let start = 0;
  for (const [index, size] of sizes.entries()) {
    const operand = concat.inputs[index] ?? null;
    const inside = (place: number): boolean => place >= start && place < start + size;
    if (operand !== null && count > 0 && inside(first) && inside(last)) {
      const whole = cuts.size === 1 && cut.step === 1 && count === size;
      return { operand, cuts: new Map(cuts).set(axis, cutOf(size, first - start, count, cut.step)), whole };
    }
    start += size;
  }
  return null;
}

const isSlice = (each: Node): boolean => each.opType === 'Slice' && each.domain === '';

/** Nothing but slices of single operands reads it, so that it goes. */
const isTakenApart = (context: PassContext, concat: Node): boolean =>
  onlyReadBy(
    context.model,
    outputOf(concat),
    (reader) => isSlice(reader) && sourceOf(context, concat, reader) !== null,
  );

const takesWhole = (context: PassContext, slice: Node, { operand, whole }: Source): boolean =>
  whole && bypassRefusal(context.model, outputOf(slice), operand) === null;

/** concat(a, b, …)[start : end] is a part of the operand that these places fall into. */
const ofConcat = rule({
  name: 'of-concat',
  captures: { concat: node, slice: node },
  pattern: (c) =>
    op('Slice', [op('Concat', [], { as: c.concat, more: true, keep: true })], { as: c.slice, more: true }),
  fits: (m, where) => {
    const source = sourceOf(where, m.concat, m.slice);
    return source !== null && (takesWhole(where, m.slice, source) || isTakenApart(where, m.concat));
  },
  what: (m, { model }) =>
    `Takes ${label(model, m.slice)} from the one operand of ${label(model, m.concat)} that it is of.`,
  apply: (m, build, where) => {
    const source = sourceOf(where, m.concat, m.slice);
    if (!source) return;
    if (takesWhole(where, m.slice, source)) bypass(where.model, m.slice, outputOf(m.slice), source.operand);
    else retake(where, build, m.slice, source.operand, source.cuts);
    removeUpwards(where.model, m.concat);
  },
});

/** Slices of slices, and of what was put together. */
export const mergeSlices: Pass = rulePass({
  id: 'merge-slices',
  group: 'cleanup',
  title: 'Merge slices',
  why: 'A part of a part is copied once in place of twice.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [chain, ofConcat],
});
