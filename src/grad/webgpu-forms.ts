import { getFloat, getInt, holdsGraphs } from '../ir/attribute.ts';
import { defined } from '../base/assert.ts';
import type { Model, Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { OPERATORS, opKey } from '../ops/registry.ts';
import { real, type Emit } from './emit.ts';

/** Gives `y` anew out of operators that WebGPU has kernels for. */
type Form = (emit: Emit, y: ValueId, inputs: readonly ValueId[], node: Node) => void;

/** y = a + b + …, two at a time. */
function sum(emit: Emit, y: ValueId, inputs: readonly ValueId[]): void {
  const last = defined(inputs.at(-1), 'an operand');
  if (inputs.length === 1) emit.give(y, 'Identity', [last]);
  else emit.give(y, 'Add', [emit.total(inputs.slice(0, -1)), last]);
}

/**
 * Operators that ONNX Runtime Web 1.30 has no WebGPU kernel for: left as they are, their inputs would be copied to the
 * processor and their outputs back at every step. Formulas as in the specification of ONNX.
 */
const FORMS: Readonly<Record<string, Form>> = {
  Sum: sum,
  Mean: (emit, y, inputs) => emit.give(y, 'Mul', [emit.total(inputs), emit.scalar(1 / inputs.length)]),
  // α·elu(x/α), for elu is that of α = 1.
  Celu: (emit, y, [x], node) => {
    const alpha = getFloat(node, 'alpha', 1);
    const unit = emit.op('Elu', [emit.scale(defined(x, 'an operand'), 1 / alpha)]);
    emit.give(y, 'Mul', [unit, emit.scalar(alpha)]);
  },
  // γ·elu(x).
  Selu: (emit, y, [x], node) => {
    const alpha = getFloat(node, 'alpha', 1.67326319217681884765625);
    const elu = emit.node('Elu', [defined(x, 'an operand')], { alpha: real(alpha) });
    emit.give(y, 'Mul', [
      defined(elu.outputs[0], 'its output'),
      emit.scalar(getFloat(node, 'gamma', 1.05070102214813232421875)),
    ]);
  },
  // x/(1 + |x|).
  Softsign: (emit, y, [x]) => {
    const given = defined(x, 'an operand');
    emit.give(y, 'Div', [given, emit.shift(emit.op('Abs', [given]), 1)]);
  },
  SpaceToDepth: (emit, y, [x], node) => {
    const given = defined(x, 'an operand');
    const size = getInt(node, 'blocksize', 1);
    const [n = 1, channels = 1, height = 1, width = 1] = emit.shape(given);
    const [rows, columns] = [height / size, width / size];
    const blocks = emit.reshape(given, [n, channels, rows, size, columns, size]);
    const moved = emit.transpose(blocks, [0, 3, 5, 1, 2, 4]);
    emit.give(y, 'Reshape', [moved, emit.ints([n, channels * size * size, rows, columns])]);
  },
};

/** Writes out what would not run on WebGPU; what takes whole numbers stays, for it comes from the processor anyway. */
export function useWebgpuForms(emit: Emit): void {
  const { model } = emit;
  for (const node of [...model.graph.nodes].map((id) => model.getNode(id))) {
    const form = node.domain === '' ? FORMS[node.opType] : undefined;
    const [y = null] = node.outputs;
    const inputs = node.inputs.filter((input) => input !== null);
    if (!form || y === null || !emit.isFloat(y)) continue;
    emit.replace(node, () => form(emit, y, inputs, node));
  }
  model.sort();
}

/**
 * Operator set whose versions WebGPU's kernels are registered for: of 22 and later, which took in further types alone, it
 * leaves MaxPool, ConvTranspose, Elu and others to the processor (ONNX Runtime Web 1.30).
 */
const OPSET = 21;
/** What operators of before were given later, and float32 has no use for. */
const LATER: ReadonlySet<string> = new Set(['round_mode', 'precision', 'output_dtype']);

/** Takes a model of a later operator set back, where each of its operators means the same there. In place. */
export function useWebgpuVersions(model: Model): void {
  if (model.opset() <= OPSET) return;
  const nodes = [...model.graph.nodes].map((id) => model.getNode(id));
  const means = (node: Node): boolean =>
    node.domain !== '' ||
    ((OPERATORS.get(opKey(node))?.since[0] ?? Infinity) <= OPSET &&
      !holdsGraphs(node) &&
      ![...node.attributes.keys()].some((name) => LATER.has(name)));
  if (nodes.every(means)) model.opsetImports.set('', OPSET);
}
