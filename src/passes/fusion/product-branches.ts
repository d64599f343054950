import { defined } from '../../base/assert.ts';
import { getInt, ints } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { int64s, type Tensor } from '../../ir/tensor.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { rankOf, shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { lazily } from '../../rewrite/weights.ts';
import { gate, soleReaders, stepsBehind, unary, writeSteps, type Step, type StepFinder } from './branches.ts';
import { resultOf } from './fold-affine.ts';
import { linearLayer, rowOf, transposesLeft, type LinearLayer } from './linear-layer.ts';
import { rowMajor } from './matrix-product.ts';
import { splitNode } from './split.ts';

/** Branches that are computed together, one behind the other along a new first axis. */
export interface ProductBranches {
  readonly heads: readonly Node[];
  readonly steps: readonly Step[];
  write(build: Build): void;
}

const PRODUCTS: ReadonlySet<string> = new Set(['MatMul', 'Gemm']);

const sizeKey = ({ matrix, bias }: LinearLayer): string =>
  [matrix.tensor.dtype, matrix.rows, matrix.columns, bias !== null].join();

/** [n, 1, …, K, N] from n matrices [K, N], for values of `rank` axes, the new one included. */
function stacked(
  dtype: DataType,
  parts: readonly (() => Float64Array)[],
  shape: readonly number[],
  rank: number,
): Tensor {
  const ones = Array.from({ length: rank - 1 - shape.length }, () => 1);
  return lazily(dtype, [parts.length, ...ones, ...shape], () => {
    const rows = parts.map((part) => part());
    const size = rows[0]?.length ?? 0;
    const out = new Float64Array(size * rows.length);
    rows.forEach((row, i) => out.set(row, i * size));
    return out;
  });
}

/** Products of each branch with weights [K, N] of its own, and their biases [N]: [n, …, K]·[n, K, N] + [n, N]. */
function batched(build: Build, wide: ValueId, layers: readonly LinearLayer[], rank: number, name: string): Node {
  const { matrix, bias } = defined(layers[0], 'a layer');
  const { dtype } = matrix.tensor;
  const weights = layers.map((each) => () => rowMajor(each.matrix));
  const weight = build.constant(`${name}-weight`, stacked(dtype, weights, [matrix.rows, matrix.columns], rank));
  const product = build.node('MatMul', [wide, weight], { label: name });
  if (bias === null) return product;
  return shifted(build, build.output(product, `${name}-product`, null), dtype, biasesOf(layers), rank, name);
}

const biasesOf = (layers: readonly LinearLayer[]): Float64Array[] =>
  layers.map(({ bias }) => bias ?? new Float64Array());

function shifted(
  build: Build,
  value: ValueId,
  dtype: DataType,
  rows: readonly Float64Array[],
  rank: number,
  name: string,
): Node {
  const width = rows[0]?.length ?? 0;
  const bias = stacked(
    dtype,
    rows.map((row) => () => row),
    [width],
    rank,
  );
  return build.node('Add', [value, build.constant(`${name}-bias`, bias)], { label: `${name}-bias` });
}

/** `rank`: of the branches, without the new axis. */
const product =
  (rank: number): StepFinder =>
  (context, values) => {
    const nodes = soleReaders(context, values);
    if (!nodes || nodes.some((each) => each.domain !== '' || !PRODUCTS.has(each.opType) || transposesLeft(each)))
      return null;
    const layers = nodes.map((node) => linearLayer(context, node)).filter((each) => typeof each !== 'string');
    const [first] = layers;
    if (!first || layers.length !== nodes.length || new Set(layers.map(sizeKey)).size > 1) return null;
    return {
      nodes,
      results: nodes.map(resultOf),
      channels: first.matrix.columns,
      write: (build, wide, name) => batched(build, wide, layers, rank + 1, name),
    };
  };

/** Biases of `width` columns that an Add puts behind the branches, the constant on either side. */
const shift =
  (rank: number): StepFinder =>
  (context, values) => {
    const nodes = values.map((value) => soleAdd(context, value));
    const found = nodes.filter((each) => each !== null);
    if (found.length !== nodes.length || new Set(found.map(({ node }) => node.id)).size !== found.length) return null;
    const [first] = found;
    if (!first) return null;
    const width = first.tensor.shape.at(-1) ?? 1;
    const alike = found.every(
      ({ tensor, node }) =>
        tensor.dtype === first.tensor.dtype &&
        tensor.shape.at(-1) === width &&
        tensor.shape.length <= rank &&
        node.graph === first.node.graph,
    );
    const rows = found.map(({ tensor }) => rowOf(tensor, width)).filter((each) => typeof each !== 'string');
    if (!alike || rows.length !== found.length) return null;
    return {
      nodes: found.map(({ node }) => node),
      results: found.map(({ node }) => resultOf(node)),
      write: (build, wide, name) => shifted(build, wide, first.tensor.dtype, rows, rank + 1, name),
    };
  };

