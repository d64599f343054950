import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import { tensorOf, viewAs, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { stays, decodeMask } from '../../prune/sparsity/mask.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { normalFeeds, run } from '../../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { pruneWeights } from './prune-weights.ts';

/** conv 3→8 (3×3), Constant conv 8→4, dense 4→6 in float16 between casts. */
function mixed(seed = 3): Model {
  return buildModel({ opset: 17, seed }, (g) => {
    const conv = g.op('Conv', [
      g.input('x', [1, 3, 4, 4]),
      g.weight('conv.weight', [8, 3, 3, 3]),
      g.weight('bias', [8]),
    ]);
    const kernel = Float32Array.from({ length: 32 }, (_, i) => ((i * 7 + seed) % 32) - 16.5);
    const held = g.op('Constant', [], { value: tensorOf('float32', [4, 8, 1, 1], kernel) }, { outputs: ['held'] });
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Conv', [g.op('Relu', [conv]), held])])]);
    const half = g.op('Cast', [pooled], { to: 10 });
    const dense = g.op('MatMul', [half, g.weight('dense.weight', [4, 6], { dtype: 'float16' })]);
    g.output(g.op('Cast', [dense], { to: 1 }), 'y', { shape: [1, 6] });
  });
}

/** Every constant by name, Constant nodes' too. */
function constants(model: Model): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [id, tensor] of model.graph.initializers) found.set(model.getValue(id).name, tensor);
  for (const node of model.nodes.values()) {
    const value = node.attributes.get('value');
    if (node.opType === 'Constant' && value?.type === 'tensor')
      found.set(model.getValue(node.outputs[0] as ValueId).name, value.value);
  }
  return found;
}

const zeros = (tensor: Tensor | undefined): number =>
  Array.from(tensor?.numbers() ?? []).filter((each) => each === 0).length;
const sparsities = (model: Model, names: readonly string[]): number[] => {
  const held = constants(model);
  return names.map((name) => zeros(held.get(name)));
};

const WEIGHTS = ['conv.weight', 'held', 'dense.weight'];
const SIZES = [216, 32, 24];

/** The same model with zeros written by hand wherever `after` has them. */
function zeroedByHand(before: Model, after: Model, names: readonly string[]): Model {
  const copy = readModel(writeModel(before)).model;
  const held = constants(after);
  for (const [id, tensor] of copy.graph.initializers) {
    const { name } = copy.getValue(id);
    const pruned = held.get(name)?.numbers();
    if (!names.includes(name) || !pruned) continue;
    const data = viewAs(tensor.dtype, tensor.bytes().slice());
    for (let i = 0; i < data.length; i++) if (pruned[i] === 0) data[i] = 0;
    copy.setInitializer(id, tensorOf(tensor.dtype, tensor.shape, data));
  }
  return copy;
}

