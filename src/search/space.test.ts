import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import { seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { readModel } from '../onnx/read.ts';
import { replay } from '../recipe/replay.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { obtain } from '../testing/passes.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { viewOf } from './chosen.ts';
import { SPACE_REQUEST } from './defaults.ts';
import { keyOf, randomGenome, smallest, whole } from './genome.ts';
import { canonical, searchSpace } from './space.ts';
import { stepsOf } from './subnet.ts';

const SLOW = 120_000;

function inverted(g: GraphBuilder, x: ValueId, width: number, ratio: number, name: string): ValueId {
  const hidden = width * ratio;
  const wide = g.op('Relu', [g.op('Conv', [x, g.weight(`${name}.expand.w`, [hidden, width, 1, 1])])]);
  const depthwise = g.op('Conv', [wide, g.weight(`${name}.depth.w`, [hidden, 1, 3, 3])], {
    group: hidden,
    pads: [1, 1, 1, 1],
  });
  const branch = g.op('Conv', [g.op('Relu', [depthwise]), g.weight(`${name}.project.w`, [width, hidden, 1, 1])]);
  return g.op('Add', [x, branch], {}, { name: `${name}.sum`, outputs: [`${name}.y`] });
}

/** A stem, a stage of three inverted residual blocks, a head of two dense layers. */
const network = (): Model =>
  buildModel({ opset: 17, seed: 4 }, (g) => {
    let x = g.op('Relu', [g.op('Conv', [g.input('x', [1, 3, 8, 8]), g.weight('stem.w', [16, 3, 1, 1])])]);
    x = g.op('Conv', [x, g.weight('first.w', [16, 16, 1, 1])]);
    for (const block of ['a', 'b', 'c']) x = inverted(g, x, 16, 4, block);
    const flat = g.op('Flatten', [g.op('GlobalAveragePool', [x])]);
    const hidden = g.op('Relu', [g.op('Gemm', [flat, g.weight('h.w', [16, 32])])]);
    g.output(g.op('Gemm', [hidden, g.weight('head.w', [32, 10])]), 'y', { shape: [1, 10] });
  });

async function subnet(model: Model, genome: readonly number[]): Promise<Model> {
  const space = searchSpace(model, analyze(model));
  let last = model;
  for await (const outcome of replay(model, { whittle: 1, steps: stepsOf(space, genome) }, { obtain })) {
    expect(outcome.error).toBeNull();
    expect(outcome.lost).toEqual([]);
    last = outcome.model;
  }
  verifyModel(last);
  return last;
}

const macsOf = (model: Model): number => summarize(model, analyze(model), 0).macs ?? NaN;

describe('a search space', () => {
  it('has the width of every group and the depth of every stage, in the words of the field', () => {
    const model = network();
    const { genes } = searchSpace(model, analyze(model));
    const told = genes.map(({ kind, name, labels, spared }) => [kind, name, labels.join(' '), spared === null]);
    expect(told).toEqual([
      ['width', expect.stringContaining('stem') as string, '4 8 12 16', false],
      ['width', expect.stringContaining('residual') as string, '4 8 12 16', true],
      ['width', expect.stringContaining('expand ratio') as string, '×1 ×2 ×3 ×4', true],
      ['width', expect.stringContaining('expand ratio') as string, '×1 ×2 ×3 ×4', true],
      ['width', expect.stringContaining('expand ratio') as string, '×1 ×2 ×3 ×4', true],
      ['width', expect.stringContaining('hidden') as string, '8 16 24 32', false],
      [
        'depth',
        expect.stringContaining('depth') as string,
        '0 of 3 blocks 1 of 3 blocks 2 of 3 blocks 3 of 3 blocks',
        true,
      ],
    ]);
  });

  it('tells one sub-network in one way: widths in a block that is gone mean nothing', () => {
    const model = network();
    const space = searchSpace(model, analyze(model));
    const full = whole(space.genes);
    const shallow = full.map((choice, i) => (space.genes[i]?.kind === 'depth' ? 1 : choice));
    const narrow = shallow.map((choice, i) => (/^width:/.test(space.genes[i]?.id ?? '') && i === 4 ? 0 : choice));
    expect(keyOf(canonical(space, narrow))).toBe(keyOf(shallow));
    const first = shallow.map((choice, i) => (i === 2 ? 0 : choice));
    expect(keyOf(canonical(space, first))).toBe(keyOf(first));
  });

  it('shows of each gene in which block it lies', () => {
    const model = network();
    const genes = viewOf(searchSpace(model, analyze(model)), SPACE_REQUEST);
    const depth = genes.findIndex(({ kind }) => kind === 'depth');
    expect(genes.flatMap(({ name, inside }) => (inside ? [[name, inside.gene, inside.below]] : []))).toEqual([
      ['a expand ratio', depth, 1],
      ['b expand ratio', depth, 2],
      ['c expand ratio', depth, 3],
    ]);
    // What was shown once is narrowed without asking again.
    const again = viewOf({ genes }, { ...SPACE_REQUEST, kinds: ['depth'] });
    expect(again.map(({ inside }) => inside)).toEqual(genes.map(({ inside }) => inside));
  });

  it('is searched whole where hardly anything else would be left', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.op('Relu', [g.op('Conv', [g.input('x', [1, 1, 8, 8]), g.weight('a', [8, 1, 3, 3])])]);
      const y = g.op('Conv', [x, g.weight('b', [16, 8, 3, 3])]);
      g.output(g.op('Conv', [y, g.weight('c', [4, 16, 3, 3])]), 'y');
    });
    expect(searchSpace(model, analyze(model)).genes.map(({ spared }) => spared)).toEqual([null, null]);
  });
});

