import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { silentJob } from '../base/job.ts';
import { normal, seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import { gatesOf } from '../prune/importance/taylor.ts';
import { channelGraph, selectable } from '../prune/plan.ts';
import { buildModel } from '../testing/build.ts';
import { evaluate } from '../testing/reference/evaluate.ts';
import { refTensor, type RefTensor } from '../testing/reference/tensor.ts';
import type { Calibration } from './calibration.ts';
import { observeGradients } from './gradients.ts';
import { nodePort } from './node.ts';

const port = nodePort();
const job = silentJob();
const SAMPLES = 3;
const CLASSES = 3;

/** A residual sum that two layers read, one of them behind a Flatten, and a batch norm on the way. */
const network = (): Model =>
  buildModel({ seed: 7 }, (g) => {
    const x = g.input('x', [1, 1, 4, 4]);
    const conv = (from: Parameters<typeof g.op>[1][number], name: string, shape: number[]) =>
      g.op('Conv', [from, g.weight(name, shape), g.weight(`${name}.b`, [shape[0]!])], { pads: [1, 1, 1, 1] });
    const scale = ['scale', 'shift', 'mean', 'variance'].map((name, i) =>
      g.floats(
        name,
        [4],
        [1.2, 0.7, 1.4, 0.9].map((each) => (i === 0 || i === 3 ? each : each - 1)),
      ),
    );
    const stem = g.op('Tanh', [g.op('BatchNormalization', [conv(x, 'stem', [4, 1, 3, 3]), ...scale])]);
    const inner = g.op('Sigmoid', [conv(stem, 'inner', [3, 4, 3, 3])]);
    const sum = g.op('Add', [stem, conv(inner, 'outer', [4, 3, 3, 3])]);
    const flat = g.op('Flatten', [g.op('AveragePool', [sum], { kernel_shape: [2, 2], strides: [2, 2] })]);
    const scores = g.op('Gemm', [flat, g.weight('dense', [16, CLASSES])]);
    g.output(g.op('Softmax', [scores]), 'probabilities', { shape: [1, CLASSES] });
  });

const draw = normal(seeded(11));
const inputs = Array.from({ length: SAMPLES }, () => Float32Array.from({ length: 16 }, draw));
const calibration = (labels: readonly number[] | null): Calibration => ({
  name: 'x',
  samples: SAMPLES,
  labels,
  feeds: inputs.map((data) => ({ x: { dtype: 'float32', shape: [1, 1, 4, 4], data } })),
});

/** Weights that read the channels of each group, by the name of its anchor: tensor, axis, and indices of a channel. */
const READERS = [
  // The stem, with what is added to it: a convolution reads it, and the dense layer four places of each channel.
  {
    group: 'stem',
    reads: [
      ['inner', 1, 1],
      ['dense', 0, 4],
    ],
    channels: 4,
  },
  { group: 'inner', reads: [['outer', 1, 1]], channels: 3 },
] as const;

const constantOf = (model: Model, name: string) => {
  const found = [...model.graph.initializers].find(([value]) => model.getValue(value).name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

/** The model with the slices that read a channel times a factor. */
function scaled(reads: readonly (readonly [string, number, number])[], channel: number, factor: number): Model {
  const model = network();
  for (const [name, axis, width] of reads) {
    const [id, { shape }] = constantOf(model, name);
    const numbers = Float64Array.from(constantOf(model, name)[1].numbers());
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const data = numbers.map((each, i) => {
      const index = Math.floor(i / inner) % shape[axis]!;
      return Math.floor(index / width) === channel ? each * factor : each;
    });
    model.setInitializer(id, floats(shape, Float32Array.from(data)));
  }
  return model;
}

const answer = (model: Model, sample: number, name?: string): RefTensor => {
  const feeds = { x: refTensor('float32', [1, 1, 4, 4], inputs[sample]!) };
  const found = evaluate(model, feeds, name ? [name] : undefined);
  return [...found.values()][0]!;
};

/** d/dα of a loss at α = 1, α scaling all weights that read a channel, by central differences. */
function slope(reads: (typeof READERS)[number]['reads'], channel: number, loss: (model: Model) => number): number {
  const step = 2 ** -7;
  return (loss(scaled(reads, channel, 1 + step)) - loss(scaled(reads, channel, 1 - step))) / (2 * step);
}

async function scores(labels: readonly number[] | null): Promise<number[][]> {
  const model = network();
  const analysis = analyze(model);
  const graph = channelGraph(model, analysis);
  const gradients = await observeGradients({ model, analysis }, gatesOf(graph), calibration(labels), port, job);
  return selectable(graph, { importance: 'taylor', seed: 0, gradients }).map(({ importance }) =>
    Array.from(importance),
  );
}

describe('Taylor importance', () => {
  it('is the slope of the cross entropy, by finite differences of all weights that read a channel', async () => {
    const labels = [2, 0, 1];
    const found = await scores(labels);
    expect(found.map((each) => each.length)).toEqual(READERS.map(({ channels }) => channels));
    READERS.forEach(({ reads, channels }, group) => {
      for (let channel = 0; channel < channels; channel++) {
        const slopes = labels.map((label, sample) =>
          slope(reads, channel, (model) => -Math.log(answer(model, sample).data[label]!)),
        );
        const expected = Math.sqrt(slopes.reduce((sum, each) => sum + each ** 2, 0) / SAMPLES);
        expect(found[group]![channel]! / expected).toBeCloseTo(1, 2);
      }
    });
  });

  it('without labels is a slope of the scores along random signs, the same each time', async () => {
    const found = await scores(null);
    expect(await scores(null)).toEqual(found);
    const { name } = scoresValue(network());
    READERS.forEach(({ reads, channels }, group) => {
      for (let channel = 0; channel < channels; channel++) {
        const squares = inputs.map((_, sample) => {
          const random = seeded(sample + 1);
          const signs = Array.from({ length: CLASSES }, () => (random() < 0.5 ? -1 : 1));
          const along = (model: Model): number =>
            answer(model, sample, name).data.reduce((sum, each, i) => sum + each * signs[i]!, 0);
          return slope(reads, channel, along) ** 2;
        });
        const expected = Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / SAMPLES);
        expect(found[group]![channel]! / expected).toBeCloseTo(1, 2);
      }
    });
  });

  it('takes scores that lie far apart softened: a softmax that is sure of itself would say nothing', async () => {
    const model = buildModel({ seed: 2 }, (g) => {
      const hidden = g.op('Relu', [g.op('MatMul', [g.input('x', [1, 4]), g.weight('w', [4, 6])])]);
      g.output(g.op('MatMul', [hidden, g.weight('v', [6, 3], { scale: 3000 })]), 'y');
    });
    const analysis = analyze(model);
    const graph = channelGraph(model, analysis);
    const feeds = Array.from({ length: 8 }, () => ({
      x: { dtype: 'float32', shape: [1, 4], data: Float32Array.from({ length: 4 }, draw) } as const,
    }));
    const data = { name: 'x', samples: 8, feeds, labels: [0, 1, 2, 0, 1, 2, 0, 1] };
    const found = await observeGradients({ model, analysis }, gatesOf(graph), data, port, job);
    expect(found.filter((each) => each > 1e-4).length).toBeGreaterThan(3);
  });

  it('makes inputs up where nobody gives any', async () => {
    const model = network();
    const analysis = analyze(model);
    const gates = gatesOf(channelGraph(model, analysis));
    const made = { name: 'made-up inputs', feeds: null, samples: 4 };
    const found = await observeGradients({ model, analysis }, gates, made, port, job);
    expect(found).toHaveLength(7);
    expect(Math.min(...found)).toBeGreaterThan(0);
  });

  it('names the node that no gradient passes, and the sample whose label no class has', async () => {
    const model = buildModel({ seed: 2 }, (g) => {
      const hidden = g.op('MatMul', [g.input('x', [1, 4]), g.weight('w', [4, 6])]);
      const read = g.op('MatMul', [g.op('Relu', [hidden]), g.weight('v', [6, 3])]);
      g.output(
        g.op(
          'Det',
          [g.op('Reshape', [g.op('Concat', [read, read, read], { axis: 0 }), g.int64s('s', [1, 3, 3])])],
          {},
          { name: 'area' },
        ),
        'y',
      );
    });
    const analysis = analyze(model);
    const gates = gatesOf(channelGraph(model, analysis));
    const made = { name: 'made-up inputs', feeds: null, samples: 2 };
    await expect(observeGradients({ model, analysis }, gates, made, port, job)).rejects.toThrow(/area/);
    await expect(scores([0, 1, 3])).rejects.toThrow('A sample has the label 3; the model has 3 classes, 0 to 2.');
  });
});

const scoresValue = (model: Model) => {
  const softmax = [...model.graph.nodes].map((id) => model.getNode(id)).find(({ opType }) => opType === 'Softmax');
  return model.getValue(softmax!.inputs[0]!);
};
