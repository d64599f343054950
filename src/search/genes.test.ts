import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { seeded } from '../base/random.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataSet } from '../data/types.ts';
import type { Model } from '../ir/model.ts';
import type { Shape, ValueId } from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { readModel } from '../onnx/read.ts';
import { replay } from '../recipe/replay.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { obtain } from '../testing/passes.ts';
import { normalFeeds, run } from '../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { randomGenome, smallest, whole, type Genome } from './genome.ts';
import { canonical, searchSpace, type SearchSpace } from './space.ts';
import { stepsOf } from './subnet.ts';

const SLOW = 120_000;

interface Block {
  readonly width: number;
  readonly kernel: number;
  readonly gated?: boolean;
}

const pointwise = (g: GraphBuilder, x: ValueId, name: string, outs: number, ins: number): ValueId =>
  g.op('Conv', [x, g.weight(`${name}.weight`, [outs, ins, 1, 1])]);

/** An inverted residual, with squeeze-and-excite where it is gated. */
function inverted(g: GraphBuilder, x: ValueId, scope: string, { width, kernel, gated = false }: Block): ValueId {
  const [hidden, pad] = [3 * width, (kernel - 1) / 2];
  const wide = g.op('Relu', [pointwise(g, x, `${scope}.block.0`, hidden, width)]);
  const weight = g.weight(`${scope}.block.1.weight`, [hidden, 1, kernel, kernel]);
  const seen = g.op('Relu', [g.op('Conv', [wide, weight], { group: hidden, pads: [pad, pad, pad, pad] })]);
  const squeezed = (): ValueId =>
    g.op('Relu', [pointwise(g, g.op('GlobalAveragePool', [seen]), `${scope}.block.2.fc1`, 4, hidden)]);
  const gate = (): ValueId => g.op('HardSigmoid', [pointwise(g, squeezed(), `${scope}.block.2.fc2`, hidden, 4)]);
  const y = pointwise(g, gated ? g.op('Mul', [seen, gate()]) : seen, `${scope}.block.3`, width, hidden);
  return g.op('Add', [x, y], {}, { outputs: [`${scope}.y`] });
}

interface NetworkOptions {
  readonly input?: Shape;
  readonly pooled?: boolean;
}

/** A stem of stride 2 and a 5 × 5 kernel, two blocks, a head. */
const network = ({ input = ['batch', 3, 32, 32], pooled = true }: NetworkOptions = {}): Model =>
  buildModel({ opset: 17, seed: 6 }, (g) => {
    const stem = g.weight('stem.weight', [8, 3, 5, 5]);
    let x = g.op('Conv', [g.input('image', input), stem], { strides: [2, 2], pads: [2, 2, 2, 2] });
    x = inverted(g, g.op('Relu', [x]), 'features.1', { width: 8, kernel: 5 });
    x = inverted(g, x, 'features.2', { width: 8, kernel: 7, gated: true });
    const flat = g.op('Flatten', [pooled ? g.op('GlobalAveragePool', [x]) : x]);
    const hidden = g.op('Relu', [g.op('Gemm', [flat, g.weight('fc.weight', [pooled ? 8 : 2048, 16])])]);
    g.output(g.op('Gemm', [hidden, g.weight('head.weight', [16, 10])]), 'logits', { shape: [input?.[0] ?? 1, 10] });
  });

const spaceOf = (model: Model): SearchSpace => searchSpace(model, analyze(model));

const genesOf = (model: Model, kind: string): readonly (readonly [string, string, boolean])[] =>
  spaceOf(model)
    .genes.filter((gene) => gene.kind === kind)
    .map(({ name, labels, spared }) => [name, labels.join(', '), spared === null]);

/** The whole genome, but for some genes by the end of their ids. */
const but = ({ genes }: SearchSpace, choices: Readonly<Record<string, number>>): Genome =>
  whole(genes).map((choice, i) => {
    const named = Object.entries(choices).find(([end]) => genes[i]?.name.endsWith(end));
    return named ? named[1] : choice;
  });

async function subnet(model: Model, genome: Genome): Promise<Model> {
  let last = model;
  for await (const outcome of replay(model, { whittle: 1, steps: stepsOf(spaceOf(model), genome) }, { obtain })) {
    expect([outcome.error, outcome.lost]).toEqual([null, []]);
    expect(outcome.applied.length).toBeGreaterThan(0);
    last = outcome.model;
  }
  verifyModel(last);
  return last;
}

