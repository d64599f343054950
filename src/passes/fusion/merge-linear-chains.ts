import { int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { any, constant, node, op, optional, type Bound } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Where } from '../../rewrite/rule.ts';
import { eagerly, lazily } from '../../rewrite/weights.ts';
import { gemmOpset, resultOf } from './fold-affine.ts';
import { chainedConvolutions } from './linear-conv-chain.ts';
import { linearLayer, rowOf, transposesLeft, type LinearLayer } from './linear-layer.ts';
import { multiply, multiplyRow } from './matrix-product.ts';

const captures = { x: any, first: node, second: node, shift: optional(constant), add: optional(node) };
type Parts = Bound<typeof captures>;

/** Both layers as one. */
interface Chain {
  readonly first: LinearLayer;
  readonly second: LinearLayer;
  /** Of the first layer, the Add behind it included. */
  readonly shift: Float64Array | null;
  readonly dtype: DataType;
}

function chainOf(m: Parts, where: Where): Chain | string {
  const first = linearLayer(where, m.first);
  if (typeof first === 'string') return first;
  const second = linearLayer(where, m.second);
  if (typeof second === 'string') return second;
  if (transposesLeft(m.second)) return 'the second product transposes its left operand';
  const { dtype } = first.matrix.tensor;
  if (second.matrix.tensor.dtype !== dtype) return 'the weights differ in type';
  if (first.matrix.columns !== second.matrix.rows) return 'the weights do not agree in size';
  const shift = m.shift ? addedRow(m, where, first.matrix.columns) : first.bias;
  return typeof shift === 'string' ? shift : { first, second, shift, dtype };
}

/** The bias that an Add puts behind a MatMul, where it cannot raise the rank. */
function addedRow(m: Parts, where: Where, columns: number): Float64Array | string {
  const tensor = m.shift?.tensor;
  if (!tensor) return 'a bias is not constant';
  const rank = rankOf(where, resultOf(m.first));
  if (tensor.shape.length > 1 && (rank === null || tensor.shape.length > rank)) return 'a bias may raise the rank';
  return rowOf(tensor, columns);
}

/** Multiply-accumulates for each row of x: K·N + N·P for two layers, K·P for one. */
function costReason({ first, second }: Chain): string | null {
  const [k, n, p] = [first.matrix.rows, first.matrix.columns, second.matrix.columns];
  const [before, after] = [k * n + n * p, k * p];
  return after < before
    ? null
    : `one product would take ${after} multiply-accumulates for each row (${k} × ${p}), the two take ${before}`;
}

function reasonOf(m: Parts, where: Where): string | null {
  const chain = chainOf(m, where);
  if (typeof chain === 'string') return chain;
  return costReason(chain) ?? (isGemm(m) ? gemmOpset(where) : null);
}

const isGemm = (m: Parts): boolean => m.first.opType === 'Gemm' || m.second.opType === 'Gemm';

/** b₁·W₂ + b₂; null: there is neither. */
function biasOf({ shift, second }: Chain): Float64Array | null {
  if (!shift) return second.bias;
  const moved = multiplyRow(shift, second.matrix);
  return moved.map((each, p) => each + (second.bias?.[p] ?? 0));
}

/** (x·W₁ + b₁)·W₂ + b₂ = x·(W₁·W₂) + (b₁·W₂ + b₂) */
function merge(m: Parts, build: Build, chain: Chain): void {
  const { first, second, dtype } = chain;
  const shape = [first.matrix.rows, second.matrix.columns];
  const from = m.first.inputs[1] ?? null;
  const weight = build.constant(
    'weight',
    lazily(dtype, shape, () => multiply(first.matrix, second.matrix)),
    from,
  );
  const numbers = biasOf(chain);
  const bias = numbers && build.constant('bias', eagerly(dtype, [numbers.length], numbers));
  const result = resultOf(m.second);
  if (isGemm(m)) {
    const attributes = transposesLeft(m.first) ? [['transA', int(1)] as const] : [];
    build.take(result, build.node('Gemm', [m.x, weight, ...(bias === null ? [] : [bias])], { attributes }));
  } else build.take(result, withBias(build, build.node('MatMul', [m.x, weight]), bias));
}

function withBias(build: Build, product: Node, bias: ValueId | null): Node {
  if (bias === null) return product;
  return build.node('Add', [build.output(product, 'product', null), bias], { label: 'bias' });
}

const PRODUCTS = ['Gemm', 'MatMul'];

function chainRule(name: string, between: boolean) {
  return rule({
    name,
    captures,
    pattern: (c) => {
      const first = op(between ? ['MatMul'] : PRODUCTS, [c.x], { as: c.first, more: true });
      const shifted = between ? op('Add', [first, c.shift], { as: c.add }) : first;
      return op(PRODUCTS, [shifted], { as: c.second, more: true });
    },
    when: reasonOf,
    what: (m, { model }) =>
      `Merges ${label(model, m.first)} and ${label(model, m.second)} into one product: nothing bends between them.`,
    apply: (m, build, where) => {
      const chain = chainOf(m, where);
      if (typeof chain !== 'string') merge(m, build, chain);
    },
  });
}

/** Linear layers without a nonlinearity between are one linear layer. */
export const mergeLinearChains: Pass = rulePass({
  id: 'merge-linear-chains',
  group: 'fusion',
  title: 'Merge linear chains',
  why: 'Two linear layers in a row are one, which takes fewer multiplications where the value between is not narrow.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [chainRule('product-product', false), chainRule('product-bias-product', true), ...chainedConvolutions],
});
