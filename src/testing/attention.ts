import { float } from '../ir/attribute.ts';
import { floats } from '../ir/tensor.ts';
import type { Dim, ValueId } from '../ir/types.ts';
import type { GraphBuilder } from './build.ts';

/** Sizes of an attention for a test; queries and keys are the same positions unless `keys` is set. */
export interface AttentionSizes {
  readonly batch: Dim;
  readonly queries: Dim;
  readonly keys?: Dim;
  readonly heads: number;
  readonly width: number;
}

export const SIZES: AttentionSizes = { batch: 'batch', queries: 'seq', heads: 2, width: 4 };

export const number = (g: GraphBuilder, value: number): ValueId => g.tensor('number', floats([], [value]));

/** [batch, positions, heads·width] → [batch, heads, positions, width] */
export function split(g: GraphBuilder, x: ValueId, { heads, width }: AttentionSizes, perm = [0, 2, 1, 3]): ValueId {
  return g.op('Transpose', [g.op('Reshape', [x, g.int64s('split', [0, 0, heads, width])])], { perm });
}

/** [batch, heads, positions, width] → [batch, positions, heads·width] */
export function merge(g: GraphBuilder, x: ValueId, { heads, width }: AttentionSizes): ValueId {
  const ordered = g.op('Transpose', [x], { perm: [0, 2, 1, 3] });
  return g.op('Reshape', [ordered, g.int64s('merge', [0, 0, heads * width])]);
}

export interface AttentionParts {
  readonly query?: (q: ValueId) => ValueId;
  readonly key?: (k: ValueId) => ValueId;
  /** From the product to the softmax; default: times 1/√width. */
  readonly scores?: (scores: ValueId) => ValueId;
  readonly weights?: (p: ValueId) => ValueId;
  readonly merge?: (y: ValueId) => ValueId;
}

/** Attention over three inputs `q`, `k`, `v` as exporters write it out. */
export function attention(g: GraphBuilder, sizes: AttentionSizes = SIZES, parts: AttentionParts = {}): ValueId {
  const all = sizes.heads * sizes.width;
  const input = (name: string, positions: Dim): ValueId => g.input(name, [sizes.batch, positions, all]);
  const keys = sizes.keys ?? sizes.queries;
  return attentionOf(g, [input('q', sizes.queries), input('k', keys), input('v', keys)], sizes, parts);
}

/** The same over given values. */
export function attentionOf(
  g: GraphBuilder,
  [q, k, v]: readonly [ValueId, ValueId, ValueId],
  sizes: AttentionSizes,
  parts: AttentionParts = {},
): ValueId {
  const same = (x: ValueId): ValueId => x;
  const query = (parts.query ?? same)(split(g, q, sizes));
  const key = (parts.key ?? same)(split(g, k, sizes, [0, 2, 3, 1]));
  const scaled = (scores: ValueId): ValueId => g.op('Div', [scores, number(g, Math.sqrt(sizes.width))]);
  const scores = (parts.scores ?? scaled)(g.op('MatMul', [query, key]));
  const weights = (parts.weights ?? same)(g.op('Softmax', [scores], { axis: -1 }));
  const y = g.op('MatMul', [weights, split(g, v, sizes)]);
  return (parts.merge ?? ((x) => merge(g, x, sizes)))(y);
}

/** LayerNormalization with γ near 1: its results are small for sure. */
export function normalized(g: GraphBuilder, x: ValueId, width: number): ValueId {
  const [gamma, beta] = [
    g.weight('gamma', [width], { scale: 0.1, offset: 1 }),
    g.weight('beta', [width], { scale: 0.1 }),
  ];
  return g.op('LayerNormalization', [x, gamma, beta], { axis: -1, epsilon: float(1e-5) });
}

/** x·W + b */
export function linear(g: GraphBuilder, x: ValueId, ins: number, outs: number): ValueId {
  return g.op('Add', [
    g.op('MatMul', [x, g.weight('w', [ins, outs], { scale: 0.3 })]),
    g.weight('b', [outs], { scale: 0.1 }),
  ]);
}
