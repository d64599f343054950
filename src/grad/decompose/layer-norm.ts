import type { ValueId } from '../../ir/types.ts';
import { real, type Emit } from '../emit.ts';
import type { Composite, Decomposition, DecompositionTable } from './composite.ts';
import { square } from './write.ts';

/** (x − mean) / √(variance + ε) over some axes (Ba, Kiros & Hinton, Layer Normalization, 2016). */
export interface Standardized {
  readonly y: ValueId;
  readonly mean: ValueId;
  readonly deviation: ValueId;
}
export function standardize(emit: Emit, x: ValueId, axes: readonly number[], epsilon: number): Standardized {
  const mean = emit.reduce('ReduceMean', x, axes);
  const centred = emit.sub(x, mean);
  const deviation = rootMeanSquare(emit, centred, axes, epsilon);
  return { y: emit.div(centred, deviation), mean, deviation };
}

/** √(mean(x²) + ε) */
const rootMeanSquare = (emit: Emit, x: ValueId, axes: readonly number[], epsilon: number): ValueId =>
  emit.op('Sqrt', [emit.shift(emit.reduce('ReduceMean', square(emit, x), axes), epsilon)]);

/** y·γ + β, β where there is one; both broadcast from the right. */
export const affine = (emit: Emit, y: ValueId, scale: ValueId | null, bias: ValueId | null): ValueId => {
  const scaled = scale === null ? y : emit.mul(y, scale);
  return bias === null ? scaled : emit.add(scaled, bias);
};

/** The axes from one on: what the norms below go over. */
const trailing = (axis: number, rank: number): number[] => Array.from({ length: rank - axis }, (_, i) => axis + i);

const trailingAxes = (c: Composite): number[] => trailing(c.axis('axis', -1, c.rank(0)), c.rank(0));

/** LayerNormalization itself over the last axis, which is written out in turn unless it is to be kept. */
export function lastAxisNorm(emit: Emit, x: ValueId, scale: ValueId, bias: ValueId | null, epsilon: number): ValueId {
  const inputs = bias === null ? [x, scale] : [x, scale, bias];
  return emit.op('LayerNormalization', inputs, { axis: -1, epsilon: real(epsilon) });
}

/** ai.onnx LayerNormalization-17: X, Scale, B? → Y, Mean?, InvStdDev?. */
function layerNormalization(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  const { y, mean, deviation } = standardize(emit, c.input(0), trailingAxes(c), c.float('epsilon', 1e-5));
  return [
    affine(emit, y, c.input(1), c.optional(2)),
    c.asks(1) ? mean : null,
    c.asks(2) ? emit.op('Reciprocal', [deviation]) : null,
  ];
}

/** RMSNormalization-23 and SimplifiedLayerNormalization: x / √(mean(x²) + ε) · γ (Zhang & Sennrich, 2019). */
function rmsNormalization(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  const deviation = rootMeanSquare(emit, c.input(0), trailingAxes(c), c.float('epsilon', 1e-5));
  const y = emit.mul(emit.div(c.input(0), deviation), c.input(1));
  return [y, c.asks(1) ? emit.op('Reciprocal', [deviation]) : null];
}

/**
 * com.microsoft: input + skip (+ bias), then the norm over the last axis; output 3 is the sum. `skip` may lack the batch
 * or have a batch of 1.
 */
const skipNormalization =
  (biasAt: number, norm: (c: Composite, sum: ValueId, axes: readonly number[]) => ValueId): Decomposition =>
  (c) => {
    const { emit } = c;
    c.refuseOutputs({ 1: 'mean', 2: 'inv_std_var' });
    const added = emit.add(c.input(0), c.input(1));
    const bias = c.optional(biasAt);
    const sum = bias === null ? added : emit.add(added, bias);
    return [norm(c, sum, [emit.rank(sum) - 1]), null, null, c.asks(3) ? sum : null];
  };

const EPSILON_OF_SKIP = 1e-12;

/** com.microsoft.SkipLayerNormalization: input, skip, gamma, beta?, bias?. */
const skipLayerNormalization = skipNormalization(4, (c, sum) =>
  lastAxisNorm(c.emit, sum, c.input(2), c.optional(3), c.float('epsilon', EPSILON_OF_SKIP)),
);

/** com.microsoft.SkipSimplifiedLayerNormalization: input, skip, gamma, bias?. */
const skipSimplifiedLayerNormalization = skipNormalization(3, (c, sum, axes) => {
  const deviation = rootMeanSquare(c.emit, sum, axes, c.float('epsilon', EPSILON_OF_SKIP));
  return c.emit.mul(c.emit.div(sum, deviation), c.input(2));
});

/** Norms over the last axes (ai.onnx, and ContribOperators.md of ONNX Runtime). */
export const LAYER_NORM_DECOMPOSITIONS: DecompositionTable = {
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
  'com.microsoft.SimplifiedLayerNormalization': rmsNormalization,
  'com.microsoft.SkipLayerNormalization': skipLayerNormalization,
  'com.microsoft.SkipSimplifiedLayerNormalization': skipSimplifiedLayerNormalization,
};
