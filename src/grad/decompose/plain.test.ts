import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { floats, tensorOf } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';
import { decompose } from './decompose.ts';

const model = (build: (g: GraphBuilder, x: ValueId) => ValueId): Model =>
  buildModel({ opset: 18 }, (g) => g.output(build(g, g.input('x', [3, 7, 4])), 'y'));

describe('LogSoftmax', () => {
  it.each([[-1], [0], [1]])('is written out along axis %i, for large numbers too', async (axis) => {
    await expectDecomposed(
      model((g, x) => g.op('LogSoftmax', [x], { axis })),
      {
        kinds: ['normal', 'negative', 'zeros', 'large'],
      },
    );
  });
});

describe('Dropout', () => {
  const half = (g: GraphBuilder): ValueId => g.tensor('ratio', floats([], [0.5]));
  const mode = (g: GraphBuilder, on: number): ValueId => g.tensor('mode', tensorOf('bool', [], Uint8Array.of(on)));

  it('gives back its data outside of training', async () => {
    for (const inputs of [() => [], (g: GraphBuilder) => [half(g)], (g: GraphBuilder) => [half(g), mode(g, 0)]]) {
      const { report } = await expectDecomposed(model((g, x) => g.op('Dropout', [x, ...inputs(g)])));
      expect(report.replaced).toMatchObject([{ opType: 'Dropout', by: 1 }]);
    }
  });
  it('stays in training mode, and where its mask is read', () => {
    const training = model((g, x) => g.op('Dropout', [x, half(g), mode(g, 1)]));
    expect(decompose(training).left).toMatchObject([
      { reason: 'it is in training mode, and what it drops is drawn anew each time' },
    ]);
    const masked = buildModel({ opset: 18 }, (g) => {
      const { outputs } = g.node('Dropout', [g.input('x', [3])], {}, { outputs: ['y', 'mask'] });
      outputs.forEach((output) => g.output(output!));
    });
    expect(decompose(masked).left).toMatchObject([{ reason: 'its output mask is used' }]);
  });
});
