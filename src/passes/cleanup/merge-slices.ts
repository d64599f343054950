import { ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { inputOf, outputOf } from './ends.ts';
import { cutsOf, cutTwice, type Cut } from './slice-axes.ts';

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

/** Starts, ends, axes and steps are attributes before opset 10, where every step is 1. */
function sliced(context: PassContext, build: Build, x: ValueId, cuts: ReadonlyMap<number, Cut>): Node {
  const all = [...cuts].sort(([a], [b]) => a - b);
  const axes = all.map(([axis]) => axis);
  const [starts, ends, steps] = (['start', 'end', 'step'] as const).map((key) => all.map(([, cut]) => cut[key]));
  if (!starts || !ends || !steps) return build.node('Slice', [x]);
  if (context.model.opset() < 10) {
    const attributes = Object.entries({ starts, ends, axes }).map(([name, value]) => [name, ints(value)] as const);
    return build.node('Slice', [x], { attributes });
  }
  const inputs = Object.entries({ starts, ends, axes, steps }).map(([name, value]) =>
    build.constant(name, int64s(value)),
  );
  return build.node('Slice', [x, ...inputs]);
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
    if ('cuts' in found) build.take(outputOf(m.second), sliced(where, build, m.x, found.cuts));
  },
});

/** Slices of slices. */
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
  rules: [chain],
});
