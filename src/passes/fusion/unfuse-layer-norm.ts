import { defined } from '../../base/assert.ts';
import { getFloat, getInt, int, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, rankOf } from '../../rewrite/known.ts';
import { any, node, op, optional } from '../../rewrite/pattern.ts';
import { rule, type Where } from '../../rewrite/rule.ts';
import { eagerly, isFoldable } from '../../rewrite/weights.ts';

function reasonOf(norm: Node, x: ValueId, scale: ValueId, where: Where): string | null {
  const dtype = dtypeOf(where, x);
  if (dtype === 'float16') return 'its statistics are computed in float32, and the parts would compute them in float16';
  if (!isFoldable(dtype)) return `it is computed in ${dtype ?? 'an unknown type'}`;
  if (dtypeOf(where, scale) !== dtype) return 'its scale is of another type than its input';
  if (norm.outputs.slice(1).some((output) => output !== null && where.model.isUsed(output))) {
    return 'its mean or its deviation is read too';
  }
  return axesOf(norm, x, where) === null ? 'the number of axes of its input is not known' : null;
}

/** From `axis` to the last one. */
function axesOf(norm: Node, x: ValueId, where: Where): readonly number[] | null {
  const rank = rankOf(where, x);
  const axis = getInt(norm, 'axis', -1);
  if (rank === null) return axis === -1 ? [-1] : null;
  const first = axis < 0 ? axis + rank : axis;
  return Array.from({ length: rank - first }, (_, i) => first + i - rank);
}

/** Operators of ai.onnx; the axes of a mean are an attribute before version 18 and an input from then on. */
class Parts {
  private readonly build: Build;
  private readonly axes: readonly number[];

  constructor(build: Build, axes: readonly number[]) {
    this.build = build;
    this.axes = axes;
  }

  node(type: string, inputs: readonly ValueId[], name: string): Node {
    return this.build.node(type, inputs, { label: name });
  }
  value(type: string, inputs: readonly ValueId[], name: string): ValueId {
    return this.build.output(this.node(type, inputs, name), `${name}-out`, null);
  }
  mean(x: ValueId, name: string): ValueId {
    const { build, axes } = this;
    const old = build.model.opset() < 18;
    const made = build.node('ReduceMean', old ? [x] : [x, build.constant(`${name}-axes`, int64s(axes))], {
      label: name,
      attributes: [['keepdims', int(1)], ...(old ? ([['axes', ints(axes)]] as const) : [])],
    });
    return build.output(made, `${name}-out`, null);
  }
}

/** (x − μ) ÷ √(mean((x − μ)²) + ε) · γ + β, each step a node: ONNX operator specification, LayerNormalization. */
export const unfuseLayerNorm = rule({
  name: 'unfuse-layer-norm',
  captures: { x: any, scale: any, shift: optional(any), norm: node },
  pattern: (c) => op('LayerNormalization', [c.x, c.scale, c.shift], { as: c.norm }),
  when: (m, where) => reasonOf(m.norm, m.x, m.scale, where),
  what: (m, { model }) => `Computes ${label(model, m.norm)} step by step, which WASM does faster for many rows.`,
  apply: (m, build, where) => {
    const parts = new Parts(build, defined(axesOf(m.norm, m.x, where), 'the axes'));
    const dtype = defined(dtypeOf(where, m.x), 'the element type');
    const epsilon = build.constant('epsilon', eagerly(dtype, [], [getFloat(m.norm, 'epsilon', 1e-5)]));
    const centred = parts.value('Sub', [m.x, parts.mean(m.x, 'mean')], 'centred');
    const variance = parts.mean(parts.value('Mul', [centred, centred], 'square'), 'variance');
    const root = parts.value('Sqrt', [parts.value('Add', [variance, epsilon], 'biased')], 'deviation');
    const unit = parts.value('Div', [centred, root], 'unit');
    const scaled = parts.node('Mul', [unit, m.scale], 'scaled');
    const last =
      m.shift === null ? scaled : parts.node('Add', [build.output(scaled, 'scaled-out', null), m.shift], 'shifted');
    build.take(defined(m.norm.outputs[0], 'the result of the normalization'), last);
  },
});
