import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import type { Composite, Decomposition, DecompositionTable } from './composite.ts';
import { square } from './write.ts';

/** x·Φ(x) = x/2·(1 + erf(x/√2)) (Hendrycks & Gimpel, Gaussian Error Linear Units, 2016). */
export function erfGelu(emit: Emit, x: ValueId): ValueId {
  const erf = emit.op('Erf', [emit.scale(x, Math.SQRT1_2)]);
  return emit.mul(emit.scale(x, 0.5), emit.shift(erf, 1));
}

/** x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) */
function tanhGelu(emit: Emit, x: ValueId): ValueId {
  const root = Math.sqrt(2 / Math.PI);
  const inner = emit.mul(x, emit.shift(emit.scale(square(emit, x), root * 0.044715), root));
  return emit.mul(emit.scale(x, 0.5), emit.shift(emit.op('Tanh', [inner]), 1));
}

/** x·σ(αx) */
export const quickGelu = (emit: Emit, x: ValueId, alpha: number): ValueId =>
  emit.mul(x, emit.op('Sigmoid', [emit.scale(x, alpha)]));

/** Input 1 is a bias [C], where there is one. */
const biased = (c: Composite): ValueId => (c.has(1) ? c.emit.add(c.input(0), c.input(1)) : c.input(0));

const gelu =
  (write: (emit: Emit, x: ValueId) => ValueId): Decomposition =>
  (c) => [write(c.emit, biased(c))];

/** Gaussian error linear units (ContribOperators.md of ONNX Runtime). */
export const GELU_DECOMPOSITIONS: DecompositionTable = {
  'com.microsoft.Gelu': gelu(erfGelu),
  'com.microsoft.BiasGelu': gelu(erfGelu),
  'com.microsoft.FastGelu': gelu(tanhGelu),
  'com.microsoft.QuickGelu': (c) => [quickGelu(c.emit, c.input(0), c.float('alpha', 1.702))],
};
