import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import { nodePort } from '../../engine/node.ts';
import { buildStep } from '../../engine/train/build.ts';
import type { Model } from '../../ir/model.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Feeds, HostTensor } from '../../runtime/types.ts';
import { edgeCnn } from '../../samples/edge-cnn.ts';
import { TRAINING } from '../../train/defaults.ts';
import type { StepPart, TrainerSetup } from '../../train/trainer.ts';
import { randomGenome, type Genome } from '../genome.ts';
import { searchSpace } from '../space.ts';
import { setSupernet } from './info.ts';
import { maskedModel } from './mask.ts';
import { slicedNetwork } from './network.ts';
import { supernetStep } from './step.ts';

const BATCH = 6;
const SHAPES = { image: [BATCH, 1, 28, 28] };
const port = nodePort();
const job = silentJob();
const scalar = (value: number): HostTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

function network(): Model {
  const model = edgeCnn({ width: 4, layers: 2 });
  setSupernet(model, { transforms: {}, trained: {} });
  return model;
}

function images(seed: number): HostTensor {
  const draw = normal(seeded(seed));
  return { dtype: 'float32', shape: SHAPES.image, data: Float32Array.from({ length: BATCH * 784 }, draw) };
}
const labels: HostTensor = {
  dtype: 'float32',
  shape: [BATCH, 10],
  data: Float32Array.from({ length: BATCH * 10 }, (_, i) => Number(i % 10 === (3 * Math.floor(i / 10)) % 10)),
};

const session = { backend: 'wasm', level: 'all', threads: 1 } as const;

describe('a supernet step', () => {
  it(
    'has loss and gradients of the sliced network, batch norms of the batch and all',
    { timeout: 60_000 },
    async () => {
      const model = network();
      const space = searchSpace(model, analyze(model));
      const built = await supernetStep(model, maskedModel(model, analyze(model), space), TRAINING, SHAPES);
      const losses = async (parcel: Model, setup: TrainerSetup, feeds: Feeds) => {
        const trainer = await port.train({ name: 'step', bytes: writeModel(parcel) }, setup, session, job);
        try {
          return (await trainer.steps([{ feeds, rate: 1e-3 }], job))[0];
        } finally {
          await trainer.release();
        }
      };
      const [hard, soft] = built.step.losses;
      const random = seeded(3);
      const seen: number[] = [];
      for (let i = 0; i < 2; i++) {
        // With smaller kernels, the maps that make them get a gradient as well.
        const genome = randomGenome(space.genes, random).map((choice, gene) =>
          ['kernel', 'resolution'].includes(space.genes[gene]!.kind) ? space.genes[gene]!.choices.length - 1 : choice,
        );
        const sliced = await slicedNetwork(model, space, genome);
        const own = await buildStep(sliced, null, TRAINING, SHAPES);
        const common = { image: images(i), 'target 0': labels, smoothing: scalar(0) };
        const alone = await losses(own.model, own.setup, { ...common, 'factor 0': scalar(1) });
        const masked = await losses(built.step.model, fresh(built.setup), {
          ...common,
          ...built.masks(genome),
          temperature: scalar(1),
          [soft!.target]: labels,
          [hard!.coefficient]: scalar(1),
          [soft!.coefficient]: scalar(0),
        });
        expect(masked!.loss).toBeCloseTo(alone!.loss, 4);
        // Channels and blocks that are gone get none.
        expect(Math.abs(masked!.norm / alone!.norm - 1)).toBeLessThan(1e-3);
        seen.push(masked!.loss);
      }
      expect(new Set(seen.map((each) => each.toFixed(3))).size).toBe(2);
    },
  );

  it('moves weights by the mean gradient of its sub-networks, which learn from the first one', async () => {
    const model = network();
    const space = searchSpace(model, analyze(model));
    const built = await supernetStep(model, maskedModel(model, analyze(model), space), SGD, SHAPES);
    const [hard, soft] = built.step.losses;
    const full = space.genes.map(({ choices }) => choices.length - 1);
    const half = space.genes.map(() => 1);
    const part = (genome: Genome, hardFactor: number, learns: boolean): StepPart => ({
      feeds: {
        ...built.masks(genome),
        [hard!.target]: labels,
        [soft!.target]: labels,
        [hard!.coefficient]: scalar(hardFactor),
        [soft!.coefficient]: scalar(1 - hardFactor),
      },
      ...(learns ? { learns: { [soft!.target]: built.answer.logits } } : {}),
    });
    const moved = async (parts: readonly StepPart[]) => {
      const setup = fresh(built.setup);
      const before = setup.tensors.map(({ data }) => data.slice());
      const trainer = await port.train({ name: 'step', bytes: writeModel(built.step.model) }, setup, session, job);
      const feeds = { image: images(1), smoothing: scalar(0), temperature: scalar(1) };
      const [output] = await trainer.steps([{ feeds, rate: 1, parts }], job);
      await trainer.release();
      const steps = setup.tensors.map(({ data }, i) => data.map((each, at) => each - before[i]![at]!));
      return { output, steps };
    };
    const [whole, both] = [
      await moved([part(full, 1, false)]),
      await moved([part(full, 1, false), part(half, 0, true)]),
    ];
    expect(both.output!.loss).toBeCloseTo(whole.output!.loss, 6);
    expect(both.output!.parts).toHaveLength(2);
    // The difference of softened scores is 0 for a network that says the same, and here it is not.
    expect(both.output!.parts![1]).toBeGreaterThan(1e-3);
    const same = await moved([part(full, 1, false), part(full, 0, true)]);
    expect(same.output!.parts![1]).toBeCloseTo(0, 5);
    const apart = whole.steps.map((each, i) =>
      each.reduce((most, step, at) => Math.max(most, Math.abs(same.steps[i]![at]! - step / 2)), 0),
    );
    expect(Math.max(...apart)).toBeLessThan(5e-5);
  });
});

const SGD = {
  ...TRAINING,
  optimizer: { ...TRAINING.optimizer, kind: 'sgd' as const, momentum: 0, weightDecay: 0, clip: null },
};

/** Steps take the arrays over. */
const fresh = (setup: TrainerSetup): TrainerSetup => ({
  ...setup,
  tensors: setup.tensors.map((each) => ({ ...each, data: each.data.slice() })),
  statistics: setup.statistics.map((each) => ({
    ...each,
    runningMean: { ...each.runningMean, data: each.runningMean.data.slice() },
    runningVariance: { ...each.runningVariance, data: each.runningVariance.data.slice() },
  })),
});
