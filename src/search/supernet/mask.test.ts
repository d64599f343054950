import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { normal, seeded } from '../../base/random.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { verifyModel } from '../../ir/verify-model.ts';
import { edgeCnn } from '../../samples/edge-cnn.ts';
import { buildModel } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { SPACE_REQUEST } from '../defaults.ts';
import { randomGenome, whole, type Genome } from '../genome.ts';
import { searchSpace } from '../space.ts';
import { atGenome, maskedModel } from './mask.ts';
import { slicedNetwork, supernetFrom, trainedSupernet, type Supernet } from './network.ts';
import { chosenBy, ELASTIC } from './phases.ts';

const SHAPES = { image: [2, 1, 28, 28] };
const REQUEST = { ...SPACE_REQUEST, kinds: ELASTIC };

/** Kernels come by maps that are none of the identity. */
function withTransforms({ masked }: Supernet): Record<string, Float32Array<ArrayBuffer>> {
  const draw = normal(seeded(8));
  const learnt: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const { value } of masked.kernels.flatMap(({ transforms }) => transforms)) {
    const { shape } = masked.model.graph.initializers.get(value)!;
    const [size = 1] = shape;
    const data = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0) + 0.1 * draw());
    masked.model.setInitializer(value, floats(shape, data));
    learnt[masked.model.getValue(value).name] = data;
  }
  return learnt;
}

const differs = async (a: Model, b: Model): Promise<unknown> =>
  expectEquivalent(a, b, { class: 'order', seeds: 1, shapes: SHAPES, verdicts: ['differs'] });

describe('a masked model', () => {
  const opened = edgeCnn({ width: 4, layers: 3 });
  const net = supernetFrom(opened, REQUEST);

  it('is the opened model where nothing is masked, its channels sorted', { timeout: 30_000 }, async () => {
    verifyModel(net.masked.model);
    const named = (model: Model): string[] =>
      [...model.graph.initializers].map(([id, { shape }]) => `${model.getValue(id).name} ${shape.join()}`);
    expect(named(net.model)).toEqual(named(opened));
    await expectEquivalent(opened, net.model, { class: 'order', seeds: 1, shapes: SHAPES });
    await expectEquivalent(opened, net.masked.model, { class: 'order', seeds: 1, shapes: SHAPES });
  });

  it('gives what the sliced network gives, for random widths, depths and kernels', { timeout: 60_000 }, async () => {
    const learnt = withTransforms(net);
    expect(Object.keys(learnt)).toHaveLength(11);
    const made = trainedSupernet(net, learnt);
    const random = seeded(5);
    const elastic = (genome: Genome): Genome =>
      genome.map((choice, i) => (net.genes[i]!.searched ? choice : net.genes[i]!.choices.length - 1));
    const smallest = chosenBy(net.genes, ELASTIC, () => 0);
    const kernels = chosenBy(net.genes, ['kernel'], () => 0);
    const genomes = [smallest, kernels, ...Array.from({ length: 3 }, () => elastic(randomGenome(net.genes, random)))];
    for (const genome of genomes) {
      const masked = atGenome(net.masked, genome);
      const sliced = await slicedNetwork(made, net.space, genome);
      expect(sliced.graph.nodes.size).toBeLessThanOrEqual(made.graph.nodes.size);
      await expectEquivalent(masked, sliced, { class: 'order', seeds: 1, shapes: SHAPES });
      await differs(made, sliced);
    }
  });

  it('of the whole genome is the supernet itself', async () => {
    const made = trainedSupernet(net, {});
    expect(await slicedNetwork(made, net.space, whole(net.genes))).toBe(made);
    expect(searchSpace(made, analyze(made)).supernet).not.toBeNull();
  });

  it(
    'masks dilated and padded kernels of any shape, dense layers behind a Flatten, and groups',
    { timeout: 30_000 },
    async () => {
      const model = buildModel({ opset: 17, seed: 2 }, (g) => {
        const conv = (x: ValueId, name: string, shape: number[], attributes = {}) =>
          g.op('Conv', [x, g.weight(name, shape)], attributes, { name });
        const a = g.op('Relu', [
          conv(g.input('image', [2, 3, 9, 9]), 'a', [8, 3, 5, 3], { pads: [4, 1, 4, 1], dilations: [2, 1] }),
        ]);
        const b = g.op('Relu', [conv(a, 'b', [8, 4, 5, 5], { group: 2, pads: [2, 2, 2, 2], strides: [2, 2] })]);
        const c = g.op('Relu', [conv(b, 'c', [8, 8, 1, 1])]);
        const flat = g.op('Flatten', [c]);
        g.output(g.op('Gemm', [flat, g.weight('dense', [200, 5])]), 'y', { shape: [2, 5] });
      });
      const all = { ...REQUEST, genes: {} };
      const own = supernetFrom(model, { ...all, genes: everyGene(model) });
      expect(own.genes.filter(({ searched }) => searched).map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['width', 'kernel']),
      );
      const made = trainedSupernet(own, withTransforms(own));
      const random = seeded(1);
      for (let i = 0; i < 4; i++) {
        const genome = chosenBy(own.genes, ELASTIC, (allowed) => allowed[Math.floor(random() * allowed.length)] ?? 0);
        await expectEquivalent(atGenome(own.masked, genome), await slicedNetwork(made, own.space, genome), {
          class: 'order',
          seeds: 1,
        });
      }
    },
  );

  it('wants an operator set that masks can be written in', () => {
    const model = buildModel({ opset: 9, seed: 1 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 1, 9, 9]), g.weight('a', [8, 1, 5, 5])], { pads: [2, 2, 2, 2] });
      g.output(g.op('Conv', [g.op('Relu', [x]), g.weight('b', [2, 8, 1, 1])]), 'y');
    });
    const space = searchSpace(model, analyze(model));
    verifyModel(maskedModel(model, analyze(model), space, (gene) => space.genes[gene]!.kind !== 'kernel').model);
    expect(() => maskedModel(model, analyze(model), space)).toThrow(
      /kernels are written in operator set 11, and this model is of 9. Apply convert-opset first, or leave kernels out/,
    );
  });
});

/** Those that are spared as well. */
const everyGene = (model: Model) =>
  Object.fromEntries(searchSpace(model, analyze(model)).genes.map(({ id }) => [id, { searched: true }]));
