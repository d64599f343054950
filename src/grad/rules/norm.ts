import type { ValueId } from '../../ir/types.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

type Gradients = readonly (ValueId | null)[];

/** Axes of all but the channels, and a shape that broadcasts along the channels. */
function channelsOf(c: Vjp): { axes: readonly number[]; shape: readonly number[] } {
  const shape = c.shape(0);
  return {
    axes: shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
    shape: shape.map((size, axis) => (axis === 1 ? size : 1)),
  };
}

/**
 * With statistics that stand: an affine map of each channel. Statistics of the batch are another form, which is written
 * in primitives before gradients are taken (`useBatchStatistics`).
 */
function batchNormalization(c: Vjp): Gradients {
  const { emit } = c;
  if (c.int('training_mode', 0) === 1) c.refuse('it is in training mode');
  const { axes, shape } = channelsOf(c);
  const inverse = emit.op('Reciprocal', [emit.op('Sqrt', [emit.shift(c.input(4), c.float('epsilon', 1e-5))])]);
  const wide = (value: ValueId): ValueId => emit.reshape(value, shape);
  const gradient = c.gradient();
  const normalised = (): ValueId => emit.mul(emit.sub(c.input(0), wide(c.input(3))), wide(inverse));
  return c.each(
    () => emit.mul(gradient, wide(emit.mul(c.input(1), inverse))),
    () => emit.sum(emit.mul(gradient, normalised()), axes, false),
    () => emit.sum(gradient, axes, false),
    () => emit.neg(emit.mul(emit.sum(gradient, axes, false), emit.mul(c.input(1), inverse))),
    () => {
      const slope = emit.mul(c.input(1), emit.mul(inverse, emit.mul(inverse, inverse)));
      const centred = emit.sub(c.input(0), wide(c.input(3)));
      return emit.scale(emit.mul(emit.sum(emit.mul(gradient, centred), axes, false), slope), -0.5);
    },
  );
}

/** dx = σ⁻¹·(g − mean(g) − x̂·mean(g·x̂)) with g = γ·dy, over the normalised axes (Ba et al., Layer Normalization, 2016). */
function layerNormalization(c: Vjp): Gradients {
  const { emit } = c;
  const rank = c.rank(0);
  const first = c.axis('axis', -1, rank);
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const lead = Array.from({ length: first }, (_, i) => i);
  const [mean, inverse] = momentsOf(c, axes);
  const normalised = emit.mul(emit.sub(c.input(0), mean), inverse);
  const gradient = c.gradient();
  const summed = (value: ValueId, index: number): ValueId => emit.sumTo(emit.sum(value, lead), c.shape(index));
  return c.each(
    () => {
      const g = emit.mul(gradient, c.input(1));
      const along = emit.mul(normalised, emit.reduce('ReduceMean', emit.mul(g, normalised), axes));
      return emit.mul(inverse, emit.sub(emit.sub(g, emit.reduce('ReduceMean', g, axes)), along));
    },
    () => summed(emit.mul(gradient, normalised), 1),
    () => summed(gradient, 2),
  );
}

/** Mean and 1/σ: on WASM the kernel of the operator hands them out, which costs nothing. */
function momentsOf(c: Vjp, axes: readonly number[]): [ValueId, ValueId] {
  const { emit } = c;
  if (emit.backend === 'wasm') return [emit.further(c.node, 1), emit.further(c.node, 2)];
  const mean = emit.reduce('ReduceMean', c.input(0), axes);
  const centred = emit.sub(c.input(0), mean);
  const variance = emit.reduce('ReduceMean', emit.mul(centred, centred), axes);
  return [mean, emit.op('Reciprocal', [emit.op('Sqrt', [emit.shift(variance, c.float('epsilon', 1e-5))])])];
}

export const NORM_RULES: VjpTable = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
};
