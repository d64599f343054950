import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { fuseLayerNorm } from './fuse-layer-norm.ts';

const unfuse = { options: { unfuse: true } };
const norm = (g: GraphBuilder, axis: number, shift = true, outputs = ['y']) => {
  const shape = [2, 3, 8].slice(axis < 0 ? axis + 3 : axis);
  const inputs = [g.input('x', [2, 3, 8]), g.weight('scale', shape, { offset: 1 })];
  const attributes = { axis, epsilon: float(1e-4) };
  return g.node('LayerNormalization', [...inputs, ...(shift ? [g.weight('shift', shape)] : [])], attributes, {
    outputs,
  });
};

describe('fuse-layer-norm, the other way', () => {
  it.each([
    [17, -1, true],
    [17, 1, true],
    [20, -2, false],
    [12, -1, true],
  ])('computes it step by step (opset %i, axis %i, shift %s)', async (opset, axis, shift) => {
    const before = buildModel({ opset }, (g) => g.output(norm(g, axis, shift).outputs[0]!));
    const { model: after } = await afterPass(before, fuseLayerNorm, unfuse);
    expect(countOps(after)).toEqual({
      ReduceMean: 2,
      Sub: 1,
      Mul: 2,
      Add: shift ? 2 : 1,
      Sqrt: 1,
      Div: 1,
    });
    await expectEquivalent(before, after, { class: 'order' });
    const again = await afterPass(after, fuseLayerNorm);
    expect(countOps(again.model)).toEqual({ LayerNormalization: 1 });
  });

  it('leaves one alone whose mean is read, or whose statistics are of another type', async () => {
    const read = buildModel({}, (g) => norm(g, -1, true, ['y', 'mean']).outputs.forEach((each) => g.output(each!)));
    expect((await sitesOf(read, fuseLayerNorm, unfuse)).refusals[0]!.reason).toMatch(/graph output|is read too/);
    const half = buildModel({}, (g) => {
      const x = g.input('x', [2, 8], 'float16');
      g.output(g.op('LayerNormalization', [x, g.weight('scale', [8], { dtype: 'float16' })]), 'y');
    });
    expect((await sitesOf(half, fuseLayerNorm, unfuse)).refusals[0]!.reason).toMatch(/float32/);
  });

  it('does nothing unless it is asked for', async () => {
    const before = buildModel({}, (g) => g.output(norm(g, -1).outputs[0]!));
    expect(await sitesOf(before, fuseLayerNorm)).toEqual({ sites: [], refusals: [] });
  });
});