describe('kernel genes', () => {
  it('stand under the names of their blocks, gated ones too; the stem is spared', () => {
    expect(genesOf(network(), 'kernel')).toEqual([
      ['stem kernel', '3 × 3, 5 × 5', false],
      ['features.1 kernel', '3 × 3, 5 × 5', true],
      ['features.2 kernel', '3 × 3, 5 × 5, 7 × 7', true],
    ]);
    const names = spaceOf(network()).genes.map(({ name }) => name);
    expect(names).toContain('features.1 expand ratio');
    expect(names).toContain('features.2 expand ratio');
    expect(names).toContain('features.1–2 depth');
  });

  it('are sizes by the name of what a convolution gives', async () => {
    const model = network();
    const steps = stepsOf(spaceOf(model), but(spaceOf(model), { 'features.2 kernel': 1 }));
    expect(steps).toEqual([{ pass: 'shrink-kernels', options: { kernels: { conv_6_out: 5 } }, sites: 'all' }]);
    const made = await subnet(model, but(spaceOf(model), { 'features.2 kernel': 1 }));
    const shapes = [...made.graph.initializers.values()].map(({ shape }) => shape.join());
    expect(shapes.filter((shape) => shape === '24,1,5,5')).toHaveLength(2);
  });

  it('are fitted to data where a search makes up for what goes by least squares', () => {
    const space = spaceOf(network());
    const genome = but(space, { 'features.2 kernel': 1, 'features.1 expand ratio': 0 });
    const [kernel, width] = stepsOf(space, genome, 'least-squares');
    expect(kernel).toMatchObject({ pass: 'shrink-kernels', options: { method: 'least-squares' } });
    expect(width).toMatchObject({ pass: 'prune-channels', options: { repair: 'least-squares' } });
    expect(stepsOf(space, genome, 'mean').map(({ options }) => [options['method'], options['repair']])).toEqual([
      [undefined, undefined],
      [undefined, 'mean'],
    ]);
    expect(stepsOf(space, genome, 'batch-norm').at(-1)?.pass).toBe('reestimate-batch-norm');
    expect(stepsOf(space, whole(space.genes), 'batch-norm')).toEqual([]);
  });

  it('mean nothing in a block that is gone', () => {
    const space = spaceOf(network());
    const dropped = but(space, { 'features.1–2 depth': 1, 'features.1 kernel': 0, 'features.2 kernel': 0 });
    expect(canonical(space, dropped)).toEqual(but(space, { 'features.1–2 depth': 1, 'features.1 kernel': 0 }));
  });

  it('are left out where padding cannot shrink, and the space says why', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 2, 32, 32]), g.weight('a', [4, 2, 5, 5])], {}, { name: 'bare' });
      g.output(g.op('Conv', [x, g.weight('b', [4, 4, 7, 7])], { pads: [0, 0, 0, 0] }), 'y');
    });
    expect(genesOf(model, 'kernel')).toEqual([]);
    expect(spaceOf(model).notes).toEqual([
      expect.stringContaining('The 5 × 5 kernel of Conv bare is not searched. At 3 × 3 its padding'),
      expect.stringContaining('The 7 × 7 kernel of'),
      'The resolution is not searched: the input x takes no images.',
    ]);
  });

  it('offer the sizes that padding allows', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 2, 8, 8]), g.weight('a', [4, 2, 7, 7])], { pads: [1, 1, 1, 1] });
      g.output(g.op('Conv', [x, g.weight('b', [4, 4, 1, 1])]), 'y');
    });
    expect(genesOf(model, 'kernel').map(([, labels]) => labels)).toEqual(['5 × 5, 7 × 7']);
  });
});