describe('prune-weights', () => {
  it('shows one site per weight, and what stays with its reason', async () => {
    const { sites, refusals } = await sitesOf(mixed(), pruneWeights, { options: { protected: ['held'] } });
    expect(sites.map((site) => site.what)).toEqual([
      'Sets 108 of 216 weights of conv.weight to zero.',
      'Sets 12 of 24 weights of dense.weight to zero.',
    ]);
    expect(refusals.map((each) => each.reason)).toEqual(['held is protected.']);
  });

  it('zeroes exactly the share of every tensor, and changes nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('magnitude', 'lamp', 'random'),
        fc.integer({ min: 0, max: 9 }),
        async (sparsity, importance, seed) => {
          const before = mixed(seed);
          const { model } = await afterPass(before, pruneWeights, { options: { sparsity, importance, seed } });
          expect(sparsities(model, WEIGHTS)).toEqual(SIZES.map((size) => Math.round(sparsity * size)));
          const [old, now] = [constants(before), constants(model)];
          expect([...now.keys()]).toEqual([...old.keys()]);
          for (const [name, tensor] of now) {
            const [was, is] = [old.get(name)?.numbers() ?? [], tensor.numbers()];
            const wrong = Array.from(is).filter(
              (each, i) => each !== was[i] && !(WEIGHTS.includes(name) && each === 0),
            );
            expect(wrong).toEqual([]);
          }
        },
      ),
      { seed: 11, numRuns: 40 },
    );
  });

  it('records zeros that are there already, by decision, and changes no bit', async () => {
    const { model, result } = await afterPass(mixed(), pruneWeights, { options: { sparsity: 0.5 } });
    expect(result.applied.map(({ preserves }) => preserves ?? pruneWeights.preserves)).toEqual(
      WEIGHTS.map(() => 'approximation'),
    );
    const again = await afterPass(model, pruneWeights, { options: { sparsity: 0.5 }, decisions: result.decisions });
    expect(again.result.applied.map(({ preserves }) => preserves)).toEqual(WEIGHTS.map(() => 'bits'));
    expect(writeModel(again.model)).toEqual(writeModel(model));
    const replayed = await afterPass(mixed(), pruneWeights, { decisions: result.decisions });
    expect(replayed.result.applied.map(({ preserves }) => preserves)).toEqual(WEIGHTS.map(() => 'approximation'));
    expect(writeModel(replayed.model)).toEqual(writeModel(model));
  });

  it('zeroes exactly the share of all weights together under one threshold', async () => {
    for (const importance of ['magnitude', 'lamp', 'random']) {
      const { model } = await afterPass(mixed(), pruneWeights, {
        options: { sparsity: 0.37, scope: 'global', importance },
      });
      expect(sparsities(model, WEIGHTS).reduce((a, b) => a + b)).toBe(Math.round(0.37 * 272));
    }
    const before = mixed();
    const { model } = await afterPass(before, pruneWeights, { options: { sparsity: 0.5, scope: 'global' } });
    const [old, now] = [constants(before), constants(model)];
    const magnitudes = WEIGHTS.flatMap((name) =>
      Array.from(old.get(name)?.numbers() ?? [], (each, i) => ({
        each: Math.abs(each),
        kept: now.get(name)?.numbers()[i] !== 0,
      })),
    );
    const largestGone = Math.max(...magnitudes.filter(({ kept }) => !kept).map(({ each }) => each));
    const smallestKept = Math.min(...magnitudes.filter(({ kept }) => kept).map(({ each }) => each));
    expect(largestGone).toBeLessThanOrEqual(smallestKept);
  });

  it('LAMP leaves at least one weight in every tensor where plain magnitudes would empty one', async () => {
    const model = buildModel({ opset: 17, seed: 1 }, (g) => {
      const small = g.op('MatMul', [g.input('x', [1, 8]), g.weight('small', [8, 8], { scale: 1e-3 })]);
      g.output(g.op('MatMul', [small, g.weight('large', [8, 8])]), 'y');
    });
    const options = { sparsity: 0.5, scope: 'global' };
    const plain = await afterPass(model, pruneWeights, { options });
    expect(sparsities(plain.model, ['small', 'large'])).toEqual([64, 0]);
    const lamp = await afterPass(model, pruneWeights, { options: { ...options, importance: 'lamp' } });
    const [small = 0, large = 0] = sparsities(lamp.model, ['small', 'large']);
    expect(small + large).toBe(64);
    expect(Math.abs(small - large)).toBeLessThan(20);
  });

  it('gives a tensor a share of its own, which takes no part in the global ranking', async () => {
    const options = { sparsity: 0.5, scope: 'global', sparsities: { held: 0.25 } };
    const { model } = await afterPass(mixed(), pruneWeights, { options });
    const [conv = 0, held, dense = 0] = sparsities(model, WEIGHTS);
    expect([conv + dense, held]).toEqual([120, 8]);
  });

  it.each([
    ['2:4', {}, [96, 16, 12]],
    ['4:8', {}, [96, 16, 0]],
    ['n:m', { nm: '1:4' }, [144, 24, 18]],
  ])(
    'keeps the pattern %s along the inputs, and says where there is no full group',
    async (pattern, more, expected) => {
      const { model, result } = await afterPass(mixed(), pruneWeights, { options: { pattern, ...more } });
      // conv: 27 inputs, of which 24 stand in full groups.
      expect(sparsities(model, WEIGHTS)).toEqual([
        expected[0] === 108 ? 8 * 12 + 0 : expected[0],
        ...expected.slice(1),
      ]);
      if (pattern === '4:8') {
        expect(result.refusals.map((each) => each.reason)).toEqual([
          'dense.weight has no full group of 8: it has 6 outputs of 4 inputs.',
        ]);
      }
    },
  );

  it('zeroes whole blocks of outputs', async () => {
    const { model } = await afterPass(mixed(), pruneWeights, {
      options: { pattern: 'block', block: '4x1', sparsity: 0.5 },
    });
    // conv: 2 × 27 blocks, held: 1 × 8, dense: 1 × 4 (two of its six outputs are left over).
    expect(sparsities(model, WEIGHTS)).toEqual([27 * 4, 16, 8]);
  });

  it('counts weights that are zero already among those that are asked for, and then has nothing left to do', async () => {
    const first = await afterPass(mixed(), pruneWeights, { options: { sparsity: 0.3 } });
    const second = await afterPass(first.model, pruneWeights, { options: { sparsity: 0.5, importance: 'random' } });
    expect(sparsities(second.model, WEIGHTS)).toEqual([108, 16, 12]);
    const again = await sitesOf(second.model, pruneWeights, { options: { sparsity: 0.5 } });
    expect(again.sites).toEqual([]);
    expect(again.refusals.map((each) => each.reason)).toContain('held has the zeros that are asked for already.');
    for (const options of [{ pattern: '2:4' }, { pattern: 'block' }, { scope: 'global' }]) {
      const pruned = await afterPass(mixed(), pruneWeights, { options });
      expect((await sitesOf(pruned.model, pruneWeights, { options })).sites).toEqual([]);
    }
  });

  it('replays decisions to the byte whatever the importance and the weights are, through JSON too', async () => {
    const options = { sparsity: 0.6, scope: 'global', importance: 'random', seed: 4 };
    const first = await afterPass(mixed(), pruneWeights, { options });
    const decisions = JSON.parse(JSON.stringify(first.result.decisions)) as Record<string, Json>;
    const again = await afterPass(mixed(), pruneWeights, {
      decisions,
      options: { ...options, importance: 'lamp', seed: 0 },
    });
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
    const other = await afterPass(mixed(8), pruneWeights, { decisions });
    expect(sparsities(other.model, WEIGHTS)).toEqual(sparsities(first.model, WEIGHTS));
    for (const [key, decision] of Object.entries(decisions)) {
      const name = key.split(':')[1] ?? '';
      const mask = decodeMask(name, SIZES[WEIGHTS.indexOf(name)] ?? 0, decision);
      const pruned = constants(first.model).get(name)?.numbers() ?? [];
      expect(Array.from(pruned, (each) => each !== 0)).toEqual(Array.from(pruned, (_, i) => stays(mask, i)));
    }
  });

  it('refuses a decision for another shape, unknown weights and patterns that are none', async () => {
    const { result } = await afterPass(mixed(), pruneWeights);
    const [key = ''] = Object.keys(result.decisions);
    await expect(
      afterPass(mixed(), pruneWeights, { decisions: { [key]: { elements: 7, mask: '' } } }),
    ).rejects.toMatchObject({ code: 'replay-failed' });
    for (const options of [
      { sparsities: { nowhere: 0.5 } },
      { sparsities: { held: 2 } },
      { protected: ['nowhere'] },
      { protected: 'held' },
      { pattern: 'n:m', nm: '4:4' },
      { pattern: 'n:m', nm: 'all' },
      { pattern: 'block', block: '0x4' },
    ]) {
      await expect(afterPass(mixed(), pruneWeights, { options }), JSON.stringify(options)).rejects.toMatchObject({
        code: 'bad-request',
      });
    }
  });

  it('reaches weights in the bodies of If, and tells two of one name apart', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.input('x', [2, 4]);
      const body = (inner: GraphBuilder): void => {
        const w = inner.weight('w', [4, 4]);
        inner.model.getValue(w).name = 'w';
        inner.output(inner.op('MatMul', [x, w]));
      };
      g.output(g.op('If', [g.input('c', [], 'bool')], { then_branch: body, else_branch: body }), 'y', {
        shape: [2, 4],
      });
    });
    const { model: pruned, result } = await afterPass(model, pruneWeights, { options: { sparsity: 0.75 } });
    expect(Object.keys(result.decisions).map((key) => key.split(':')[1])).toEqual(['w', 'w#2']);
    const held = [...pruned.graphs.values()].flatMap((graph) => [...graph.initializers.values()]);
    expect(held.map(zeros)).toEqual([12, 12]);
    const again = await afterPass(model, pruneWeights, { options: { sparsity: 0.75 }, decisions: result.decisions });
    expect(writeModel(again.model)).toEqual(writeModel(pruned));
  });

  it('leaves the model that it was given alone', async () => {
    const before = mixed();
    const bytes = writeModel(before);
    await afterPass(before, pruneWeights);
    expect(writeModel(before)).toEqual(bytes);
  });
});

