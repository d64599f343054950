import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { normalFeeds, run } from '../testing/prune-oracle.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-freeze-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('prune leaves weights generated that would weigh far more as constants, and cuts them', async () => {
  const [path, out] = [join(folder, 'generated.onnx'), join(folder, 'half.onnx')];
  const model = buildModel({ opset: 17 }, (g) => {
    const weight = (name: string, shape: readonly number[]) => g.op('ConstantOfShape', [g.int64s(name, shape)]);
    const x = g.op('Conv', [g.input('x', [1, 3, 8, 8]), weight('first', [64, 3, 3, 3])]);
    g.output(g.op('Conv', [g.op('Relu', [x]), weight('second', [4, 64, 3, 3])]), 'y');
  });
  writeFileSync(path, writeModel(model));
  const { code, err } = await whittle('prune', path, '--ratio', '0.5', '-o', out);
  expect([code, err]).toEqual([0, expect.stringContaining('Weights that are computed stay so')]);
  expect(statSync(out).size).toBeLessThan(2 * statSync(path).size);
  const { model: half } = readModel(new Uint8Array(readFileSync(out)));
  const analysis = analyze(half);
  const channels = analysis.order.map((node) => node.outputs[0] && analysis.shape(node.outputs[0])?.[1]);
  expect(channels).toContain(32);
  const outputs = await run(half, normalFeeds(half, 1));
  expect(outputs['y']?.shape).toEqual([1, 4, 4, 4]);
});
