import { getInt, getInts, int, ints } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { isFloat } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { any, node, op, optional, type Bound } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule, type Where } from '../../rewrite/rule.ts';
import { resultOf } from './fold-affine.ts';
import { spatialPadding, windowPads, type SpatialPadding } from './padding.ts';
import { isNonNegative } from './sign.ts';

const captures = { x: any, weight: optional(any), bias: optional(any), pad: node, window: node };
type Parts = Bound<typeof captures>;

interface Combined {
  readonly padding: SpatialPadding;
  /** The pads that the window operator has now, and those that it gets. */
  readonly old: readonly number[];
  readonly pads: readonly number[];
}

function combined(m: Parts, where: Where): Combined | string {
  const padding = spatialPadding(where, m.pad);
  if (typeof padding === 'string') return padding;
  const old = windowPads(m.window, padding.pads.length / 2);
  if (typeof old === 'string') return old;
  if (old.length !== padding.pads.length) return 'the pads of both differ in number';
  return { padding, old, pads: padding.pads.map((each, i) => each + (old[i] ?? 0)) };
}

type Check = (m: Parts, where: Where, both: Combined) => string | null;

const convolution: Check = (_m, _where, { padding }) =>
  padding.value === 0 ? null : 'a convolution pads with 0, and this is another value';

/** What holds of both kinds of pooling: the same windows, each of which covers an element that was there before. */
const pool: Check = (m, where, { pads }) => {
  const kernel = getInts(m.window, 'kernel_shape', []);
  if (getInt(m.window, 'ceil_mode', 0) !== 0) return 'with ceil_mode the last window would count other elements';
  if (getInts(m.window, 'dilations', []).some((each) => each !== 1)) return 'the windows are dilated';
  if (pads.some((each, i) => each >= (kernel[i % kernel.length] ?? 0))) return 'the pads would be as large as a window';
  return isFloat(dtypeOf(where, m.x) ?? 'undefined') ? null : 'its element type is not known to be a float';
};

/** Zeros of a Pad count in every mean; those that a pool adds itself count only if it says so. */
const averagePool: Check = (m, where, both) => {
  if (both.padding.value !== 0) return 'the pool pads with 0, and this is another value';
  const counts = getInt(m.window, 'count_include_pad', 0) !== 0;
  if (!counts && both.old.some((each) => each !== 0)) return 'the pool has pads of its own that it does not count';
  return where.model.opset() < 7 ? 'AveragePool before version 7 never counts its pads' : pool(m, where, both);
};

/** max(−∞, x) = x, and max(0, x) = x for x ≥ 0. */
const maxPool: Check = (m, where, both) => {
  if ((m.window.outputs[1] ?? null) !== null) return 'the indices that it gives would change';
  const harmless = both.padding.value === -Infinity || (both.padding.value === 0 && isNonNegative(where, m.x));
  return harmless ? pool(m, where, both) : 'the pool pads with −∞, and its input may be below what is padded';
};

function padRule(
  type: string,
  check: Check,
  further: (window: Node) => readonly [string, Attribute][] = () => [],
): Rule {
  return rule({
    name: `pad-${type.toLowerCase()}`,
    captures,
    pattern: (c) => {
      const padded = op('Pad', [c.x], { as: c.pad, more: true });
      return op(type, type === 'Conv' ? [padded, c.weight, c.bias] : [padded], { as: c.window });
    },
    when: (m, where) => {
      const both = combined(m, where);
      return typeof both === 'string' ? both : check(m, where, both);
    },
    what: (m, { model }) => `Lets ${label(model, m.window)} do the padding of ${label(model, m.pad)}.`,
    apply: (m, build, where) => {
      const both = combined(m, where);
      if (typeof both === 'string') return;
      const attributes = new Map([...m.window.attributes, ...further(m.window)]).set('pads', ints(both.pads));
      attributes.delete('auto_pad');
      const inputs = [m.x, ...m.window.inputs.slice(1)];
      build.take(resultOf(m.window), build.node(type, inputs, { attributes }));
    },
  });
}

/** Padding that the convolution or pool behind it can do itself. */
export const fusePad: Pass = rulePass({
  id: 'fuse-pad',
  group: 'fusion',
  title: 'Fuse padding',
  why: 'A Pad copies its whole input, which the operator behind it can pad while it reads.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  rules: [
    padRule('Conv', convolution),
    padRule('AveragePool', averagePool, () => [['count_include_pad', int(1)]]),
    padRule('MaxPool', maxPool),
  ],
});
