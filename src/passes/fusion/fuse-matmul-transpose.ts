import { defined } from '../../base/assert.ts';
import { float, getFloat, getInt, int } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, rankOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { searchPass, type Found } from '../../rewrite/search.ts';
import { isFoldable } from '../../rewrite/weights.ts';
import { dequantizedRefusal } from './dequantized.ts';
import { CONTRIB } from './gated-operator.ts';
import { searchGemm } from './gemm-transpose.ts';
import { followOperand, inputOf, isFactor, type Operand } from './operand-chain.ts';
import { affineStep, exclusive, soleReader, Trail } from './scalar-algebra.ts';

/** A product as it would be: its operands, the factor of the result, and the nodes that go with it. */
interface Product {
  readonly node: Node;
  readonly a: Operand;
  readonly b: Operand;
  readonly alpha: number;
  /** Scalar factors behind the product, the last first. */
  readonly behind: readonly Node[];
}

const flag = (node: Node, name: string): boolean => getInt(node, name, 0) !== 0;
const operandOf = (node: Node, index: number): ValueId => defined(node.inputs[index], `operand ${index}`);

/** s·(A·B), where the factor adds no axes. */
function factorsBehind(context: PassContext, node: Node): { behind: Node[]; scale: number } {
  const behind: Node[] = [];
  let scale = 1;
  for (let at = node; behind.length < 4;) {
    const value = defined(at.outputs[0], 'the result of a product');
    const reader = soleReader(context.model, node.graph, value);
    const trail = new Trail(context, node.graph);
    const step = reader && ['Mul', 'Div'].includes(reader.opType) ? affineStep(trail, reader, value) : null;
    if (!reader || !step || !isFactor(step.slope) || trail.rank > (rankOf(context, value) ?? 0)) break;
    behind.unshift(reader);
    scale *= step.slope;
    at = reader;
  }
  return { behind, scale };
}

function productOf(context: PassContext, node: Node): Product {
  const [left, right] = [0, 1].map((index) => rankOf(context, operandOf(node, index)));
  const can = { scale: true, transBatch: left === right && (left ?? 0) > 2 };
  const operand = (index: number, name: string): Operand => {
    const layout = { trans: flag(node, `trans${name}`), transBatch: flag(node, `transBatch${name}`) };
    return followOperand(context, node, { value: operandOf(node, index), layout }, can);
  };
  const [a, b] = [operand(0, 'A'), operand(1, 'B')];
  const { behind, scale } = factorsBehind(context, node);
  return { node, a, b, alpha: getFloat(node, 'alpha', 1) * a.scale * b.scale * scale, behind };
}

/** Of vectors the kernel of ONNX Runtime Web 1.30 multiplies wrong elements when the other operand is transposed. */
function reasonOf(context: PassContext, { node, a, b, alpha }: Product): string | null {
  const dtype = dtypeOf(context, operandOf(node, 0));
  if (!isFoldable(dtype))
    return `the fused kernel is for floating-point numbers, and this is ${dtype ?? 'of unknown type'}`;
  const ranks = [0, 1].map((index) => rankOf(context, operandOf(node, index)) ?? 0);
  if (ranks.some((rank) => rank < 2)) return 'its operands are not known to be matrices, or batches of them';
  if (!isFactor(alpha)) return 'its factor is 0 or not finite';
  const integers = dequantizedRefusal(context.model, [a.value, b.value]);
  if (integers !== null || context.backend === 'wasm') return integers;
  if (ranks.some((rank) => rank > 2)) return 'only the WASM backend has a kernel of FusedMatMul';
  return context.model.opset() < 11 ? 'Gemm before version 11 wants a third operand' : null;
}

/** What differs from the defaults. */
function attributesOf({ a, b, alpha }: Product): [string, Attribute][] {
  const flags: [string, boolean][] = [
    ['transA', a.layout.trans],
    ['transB', b.layout.trans],
    ['transBatchA', a.layout.transBatch],
    ['transBatchB', b.layout.transBatch],
  ];
  const set = flags.filter(([, on]) => on).map(([name]): [string, Attribute] => [name, int(1)]);
  return alpha === 1 ? set : [...set, ['alpha', float(alpha)]];
}

/** Elsewhere than on WASM, Gemm transposes matrices too; a product of which nothing is left to do is a MatMul. */
function operatorOf({ backend }: PassContext, attributes: readonly unknown[]): { type: string; domain: string } {
  if (attributes.length === 0) return { type: 'MatMul', domain: '' };
  return backend === 'wasm' ? { type: 'FusedMatMul', domain: CONTRIB } : { type: 'Gemm', domain: '' };
}

function searchMatMul(context: PassContext, node: Node): Found | null {
  const product = productOf(context, node);
  const { a, b, behind } = product;
  const before = [...a.walked, ...b.walked];
  if (before.length + behind.length === 0) return null;
  const { model } = context;
  const anchor = behind[0] ?? node;
  const certain = [...behind, node].map((each) => each.id);
  const taken = [...before, ...behind].map((each) => label(model, each));
  return {
    rule: 'matmul-transpose',
    anchor,
    nodes: [...certain, ...exclusive(model, before, certain)],
    reason: reasonOf(context, product),
    what: `Does ${[...new Set(taken)].join(', ')} inside ${label(model, node)}.`,
    apply: (build) => {
      const attributes = attributesOf(product);
      const { type, domain } = operatorOf(context, attributes);
      if (domain !== '') build.opset(domain, 1);
      const inputs = [inputOf(build, a, 'left'), inputOf(build, b, 'right')];
      build.take(defined(anchor.outputs[0], 'the result'), build.node(type, inputs, { domain, attributes }));
    },
  };
}

/** Transposes and scalar factors around a product are done by the kernel that multiplies. */
export const fuseMatMulTranspose: Pass = searchPass({
  id: 'fuse-matmul-transpose',
  group: 'fusion',
  title: 'Fuse product and transposes',
  why: 'A product can read its operands transposed and scale its result; each Transpose otherwise copies a tensor.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  seeds: ['MatMul', 'com.microsoft.FusedMatMul', 'Gemm', 'com.microsoft.FusedGemm'],
  search: (context, node) => (/MatMul$/.test(node.opType) ? searchMatMul(context, node) : searchGemm(context, node)),
  looksFor: {
    chains: ['Transpose → MatMul or Gemm', 'Mul or Div → MatMul', 'MatMul → Mul or Div', 'Gemm → Transpose'],
    operators: ['MatMul', 'com.microsoft.FusedMatMul', 'Gemm', 'com.microsoft.FusedGemm', 'Transpose', 'Mul', 'Div'],
  },
});
