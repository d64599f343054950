import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { ValueId } from '../../ir/types.ts';
import { decompose } from './decompose.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';

const model = (build: (g: GraphBuilder, x: ValueId) => void, options: BuildOptions = {}) =>
  buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 }, ...options }, (g) =>
    build(g, g.input('x', [2, 5, 8])),
  );
const gamma = (g: GraphBuilder, shape = [8]) => g.weight('gamma', shape, { scale: 0.2, offset: 1 });
const ms = (outputs: readonly (string | null)[] = ['y']) => ({ domain: 'com.microsoft', outputs });

describe('LayerNormalization', () => {
  it.each([[-1], [1], [0], [-2]])('is written out over the axes from %i on', async (axis) => {
    const normalized = [2, 5, 8].slice(axis);
    const before = model((g, x) => {
      const inputs = [x, gamma(g, normalized), g.weight('beta', normalized)];
      g.output(g.op('LayerNormalization', inputs, { axis, epsilon: float(1e-3) }), 'y');
    });
    await expectDecomposed(before);
  });

  it('gives its mean and inverse deviation where they are read, and takes no bias', async () => {
    const before = model((g, x) => {
      const { outputs } = g.node('LayerNormalization', [x, gamma(g)], {}, { outputs: ['y', 'mean', 'inverse'] });
      outputs.forEach((output) => g.output(output!));
    });
    const { report } = await expectDecomposed(before, { kinds: ['normal', 'unit', 'negative'] });
    expect(report.replaced).toMatchObject([{ opType: 'LayerNormalization', by: 9 }]);
  });

  it('stays where it computes in float16', () => {
    const before = buildModel({ opset: 18 }, (g) => {
      const x = g.input('x', [2, 8], 'float16');
      g.output(g.op('LayerNormalization', [x, g.weight('gamma', [8], { dtype: 'float16' })]), 'y');
    });
    const report = decompose(before);
    expect(report.replaced).toEqual([]);
    expect(report.left).toMatchObject([
      { opType: 'LayerNormalization', reason: 'it computes in float16, and training works in float32' },
    ]);
  });
});

describe('norms by the root mean square', () => {
  it('writes out RMSNormalization over the axes from one on', async () => {
    for (const axis of [-1, 1]) {
      const before = model(
        (g, x) => g.output(g.op('RMSNormalization', [x, gamma(g, [2, 5, 8].slice(axis))], { axis }), 'y'),
        { opset: 23 },
      );
      await expectDecomposed(before);
    }
  });
  it('writes out SimplifiedLayerNormalization of ai.onnx', async () => {
    const before = model((g, x) =>
      g.output(g.op('SimplifiedLayerNormalization', [x, gamma(g)], { axis: -1, epsilon: float(1e-6) }), 'y'),
    );
    await expectDecomposed(before);
  });
  it('gives the inverse deviation where it is read', async () => {
    const before = model((g, x) => {
      const { outputs } = g.node('SimplifiedLayerNormalization', [x, gamma(g)], {}, { outputs: ['y', 'inverse'] });
      outputs.forEach((output) => g.output(output!));
    });
    await expectDecomposed(before, { kinds: ['normal', 'unit', 'negative'] });
  });
});

describe('norms of a sum', () => {
  const skip = (g: GraphBuilder, shape = [2, 5, 8]) => g.input('skip', shape);
  it('writes out SkipLayerNormalization with the inputs that it has', async () => {
    for (const [beta, bias] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const before = model((g, x) => {
        const inputs = [x, skip(g), gamma(g), beta ? g.weight('beta', [8]) : null, bias ? g.weight('bias', [8]) : null];
        g.output(g.op('SkipLayerNormalization', inputs, { epsilon: float(1e-5) }, ms()), 'y');
      });
      await expectDecomposed(before);
    }
  });
  it('is a sum and LayerNormalization where that is kept', () => {
    const before = model((g, x) => {
      const inputs = [x, skip(g), gamma(g), g.weight('beta', [8])];
      g.output(g.op('SkipLayerNormalization', inputs, {}, ms()), 'y');
    });
    const { replaced, left } = decompose(before, ({ opType }) => opType === 'LayerNormalization');
    expect(replaced).toMatchObject([{ opType: 'com.microsoft.SkipLayerNormalization', by: 2 }]);
    expect(left).toEqual([]);
    const types = [...before.graph.nodes].map((id) => before.getNode(id).opType);
    expect(types).toEqual(['Add', 'LayerNormalization']);
  });
  it('repeats a skip without a batch', async () => {
    for (const shape of [
      [1, 5, 8],
      [5, 8],
    ]) {
      const before = model((g, x) =>
        g.output(g.op('SkipLayerNormalization', [x, skip(g, shape), gamma(g)], {}, ms()), 'y'),
      );
      await expectDecomposed(before, { kinds: ['normal', 'unit', 'negative'] });
    }
  });
  it('gives the sum where it is read', async () => {
    for (const [opType, bias] of [
      ['SkipLayerNormalization', 4],
      ['SkipSimplifiedLayerNormalization', 3],
    ] as const) {
      const before = model((g, x) => {
        const inputs: (ValueId | null)[] = [x, skip(g), gamma(g)];
        while (inputs.length < bias) inputs.push(null);
        inputs.push(g.weight('bias', [8]));
        const { outputs } = g.node(opType, inputs, { epsilon: float(1e-5) }, ms(['y', null, null, 'sum']));
        g.output(outputs[0]!);
        g.output(outputs[3]!);
      });
      await expectDecomposed(before);
    }
  });
  it('stays where its statistics are read, which ONNX Runtime does not compute', () => {
    const before = model((g, x) => {
      const { outputs } = g.node('SkipLayerNormalization', [x, skip(g), gamma(g)], {}, ms(['y', 'mean']));
      outputs.forEach((output) => g.output(output!));
    });
    expect(decompose(before).left).toMatchObject([{ reason: 'its output mean is used' }]);
  });
});
