import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { nodePort } from '../../engine/node.ts';
import { Studio } from '../../engine/studio.ts';
import type { Model } from '../../ir/model.ts';
import { memoryFiles } from '../../onnx/external.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel } from '../../testing/build.ts';
import { writePattern } from './from-selection.ts';

const job = silentJob();

/** conv → relu → (sigmoid, mul): the Relu is read twice. */
const gated = buildModel({}, (g) => {
  const conv = g.op('Conv', [g.input('x', [1, 2, 4, 4]), g.weight('k', [2, 2, 1, 1])], { strides: [2, 2] });
  const relu = g.op('Relu', [conv]);
  const mul = g.op('Mul', [relu, g.op('Sigmoid', [relu])]);
  g.output(g.op('Tanh', [g.op('Clip', [mul, null, g.floats('six', [], 6)])]), 'y');
});

async function open(model: Model): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  return studio;
}

async function written(operators: readonly string[]) {
  const studio = await open(gated);
  const { view } = studio.picture();
  const rows = Array.from(view.nodeIds.keys()).filter((row) => operators.includes(view.opTypes[view.nodeOps[row]!]!));
  return { studio, written: writePattern(rows.map((row) => studio.node(view.nodeIds[row]!))) };
}

describe('a pattern of chosen nodes', () => {
  it('is the nodes as an expression, with constants, labels where attributes stand, and the same as replacement', async () => {
    expect((await written(['Conv', 'Relu'])).written).toEqual({
      pattern: 'Relu(conv:Conv(x, w:const))',
      replace: 'Relu(Conv[*conv](x, w))',
      leftOut: 0,
    });
  });

  it('leaves a value that is read twice outside, under one name', async () => {
    expect((await written(['Relu', 'Sigmoid', 'Mul'])).written).toEqual({
      pattern: 'Mul(x, Sigmoid(x))',
      replace: 'Mul(x, Sigmoid(x))',
      leftOut: 1,
    });
  });

  it('keeps the place of an input that is left out', async () => {
    expect((await written(['Clip'])).written).toMatchObject({ pattern: 'Clip(x, _, w:const)' });
  });

  it('is refused where nothing is chosen, or where the part has two results', async () => {
    expect(writePattern([])).toEqual({ refusal: expect.stringContaining('Choose a part') as string });
    expect((await written(['Conv', 'Tanh'])).written).toEqual({ refusal: expect.stringContaining('2 that nothing') });
  });

  it('finds the very nodes that it was written of', async () => {
    const { studio, written: found } = await written(['Conv', 'Relu']);
    if ('refusal' in found) throw new Error(found.refusal);
    const rule = { name: 'same', ...found };
    const [answer] = await studio.sites(['user-rule'], { 'user-rule': { rule } }, job);
    expect(answer!.sites).toHaveLength(1);
    expect(answer!.sites[0]!.nodes).toHaveLength(2);
  });
});