describe('a sub-network', () => {
  it('of the whole genome is the model itself', () => {
    const model = network();
    const space = searchSpace(model, analyze(model));
    expect(stepsOf(space, whole(space.genes))).toEqual([]);
  });

  it('is a slice of the model: any genome replays, and never costs more than a larger one', async () => {
    const model = network();
    const { genes } = searchSpace(model, analyze(model));
    const random = seeded(3);
    const [least, most] = [macsOf(await subnet(model, smallest(genes))), macsOf(model)];
    for (let i = 0; i < 8; i++) {
      const macs = macsOf(await subnet(model, randomGenome(genes, random)));
      expect(macs).toBeGreaterThanOrEqual(least);
      expect(macs).toBeLessThanOrEqual(most);
    }
  });
});

describe.skipIf(!haveShared())('real models', () => {
  it.each([
    ['mobilenetv2/mobilenet_v2_fp32', { width: 25, depth: 5, resolution: 1, ratios: 16 }],
    ['mnist-cnn/mnist', { width: 2, kernel: 2, resolution: 1 }],
    ['detect/FastestDet', { width: 34, depth: 1, kernel: 9, ratios: 16 }],
    ['ocr/ch_PP-OCRv2_det_infer', { width: 29, depth: 6, kernel: 6, ratios: 15 }],
    ['cifar/resnet_2b', { width: 5, depth: 1 }],
    ['transformer/vit_pgd_2_3_16', { width: 3, heads: 2, depth: 1 }],
    ['decoder/aidreams260k_nocache', { width: 4, heads: 4, depth: 1 }],
  ] as const)('%s: its space, and a random sub-network of it', { timeout: SLOW }, async (path, wanted) => {
    const { model } = readModel(sharedFile(`real/models/${path}.onnx`));
    const { genes } = searchSpace(model, analyze(model));
    const counts: Record<string, number> = {};
    for (const { kind } of genes) counts[kind] = (counts[kind] ?? 0) + 1;
    const ratios = genes.filter(({ name }) => name.endsWith('expand ratio')).length;
    expect({ ...counts, ...(ratios > 0 ? { ratios } : {}) }).toEqual(wanted);
    const made = await subnet(model, randomGenome(genes, seeded(1)));
    expect(macsOf(made)).toBeLessThan(macsOf(model));
  });
});
