import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { testRuntime } from '../testing/equivalent.ts';
import { measureOptimizers } from './optimizers.ts';

const request = { backend: 'wasm', level: 'all', threads: 1, runs: 3, budgetMs: 2000 } as const;

describe('what the runtime does by itself', () => {
  it('names the optimizers that change the model, and times each', async () => {
    const model = buildModel({}, (g) => {
      const y = g.op('Conv', [g.input('x', [1, 3, 8, 8]), g.weight('w', [4, 3, 3, 3])]);
      g.output(g.op('Relu', [g.op('Identity', [y])]), 'y');
    });
    const report = await measureOptimizers(testRuntime(), writeModel(model), request, silentJob());
    expect(report.optimizers.map(({ name }) => name)).toEqual(['Level1_RuleBasedTransformer', 'ConvActivationFusion']);
    for (const { what, ratio, interval } of report.optimizers) {
      expect(what).toMatch(/\.$/);
      expect(ratio).toBeGreaterThan(0);
      expect(interval[0]).toBeLessThanOrEqual(interval[1]);
    }
    expect(report.message).toMatch(/^2 optimizers of the runtime change this model on loading/);
  });

  it('says so where it changes nothing', async () => {
    const model = buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [1, 4])]), 'y'));
    const report = await measureOptimizers(testRuntime(), writeModel(model), request, silentJob());
    expect(report.optimizers).toEqual([]);
    expect(report.message).toMatch(/changes nothing/);
  });

  it('is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    const model = buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [1, 4])]), 'y'));
    const job = { ...silentJob(), signal: controller.signal };
    await expect(measureOptimizers(testRuntime(), writeModel(model), request, job)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
