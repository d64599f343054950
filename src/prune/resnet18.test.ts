import { expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import { sizeOf, type ValueId } from '../ir/types.ts';
import { pruneChannels } from '../passes/pruning/prune-channels.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { afterPass } from '../testing/passes.ts';
import { forecastOf } from './forecast.ts';
import { planView } from './plan.ts';
import { NOTHING_CUT } from './options.ts';
import type { PruneOptions } from './types.ts';

/** torchvision's ResNet-18 (He et al. 2016): basic blocks [2, 2, 2, 2], 1000 classes. */
function resnet18(): Model {
  const random = seeded(5);
  const weight = (g: GraphBuilder, name: string, shape: readonly number[]): ValueId =>
    g.tensor(
      name,
      floats(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => random() - 0.5),
      ),
    );
  const convNorm = (
    g: GraphBuilder,
    x: ValueId,
    name: string,
    cin: number,
    cout: number,
    k: number,
    stride: number,
  ) => {
    const pads = Array.from({ length: 4 }, () => (k - 1) / 2);
    const w = weight(g, `${name}.conv.weight`, [cout, cin, k, k]);
    const y = g.op('Conv', [x, w], { kernel_shape: [k, k], strides: [stride, stride], pads });
    const norm = ['weight', 'bias', 'running_mean'].map((each) => weight(g, `${name}.bn.${each}`, [cout]));
    const variance = g.floats(`${name}.bn.running_var`, [cout], 1);
    return g.op('BatchNormalization', [y, ...norm, variance]);
  };
  const block = (g: GraphBuilder, x: ValueId, name: string, cin: number, cout: number, stride: number) => {
    const a = g.op('Relu', [convNorm(g, x, `${name}.1`, cin, cout, 3, stride)]);
    const b = convNorm(g, a, `${name}.2`, cout, cout, 3, 1);
    const skip = stride === 1 ? x : convNorm(g, x, `${name}.downsample`, cin, cout, 1, stride);
    return g.op('Relu', [g.op('Add', [b, skip])]);
  };
  return buildModel({ opset: 17 }, (g) => {
    let x = g.op('Relu', [convNorm(g, g.input('image', [1, 3, 224, 224]), 'stem', 3, 64, 7, 2)]);
    x = g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
    let cin = 64;
    for (const [layer, cout] of [64, 128, 256, 512].entries()) {
      for (const i of [0, 1]) {
        x = block(g, x, `layer${layer + 1}.${i}`, cin, cout, i === 0 && layer > 0 ? 2 : 1);
        cin = cout;
      }
    }
    const flat = g.op('Flatten', [g.op('GlobalAveragePool', [x])]);
    const logits = g.op('Gemm', [flat, weight(g, 'fc.weight', [1000, 512]), weight(g, 'fc.bias', [1000])], {
      transB: 1,
    });
    g.output(logits, 'logits', { shape: [1, 1000] });
  });
}

const macsOf = (model: Model): number => {
  const analysis = analyze(model);
  return analysis.order.reduce((sum, node) => sum + (analysis.cost(node).macs ?? 0), 0);
};

/** What is learnt: running mean and variance are statistics, which Torch-Pruning's count leaves out. */
const learnt = (model: Model): number =>
  [...model.graph.initializers].reduce(
    (sum, [value, tensor]) => sum + (/running/.test(model.getValue(value).name) ? 0 : tensor.size),
    0,
  );

const HALF: PruneOptions = { ...NOTHING_CUT, ratio: 0.5 };

it('halves ResNet-18 as published: 11.690 to 3.056 M parameters, 1.8141 to 0.4831 GMACs', async () => {
  const model = resnet18();
  expect(learnt(model)).toBe(11_689_512);
  expect(macsOf(model) / 1e9).toBeCloseTo(1.8141, 4);
  const plan = planView(model, analyze(model), HALF);
  const { model: pruned, result } = await afterPass(model, pruneChannels, { options: { ratio: 0.5 } });
  expect(result.applied.length).toBe(plan.groups.length);
  expect(learnt(pruned) / 1e6).toBeCloseTo(3.056, 3);
  expect(macsOf(pruned) / 1e9).toBeCloseTo(0.4831, 4);
  expect(forecastOf(plan, HALF).macs).toBe(macsOf(pruned));
});