describe.skipIf(!haveShared())('real models', () => {
  const models = [
    ['mnist-fc', 'mnist-fc/mnist-net_256x4.onnx'],
    ['MobileNetV2', 'mobilenetv2/mobilenet_v2_fp32.onnx'],
    ['ViT', 'transformer/vit_pgd_2_3_16.onnx'],
  ] as const;

  it.each(models)(
    '%s, pruned, computes what zeros by hand compute, to the bit',
    async (_, path) => {
      const before = readModel(sharedFile(`real/models/${path}`)).model;
      const { model, result } = await afterPass(before, pruneWeights, { options: { sparsity: 0.8 } });
      expect(result.applied.length).toBeGreaterThan(3);
      const names = result.applied.map(({ key }) => key.split(':').slice(1, -1).join(':'));
      const held = constants(model);
      for (const name of names) {
        const tensor = held.get(name);
        const asked = Math.round(0.8 * (tensor?.size ?? 0));
        expect(zeros(tensor), name).toBe(asked);
      }
      const written = readModel(writeModel(model)).model;
      const feeds = normalFeeds(written, 5, 16);
      const [pruned, oracle, original] = [
        await run(written, feeds),
        await run(zeroedByHand(before, model, names), feeds),
        await run(before, feeds),
      ];
      for (const [output, { data }] of Object.entries(oracle)) {
        expect(pruned[output]?.data).toEqual(data);
        expect(pruned[output]?.data).not.toEqual(original[output]?.data);
      }
    },
    120_000,
  );
});