describe('the resolution gene', () => {
  it('has smaller sides where the head pools over the image', () => {
    const one = (input: Shape): readonly string[] =>
      genesOf(network({ input }), 'resolution').map(([, labels]) => labels);
    expect(one(['batch', 3, 32, 32])).toEqual(['20 × 20, 24 × 24, 28 × 28, 32 × 32']);
    expect(one([1, 3, 28, 28])).toEqual(['16 × 16, 20 × 20, 24 × 24, 28 × 28']);
    expect(one([1, 3, 96, 128])).toEqual(['60 × 80, 72 × 96, 84 × 112, 96 × 128']);
  });

  it.each([
    ['a dense head', { pooled: false }, 'At 28 × 28: Gemm'],
    ['open sides', { input: ['batch', 3, 'h', 'w'] }, 'the input image leaves height and width open'],
    ['small images', { input: [1, 3, 12, 12] }, '12 × 12 is small enough'],
  ] as const)('is left out, and the space says why: %s', (_, options, reason) => {
    expect(genesOf(network(options), 'resolution')).toEqual([]);
    expect(spaceOf(network(options)).notes).toEqual([expect.stringContaining(reason)]);
  });

  it('is left out where an output is an image itself', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.input('x', [1, 3, 64, 64]);
      g.output(g.op('Conv', [x, g.weight('w', [1, 3, 1, 1])]), 'mask');
    });
    expect(spaceOf(model).notes).toEqual([
      'The resolution is not searched. At 56 × 56: The output mask would be 1×1×56×56 instead of 1×1×64×64.',
    ]);
  });

  it('is the first step, and images are then resized to what it says', async () => {
    const model = network();
    const space = spaceOf(model);
    const [step] = stepsOf(space, smallest(space.genes));
    const shapes = { image: ['batch', 3, 20, 20] };
    expect(step).toEqual({ pass: 'set-input-shape', options: { shapes }, sites: 'all' });
    const made = await subnet(model, but(space, { resolution: 0 }));
    const input = made.getValue(made.graph.inputs[0]!);
    const shape = input.type?.kind === 'tensor' ? input.type.shape : null;
    expect(shape).toEqual(['batch', 3, 20, 20]);
    const { preprocess } = await preprocessFor([{ name: input.name, dtype: 'float32', shape }], images(48, 64));
    expect(preprocess).toMatchObject({ resize: { to: 'exact', width: 20, height: 20 }, shape: [3, 20, 20] });
  });
});

const images = (height: number, width: number): DataSet => ({
  name: 'images',
  kind: 'images',
  count: 1,

  sample: () =>
    Promise.resolve({ kind: 'image', image: { height, width, channels: 3, data: new Uint8Array(3 * height * width) } }),
});

describe('a sub-network of all kinds of genes', () => {
  it('runs, and its outputs have the shape that they had', async () => {
    const model = network();
    const { genes } = spaceOf(model);
    expect(new Set(genes.map(({ kind }) => kind))).toEqual(new Set(['width', 'depth', 'kernel', 'resolution']));
    const random = seeded(11);
    for (const genome of [smallest(genes), ...Array.from({ length: 3 }, () => randomGenome(genes, random))]) {
      const made = await subnet(model, genome);
      const feeds = normalFeeds(made, 1);
      const { logits } = await run(made, feeds);
      expect(logits?.shape).toEqual([feeds['image']?.shape[0], 10]);
      expect(Array.from(logits?.data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });
});

describe.skipIf(!haveShared())('real models', () => {
  const open = (path: string): Model => readModel(sharedFile(`real/models/${path}.onnx`)).model;

  it('MobileNetV2 at a smaller image and fewer channels gives its thousand classes', { timeout: SLOW }, async () => {
    const model = open('mobilenetv2/mobilenet_v2_fp32');
    const space = spaceOf(model);
    expect(genesOf(model, 'resolution')).toEqual([['resolution', '128 × 128, 160 × 160, 192 × 192, 224 × 224', true]]);
    const made = await subnet(model, but(space, { resolution: 0, 'features.3 expand ratio': 0 }));
    expect(Object.values(await run(made, normalFeeds(made, 1)))[0]?.shape.at(-1)).toBe(1000);
  });

  it.each(['detect/FastestDet', 'ocr/ch_PP-OCRv2_det_infer', 'mnist-cnn/mnist'])(
    '%s: a random sub-network runs',
    { timeout: SLOW },
    async (path) => {
      const model = open(path);
      const made = await subnet(model, randomGenome(spaceOf(model).genes, seeded(2)));
      const [before, after] = [model, made].map((each) => each.graph.outputs.map((id) => analyze(each).shape(id)));
      expect(after).toEqual(before);
      for (const each of Object.values(await run(made, normalFeeds(made, 1)))) {
        expect((each.data as Float32Array).every(Number.isFinite)).toBe(true);
      }
    },
  );

  it('transformers get neither kernels nor resolutions', () => {
    const kinds = (path: string): readonly string[] => spaceOf(open(path)).genes.map(({ kind }) => kind);
    for (const path of ['transformer/vit_pgd_2_3_16', 'transformer/bert_toy_unfused']) {
      expect(kinds(path).filter((kind) => kind === 'kernel' || kind === 'resolution')).toEqual([]);
    }
    expect(spaceOf(open('transformer/vit_pgd_2_3_16')).notes).toEqual([
      expect.stringContaining('Only odd kernels have a middle'),
      expect.stringContaining('The resolution is not searched. At '),
    ]);
  });
});
