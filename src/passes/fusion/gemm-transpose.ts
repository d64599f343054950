import { defined } from '../../base/assert.ts';
import { getInt, getInts, int } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Found } from '../../rewrite/search.ts';
import { followOperand, inputOf, type Operand } from './operand-chain.ts';
import { exclusive, soleReader } from './scalar-algebra.ts';

const operand = (context: PassContext, gemm: Node, index: number, name: string): Operand =>
  followOperand(
    context,
    gemm,
    {
      value: defined(gemm.inputs[index], `operand ${index} of Gemm`),
      layout: { trans: getInt(gemm, name, 0) !== 0, transBatch: false },
    },
    { scale: false, transBatch: false },
  );

/** The Transpose behind a Gemm that nothing else reads. */
function transposeBehind({ model }: PassContext, gemm: Node): Node | null {
  const reader = soleReader(model, gemm.graph, defined(gemm.outputs[0], 'the result of Gemm'));
  const perm = reader?.opType === 'Transpose' ? getInts(reader, 'perm', [1, 0]) : null;
  return perm?.join() === '1,0' ? reader : null;
}

/** The bias of the transposed result: Cᵀ of a constant that is a number, a row or a column; null: C is another. */
function transposedBias(context: PassContext, bias: ValueId): Tensor | null {
  const tensor = constantOf(context, bias);
  if (!tensor || tensor.shape.length > 2) return null;
  const [rows, columns] = [1, 1, ...tensor.shape].slice(-2);
  if (rows === undefined || columns === undefined || (rows !== 1 && columns !== 1)) return null;
  return derivedTensor(tensor.dtype, [columns, rows], () => tensor.bytes());
}

/** Gemm before version 7 broadcasts its bias only where an attribute says so. */
function reasonOf(context: PassContext, gemm: Node, behind: Node | null): string | null {
  if (context.model.opset() < 7) return 'Gemm before version 7 broadcasts its bias in another way';
  const bias = gemm.inputs[2] ?? null;
  if (!behind || bias === null || transposedBias(context, bias)) return null;
  return 'its third operand would have to be transposed too, and is no constant row or column';
}

function attributesOf(gemm: Node, transA: boolean, transB: boolean): Map<string, Attribute> {
  const attributes = new Map(gemm.attributes);
  return attributes.set('transA', int(transA ? 1 : 0)).set('transB', int(transB ? 1 : 0));
}

/** Aᵀ is read as transA says; (α·A·B + β·C)ᵀ = α·Bᵀ·Aᵀ + β·Cᵀ. */
export function searchGemm(context: PassContext, gemm: Node): Found | null {
  const { model } = context;
  const [a, b] = [operand(context, gemm, 0, 'transA'), operand(context, gemm, 1, 'transB')];
  const transpose = transposeBehind(context, gemm);
  const reason = reasonOf(context, gemm, transpose);
  const before = [...a.walked, ...b.walked];
  const behind = transpose && (reason === null || before.length === 0) ? transpose : null;
  if (before.length === 0 && !behind) return null;
  const anchor = behind ?? gemm;
  const certain = behind ? [behind.id, gemm.id] : [gemm.id];
  const taken = [...before, ...(behind ? [behind] : [])].map((node) => label(model, node));
  return {
    rule: 'gemm-transpose',
    anchor,
    nodes: [...certain, ...exclusive(model, before, certain)],
    reason: reasonOf(context, gemm, behind),
    what: `Does ${[...new Set(taken)].join(', ')} inside ${label(model, gemm)}.`,
    apply: (build) => {
      const [left, right] = [inputOf(build, a, 'left'), inputOf(build, b, 'right')];
      const inputs = behind ? [right, left] : [left, right];
      const bias = gemm.inputs[2] ?? null;
      if (bias !== null) inputs.push(behind ? transposedConstant(context, build, bias) : bias);
      const attributes = behind
        ? attributesOf(gemm, !b.layout.trans, !a.layout.trans)
        : attributesOf(gemm, a.layout.trans, b.layout.trans);
      const made = build.node(gemm.opType, inputs, { domain: gemm.domain, attributes });
      build.take(defined(anchor.outputs[0], 'the result'), made);
    },
  };
}

const transposedConstant = (context: PassContext, build: Build, bias: ValueId): ValueId =>
  build.constant('bias', defined(transposedBias(context, bias), 'a bias that can be transposed'), bias);
