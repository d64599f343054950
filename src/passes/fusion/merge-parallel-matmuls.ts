import { defined } from '../../base/assert.ts';
import { getFloat, getInt, int, ints } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { int64s, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { bodyGraphs, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { rankOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { concatenate, eagerly, isFoldable } from '../../rewrite/weights.ts';
import { isWhole } from '../../ops/registry.ts';

const RULE = 'same-input';

/** A product that could be merged. Weights are [K, N], or [N, K] where Gemm transposes. */
interface Product {
  readonly node: Node;
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** N. */
  readonly columns: number;
}

const inputOf = (node: Node): ValueId => defined(node.inputs[0], `the left operand of ${node.opType}`);
const isProduct = (node: Node): boolean => node.domain === '' && (node.opType === 'MatMul' || node.opType === 'Gemm');
const transposedB = (node: Node): boolean => getInt(node, 'transB', 0) !== 0;

/** A product with a constant matrix on the right, or the clause that says what is missing. */
function toProduct(context: PassContext, node: Node): Product | string {
  const right = node.inputs[1] ?? null;
  const weight = right === null ? null : constantOf(context, right);
  if (!weight) return 'its right operand is not a constant';
  if (weight.shape.length !== 2) return 'its right operand is no matrix';
  if (!isFoldable(weight.dtype)) return `weights of type ${weight.dtype} are not merged`;
  const columns = weight.shape[transposedB(node) ? 0 : 1] ?? 0;
  const third = node.inputs[2] ?? null;
  if (third === null) return { node, weight, bias: null, columns };
  const bias = constantOf(context, third);
  if (!bias) return 'its bias is not a constant';
  const [last, ...rest] = [...bias.shape].reverse();
  if (rest.some((dim) => dim !== 1)) return 'its bias differs from row to row';
  if (last !== undefined && last !== 1 && last !== columns) return `its bias has ${last} elements, not ${columns}`;
  return { node, weight, bias, columns };
}

/** Products that are alike in this can share a kernel: α(A·B) + β·C with one α, β and one layout. */
function kindOf({ node, weight }: Product): string {
  if (node.opType === 'MatMul') return `MatMul ${weight.dtype}`;
  const settings = [getFloat(node, 'alpha', 1), getFloat(node, 'beta', 1), getInt(node, 'transA', 0)];
  return `Gemm ${weight.dtype} ${settings.join()} ${transposedB(node)}`;
}

/** Products by the value that they multiply, then by kind; single ones left out. */
function groups(context: PassContext): { merged: Product[][]; refusals: Refusal[] } {
  const merged: Product[][] = [];
  const refusals: Refusal[] = [];
  for (const graph of bodyGraphs(context.model)) {
    const byInput = new Map<ValueId, Node[]>();
    for (const id of graph.nodes) {
      const node = context.model.getNode(id);
      if (isProduct(node) && isWhole(node)) byInput.set(inputOf(node), [...(byInput.get(inputOf(node)) ?? []), node]);
    }
    for (const nodes of byInput.values()) {
      if (nodes.length < 2) continue;
      const found = splitByKind(context, nodes);
      merged.push(...found.merged);
      refusals.push(...found.refusals);
    }
  }
  return { merged, refusals };
}

function splitByKind(context: PassContext, nodes: readonly Node[]): { merged: Product[][]; refusals: Refusal[] } {
  const refusals: Refusal[] = [];
  const byKind = new Map<string, Product[]>();
  for (const node of nodes) {
    const product = toProduct(context, node);
    const reason = typeof product === 'string' ? product : graphReason(context, node);
    if (typeof product === 'string' || reason !== null) {
      refusals.push({ rule: RULE, nodes: [node.id], reason: sentence(reason ?? '') });
    } else byKind.set(kindOf(product), [...(byKind.get(kindOf(product)) ?? []), product]);
  }
  const kinds = [...byKind.values()];
  for (const [alone, ...others] of kinds) {
    if (alone && others.length === 0 && kinds.length > 1) {
      const reason = 'its neighbours with the same input differ in operator, type, alpha, beta or transposition';
      refusals.push({ rule: RULE, nodes: [alone.node.id], reason: sentence(reason) });
    }
  }
  return { merged: kinds.filter((products) => products.length > 1), refusals };
}

/** The Split behind the product counts its axis from the front before version 11. */
function graphReason(context: PassContext, node: Node): string | null {
  const opset = context.model.opset();
  if (opset < 7) return 'Gemm before version 7 does not broadcast its bias, and Split before version 2 is another';
  if (opset < 11 && node.opType === 'MatMul' && rankOf(context, inputOf(node)) === null) {
    return 'the rank of its result is not known';
  }
  return rankOf(context, inputOf(node)) === 1 ? 'its left operand is a vector' : null;
}

function toSite(context: PassContext, products: readonly Product[]): Site {
  const { model } = context;
  const nodes = products.map(({ node }) => node);
  const first = defined(nodes[0], 'a product');
  const ids = nodes.map((node) => node.id);
  const widths = products.map(({ columns }) => columns).join(' + ');
  return {
    key: siteKey(model, RULE, first, ids),
    rule: RULE,
    anchor: first.id,
    nodes: ids,
    what: `Merges ${nodes.map((node) => label(model, node)).join(', ')} into one product of ${widths} columns and splits it.`,
  };
}

function find(context: PassContext): Findings {
  const { merged, refusals } = groups(context);
  return { sites: merged.map((products) => toSite(context, products)), refusals };
}

/** x·[W₁ W₂ …] = [x·W₁  x·W₂ …] */
function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const found = site.nodes.map((id) => toProduct(context, model.getNode(id)));
  const products = found.filter((each) => typeof each !== 'string');
  const first = products[0];
  if (!first || products.length !== found.length) return false;
  if (new Set(products.map((each) => `${inputOf(each.node)} ${kindOf(each)}`)).size > 1) return false;
  const build = new Build(context, RULE, first.node);
  const along = transposedB(first.node) ? 0 : 1;
  const weight = build.constant(
    'weight',
    concatenate(
      products.map((each) => each.weight),
      along,
    ),
  );
  const bias = products.some((each) => each.bias) ? [build.constant('bias', joinedBias(products))] : [];
  const attributes = first.node.attributes;
  const wide = build.node(first.node.opType, [inputOf(first.node), weight, ...bias], { attributes });
  split(context, build, build.output(wide, 'wide', null), products);
  sweep(model, site.nodes);
  return true;
}

/** [ΣN]; zeros where a product has no bias. */
function joinedBias(products: readonly Product[]): Tensor {
  const numbers = products.flatMap(({ bias, columns }) => {
    const data = bias?.numbers();
    const one = bias?.size === 1;
    return Array.from({ length: columns }, (_, n) => data?.[one ? 0 : n] ?? 0);
  });
  return eagerly(defined(products[0], 'a product').weight.dtype, [numbers.length], numbers);
}

/** Split has its sizes in an attribute before version 13, in an input from then on. */
function split(context: PassContext, build: Build, wide: ValueId, products: readonly Product[]): void {
  const sizes = products.map(({ columns }) => columns);
  const opset = context.model.opset();
  const rank =
    products[0]?.node.opType === 'Gemm' ? 2 : rankOf(context, inputOf(defined(products[0], 'a product').node));
  const axis = opset < 11 ? defined(rank, 'the rank') - 1 : -1;
  const attributes: [string, Attribute][] = [['axis', int(axis)]];
  if (opset < 13) attributes.push(['split', ints(sizes)]);
  const inputs = opset < 13 ? [wide] : [wide, build.constant('sizes', int64s(sizes))];
  const node = build.node('Split', inputs, { attributes, label: 'split' });
  products.forEach((product, i) => build.take(defined(product.node.outputs[0], 'a product'), node, i));
}

/** Products with the same left operand (query, key and value; gate and up) become one product and a Split. */
export const mergeParallelMatMuls: Pass = {
  id: 'merge-parallel-matmuls',
  group: 'fusion',
  title: 'Merge parallel products',
  why: 'One wide product can use a device better than several narrow ones; measure it, for the Split copies.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['MatMul or Gemm beside another with the same left operand'], operators: ['MatMul', 'Gemm'] },
  find,
  apply,
};
