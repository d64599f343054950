import { describe, expect, it } from 'vitest';
import { float16ToNumber, numberToFloat16 } from '../../base/float16.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { modelByteLength, writeModel } from '../../onnx/write.ts';
import { buildModel } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { storeFloat16 } from './store-float16.ts';

const WEIGHTS = Array.from({ length: 32 * 24 }, (_, i) => Math.sin(i) / (1 + (i % 5)));

const product = (weights: readonly number[] = WEIGHTS, irVersion = 8): Model =>
  buildModel({ opset: 17, irVersion }, (g) =>
    g.output(g.op('MatMul', [g.input('x', [2, 32]), g.floats('w', [32, 24], weights)]), 'y'),
  );

describe('store-float16', () => {
  it('halves the bytes of weights; what reads them reads the same value', async () => {
    const before = product();
    const { model, result } = await afterPass(before, storeFloat16);
    expect(result.applied.length).toBe(1);
    const [stored] = [...model.graph.initializers.values()];
    expect(stored?.dtype).toBe('float16');
    expect(modelByteLength(before) - modelByteLength(model)).toBeGreaterThan(32 * 24 * 2 - 200);
    const nodes = [...model.graph.nodes].map((id) => model.getNode(id));
    const reader = nodes.find(({ opType }) => opType === 'MatMul');
    expect(reader?.inputs.map((id) => id && model.getValue(id).name)).toEqual(['x', 'w']);
  });

  it('runs as the model whose weights were rounded to half precision, bit for bit', async () => {
    const { model } = await afterPass(product(), storeFloat16);
    // The model's own weights are float32 before they are rounded.
    const rounded = product(WEIGHTS.map((each) => float16ToNumber(numberToFloat16(Math.fround(each)))));
    await expectEquivalent(rounded, readModel(writeModel(model)).model, { class: 'bits' });
  });

  it('leaves what is small, too large for half precision, an input, an output, or of files before IR 4', async () => {
    const reasons = async (model: Model): Promise<readonly string[]> =>
      (await sitesOf(model, storeFloat16)).refusals.map(({ reason }) => reason);
    expect((await sitesOf(product(), storeFloat16, { options: { bytes: 4096 } })).sites).toEqual([]);
    expect(await reasons(product([70_000, ...WEIGHTS.slice(1)]))).toEqual([
      'w holds 70000, beyond the largest float16.',
    ]);
    expect(await reasons(product([Infinity, ...WEIGHTS.slice(1)]))).toEqual([]);
    expect(await reasons(product(WEIGHTS, 3))).toEqual([expect.stringContaining('IR version 3')]);
    const input = product();
    input.graph.inputs.push([...input.graph.initializers.keys()][0] as ValueId);
    expect(await reasons(input)).toEqual(['w is a graph input with a default.']);
    const output = product();
    output.graph.outputs.push([...output.graph.initializers.keys()][0] as ValueId);
    expect(await reasons(output)).toEqual(['w is a graph output.']);
  });
});