function soleAdd(context: PassContext, value: ValueId): { readonly node: Node; readonly tensor: Tensor } | null {
  const { uses } = context.model.getValue(value);
  const [use] = uses;
  if (!use || uses.length > 1 || context.model.isGraphOutput(value)) return null;
  const node = context.model.getNode(use.node);
  const other = node.inputs[1 - use.index] ?? null;
  const inside = node.graph === context.model.getValue(value).graph;
  if (node.opType !== 'Add' || node.domain !== '' || other === null || !inside) return null;
  const tensor = constantOf(context, other);
  return tensor ? { node, tensor } : null;
}

/** What the branches begin with. */
interface Heads {
  readonly nodes: readonly Node[];
  readonly x: ValueId;
  readonly values: readonly ValueId[];
  readonly layers: readonly LinearLayer[];
}

function branchesOf(context: PassContext, { nodes, x, values, layers }: Heads): ProductBranches | null {
  const rank = rankOf(context, x);
  if (rank === null || rank < 2) return null;
  const steps = stepsBehind(context, values, [product(rank), shift(rank), unary, gate]);
  // One product for each branch is what merge-parallel-matmuls is for.
  const lastProduct = steps.findLastIndex((step) => step.channels !== undefined);
  if (lastProduct < 0) return null;
  return { heads: nodes, steps, write: (build) => write(build, { nodes, x, values, layers }, steps, rank) };
}

function write(build: Build, { x, layers }: Heads, steps: readonly Step[], rank: number): void {
  const old = build.model.opset() < 13;
  const axes: readonly [string, Attribute][] = old ? [['axes', ints([0])]] : [];
  const front = old ? [] : [build.constant('front', int64s([0]))];
  const single = build.output(
    build.node('Unsqueeze', [x, ...front], { attributes: axes, label: 'front' }),
    'front',
    null,
  );
  const heads = build.output(batched(build, single, layers, rank + 1, 'heads'), 'heads', null);
  const all = build.output(writeSteps(build, steps, heads), 'branches', null);
  const { results } = defined(steps.at(-1), 'a step');
  const split = splitNode(
    build,
    all,
    0,
    results.map(() => 1),
  );
  results.forEach((result, i) => {
    const one = build.output(split, `branch${i + 1}`, null, i);
    build.take(result, build.node('Squeeze', [one, ...front], { attributes: axes, label: `branch${i + 1}` }));
  });
}

/** Branches that begin with products of one value. */
export function productsOver(context: PassContext, nodes: readonly Node[]): ProductBranches[] {
  const alike = new Map<string, LinearLayer[]>();
  for (const node of nodes) {
    const layer = transposesLeft(node) ? null : linearLayer(context, node);
    if (layer === null || typeof layer === 'string') continue;
    alike.set(sizeKey(layer), [...(alike.get(sizeKey(layer)) ?? []), layer]);
  }
  return [...alike.values()].flatMap((layers) => {
    const heads = layers.map(({ node }) => node);
    const x = defined(heads[0]?.inputs[0], 'the left operand');
    const values = heads.map(resultOf);
    return layers.length > 1 ? (branchesOf(context, { nodes: heads, x, values, layers }) ?? []) : [];
  });
}

/** Branches behind a Split of the columns of one wide product into equal parts. */
export function productsBehind(context: PassContext, split: Node): ProductBranches | null {
  const x = split.inputs[0] ?? null;
  const producer = x === null ? null : context.model.getValue(x).producer;
  const wide = producer ? context.model.getNode(producer.node) : null;
  if (x === null || !wide || wide.domain !== '' || !PRODUCTS.has(wide.opType) || transposesLeft(wide)) return null;
  const rank = rankOf(context, x);
  const axis = getInt(split, 'axis', 0);
  if (rank === null || (axis !== -1 && axis !== rank - 1) || wide.graph !== split.graph) return null;
  const whole = linearLayer(context, wide);
  const values = split.outputs.filter((each) => each !== null);
  const alone = context.model.getValue(x).uses.length === 1 && !context.model.isGraphOutput(x);
  if (typeof whole === 'string' || !alone || values.length < 2 || values.length !== split.outputs.length) return null;
  const layers = columnsApart(context, whole, values);
  return (
    layers &&
    branchesOf(context, { nodes: [split, wide], x: defined(wide.inputs[0], 'the left operand'), values, layers })
  );
}

/** The wide layer as one of equal width for each value; null: the widths differ. */
function columnsApart(context: PassContext, whole: LinearLayer, values: readonly ValueId[]): LinearLayer[] | null {
  const width = whole.matrix.columns / values.length;
  if (values.some((value) => shapeOf(context, value)?.at(-1) !== width)) return null;
  return values.map((_, i) => ({
    node: whole.node,
    matrix: { ...whole.matrix, columns: width, within: { first: i * width, of: whole.matrix.columns } },
    bias: whole.bias?.slice(i * width, (i + 1) * width) ?? null,
  }));
}
