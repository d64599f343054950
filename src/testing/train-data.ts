import { normal, seeded } from '../base/random.ts';
import { arrayDataSet } from '../data/data-set.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataSet, InputPort } from '../data/types.ts';
import type { Model } from '../ir/model.ts';
import { buildModel } from './build.ts';

/** Images [1, 8, 8] of three classes: a bright row, a bright column or a bright diagonal, in noise. */
export function stripes(count: number, seed = 1): DataSet {
  const random = seeded(seed);
  const draw = normal(seeded(seed + 1));
  const data = new Float32Array(count * 64);
  const labels = new Int32Array(count);
  for (let sample = 0; sample < count; sample++) {
    const label = Math.floor(random() * 3);
    const place = Math.floor(random() * 8);
    labels[sample] = label;
    for (let at = 0; at < 64; at++) {
      const [row, column] = [Math.floor(at / 8), at % 8];
      const lit = label === 0 ? row === place : label === 1 ? column === place : (row + column) % 8 === place;
      data[sample * 64 + at] = Number(lit) + 0.3 * draw();
    }
  }
  return { ...arrayDataSet('stripes', { dtype: 'float32', shape: [count, 1, 8, 8], data }), labels };
}

/** A small CNN for them, with a batch norm and a batch of 1 that is built into its Reshape. */
export const stripesModel = (width = 6, seed = 3): Model =>
  buildModel({ seed }, (g) => {
    const x = g.input('x', [1, 1, 8, 8]);
    const conv = g.op('Conv', [x, g.weight('conv.w', [width, 1, 3, 3], { scale: 0.3 })], { pads: [1, 1, 1, 1] });
    const norm = g.op('BatchNormalization', [
      conv,
      g.floats('norm.scale', [width], 1),
      g.floats('norm.bias', [width], 0),
      g.floats('norm.mean', [width], 0),
      g.floats('norm.variance', [width], 1),
    ]);
    const pooled = g.op('MaxPool', [g.op('Relu', [norm])], { kernel_shape: [2, 2], strides: [2, 2] });
    const flat = g.op('Reshape', [pooled, g.int64s('shape', [1, width * 16])]);
    const scores = g.op('Gemm', [
      flat,
      g.weight('dense.w', [width * 16, 3], { scale: 0.1 }),
      g.floats('dense.b', [3], 0),
    ]);
    g.output(g.op('Softmax', [scores]), 'probabilities', { shape: [1, 3] });
  });

export const stripesPort: InputPort = { name: 'x', dtype: 'float32', shape: [1, 1, 8, 8] };

export const preparedStripes = async (dataSet: DataSet) => ({
  dataSet,
  ...(await preprocessFor([stripesPort], dataSet)),
});
