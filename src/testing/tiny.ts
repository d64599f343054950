import type { Model } from '../ir/model.ts';
import { buildModel } from './build.ts';

/** Conv, BatchNormalization, Relu on [1, 3, 8, 8]: small enough for a software WebGPU adapter. */
export const tinyModel = (): Model =>
  buildModel({ seed: 7 }, (g) => {
    const x = g.input('x', [1, 3, 8, 8]);
    const y = g.op('Conv', [x, g.weight('w', [4, 3, 3, 3])]);
    const n = g.op('BatchNormalization', [
      y,
      g.weight('scale', [4], { offset: 1, scale: 0.1 }),
      g.weight('bias', [4]),
      g.weight('mean', [4]),
      g.floats('variance', [4], 1),
    ]);
    g.output(g.op('Relu', [n]), 'y');
  });
