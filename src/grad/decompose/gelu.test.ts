import { describe, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';
import type { ValueId } from '../../ir/types.ts';

const model = (build: (g: GraphBuilder, x: ValueId) => ValueId) =>
  buildModel({ opset: 18, domains: { 'com.microsoft': 1 } }, (g) =>
    g.output(build(g, g.input('x', [2, 5, 8])), 'y', { shape: [2, 5, 8] }),
  );
const ms = { domain: 'com.microsoft' };

describe('units of ONNX Runtime that are gated by a normal distribution', () => {
  it('writes out Gelu', async () => {
    await expectDecomposed(model((g, x) => g.op('Gelu', [x], {}, ms)));
  });
  it('writes out BiasGelu', async () => {
    await expectDecomposed(model((g, x) => g.op('BiasGelu', [x, g.weight('b', [8])], {}, ms)));
  });
  it('writes out FastGelu, with a bias and without', async () => {
    await expectDecomposed(model((g, x) => g.op('FastGelu', [x], {}, ms)));
    await expectDecomposed(model((g, x) => g.op('FastGelu', [x, g.weight('b', [8])], {}, ms)));
  });
  it('writes out QuickGelu, with its own factor and the default', async () => {
    await expectDecomposed(model((g, x) => g.op('QuickGelu', [x], {}, ms)));
    await expectDecomposed(model((g, x) => g.op('QuickGelu', [x], { alpha: float(1) }, ms)));
  });
});
