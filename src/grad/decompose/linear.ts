import type { ValueId } from '../../ir/types.ts';
import type { Attributes } from '../emit.ts';
import { activate, isActivation } from './activation.ts';
import type { Composite, DecompositionTable } from './composite.ts';

/** Attributes of the plain operator that a fused one holds. */
function attributesOf({ node }: Composite, names: readonly string[]): Attributes {
  return Object.fromEntries(
    names.flatMap((name) => {
      const attribute = node.attributes.get(name);
      return attribute ? [[name, attribute]] : [];
    }),
  );
}

function activated(c: Composite, x: ValueId, parameters: readonly (number | undefined)[]): ValueId {
  const name = c.string('activation', '');
  if (name === '') return x;
  return isActivation(name) ? activate(c.emit, name, x, parameters) : c.refuse(`its activation is ${name}`);
}

/** com.microsoft.FusedConv: f(Conv(X, W, B?) + Z?); the parameters of f stand in `activation_params`. */
function fusedConv(c: Composite): readonly ValueId[] {
  const { emit } = c;
  const names = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides'];
  const inputs = [c.input(0), c.input(1), ...(c.has(2) ? [c.input(2)] : [])];
  const conv = emit.op('Conv', inputs, attributesOf(c, names));
  const sum = c.has(3) ? emit.add(conv, c.input(3)) : conv;
  return [activated(c, sum, c.floats('activation_params'))];
}

/** com.microsoft.FusedGemm: f(α·A′·B′ + β·C). */
function fusedGemm(c: Composite): readonly ValueId[] {
  const inputs = c.node.inputs.slice(0, 3);
  const product = c.emit.op('Gemm', inputs, attributesOf(c, ['alpha', 'beta', 'transA', 'transB']));
  const parameters = ['activation_alpha', 'activation_beta', 'activation_gamma'].map((name) =>
    c.node.attributes.has(name) ? c.float(name, 0) : undefined,
  );
  return [activated(c, product, parameters)];
}

/** An operand of FusedMatMul: `transBatch` moves axis 0 before the last one, `trans` then swaps the last two. */
function operand(c: Composite, index: number, side: 'A' | 'B'): ValueId {
  const axes = c.shape(index).map((_, axis) => axis);
  if (axes.length < 2) return c.input(index);
  const moved = c.int(`transBatch${side}`, 0) !== 0 ? [...axes.slice(1, -1), 0, axes.length - 1] : axes;
  const swapped = c.int(`trans${side}`, 0) !== 0 ? [...moved.slice(0, -2), ...moved.slice(-2).reverse()] : moved;
  return c.emit.transpose(c.input(index), swapped);
}

/** com.microsoft.FusedMatMul: α·A′·B′. */
const fusedMatMul = (c: Composite): readonly ValueId[] => [
  c.emit.scale(c.emit.matmul(operand(c, 0, 'A'), operand(c, 1, 'B')), c.float('alpha', 1)),
];

/** Products with what ONNX Runtime fuses to them (ContribOperators.md). */
export const LINEAR_DECOMPOSITIONS: DecompositionTable = {
  'com.microsoft.FusedConv': fusedConv,
  'com.microsoft.FusedGemm': fusedGemm,
  'com.microsoft.FusedMatMul': fusedMatMul,
  'com.microsoft.TransposeMatMul': fusedMatMul,
};
