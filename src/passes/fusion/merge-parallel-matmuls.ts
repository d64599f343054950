import { defined } from '../../base/assert.ts';
import { int, ints } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { int64s, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { bodyGraphs, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { concatenate, eagerly } from '../../rewrite/weights.ts';
import { isWhole } from '../../ops/registry.ts';
import { inputOf, isProduct, kindOf, toProduct, transposedB, type Product } from './parallel-products.ts';

const RULE = 'same-input';

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
  if (areAllAdded(products)) nodes.push(...products.map(({ added }) => defined(added, 'a bias').node));
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

/** Biases behind the products are joined where every product has one. */
const areAllAdded = (products: readonly Product[]): boolean => products.every(({ added }) => added !== null);

function find(context: PassContext): Findings {
  const { merged, refusals } = groups(context);
  return { sites: merged.map((products) => toSite(context, products)), refusals };
}

/** x·[W₁ W₂ …] = [x·W₁  x·W₂ …] */
function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const nodes = site.nodes.map((id) => model.getNode(id));
  const found = nodes.filter(isProduct).map((node) => toProduct(context, node));
  const products = found.filter((each) => typeof each !== 'string');
  const first = products[0];
  if (!first || products.length !== found.length) return false;
  if (new Set(products.map((each) => `${inputOf(each.node)} ${kindOf(each)}`)).size > 1) return false;
  const joined = areAllAdded(products);
  if (joined !== nodes.some((node) => !isProduct(node))) return false;
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
  const product = build.output(wide, 'wide', null);
  split(context, build, joined ? sumOf(build, product, products) : product, products);
  sweep(model, [...site.nodes].reverse());
  return true;
}

/** [x·W₁ + b₁  x·W₂ + b₂ …] = [x·W₁  x·W₂ …] + [b₁  b₂ …] */
function sumOf(build: Build, product: ValueId, products: readonly Product[]): ValueId {
  const bias = build.constant('added', joinedBias(products));
  return build.output(build.node('Add', [product, bias], { label: 'add' }), 'sum', null);
}

/** [ΣN]; zeros where a product has no bias. */
function joinedBias(products: readonly Product[]): Tensor {
  const numbers = products.flatMap(({ bias, added, columns }) => {
    const tensor = bias ?? added?.bias;
    const data = tensor?.numbers();
    const one = tensor?.size === 1;
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
  const joined = areAllAdded(products);
  products.forEach((product, i) => {
    const last = joined ? defined(product.added, 'a bias').node : product.node;
    build.take(defined(last.outputs[0], 'a product'), node, i);
  });
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
