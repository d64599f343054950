import { describe, expect, it } from 'vitest';
import { float, getFloat, int } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { DataType, Shape, ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { fuseLayerNorm } from './fuse-layer-norm.ts';
import { fuseRmsNorm } from './fuse-rms-norm.ts';
import { fuseSkipNorm } from './fuse-skip-norm.ts';

const X = [2, 3, 8];
const SKIP = 'com.microsoft.SkipLayerNormalization';
const SKIP_RMS = 'com.microsoft.SkipSimplifiedLayerNormalization';

interface Norm {
  readonly type?: string;
  readonly shift?: boolean;
  readonly attributes?: Readonly<Record<string, number>>;
  readonly dtype?: DataType;
}

function norm(
  g: GraphBuilder,
  x: ValueId,
  { type = 'LayerNormalization', shift, attributes, dtype }: Norm = {},
): ValueId {
  const shifted = shift ?? type === 'LayerNormalization';
  const vectors = [
    g.weight('scale', [8], { offset: 1, dtype: dtype ?? 'float32' }),
    ...(shifted ? [g.weight('shift', [8], { dtype: dtype ?? 'float32' })] : []),
  ];
  const settings = { axis: int(-1), epsilon: float(0.01), ...attributes };
  return g.op(type, [x, ...vectors], settings, { name: 'norm' });
}

const pair = (g: GraphBuilder, left: Shape = X, right: Shape = X, dtype: DataType = 'float32'): [ValueId, ValueId] => [
  g.input('x', left, dtype),
  g.input('z', right, dtype),
];

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

async function fused(before: Model, shapes: Readonly<Record<string, readonly number[]>> = {}): Promise<Model> {
  const { model: after } = await afterPass(before, fuseSkipNorm);
  await expectEquivalent(before, after, { class: 'order', seeds: 1, shapes });
  return after;
}

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseSkipNorm);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

const only = (after: Model): Node => [...after.nodes.values()].find((node) => node.domain === 'com.microsoft')!;

describe('fuse-skip-norm', () => {
  it.each([
    ['LayerNormalization', 17, SKIP],
    ['LayerNormalization', 12, SKIP],
    ['SimplifiedLayerNormalization', 17, SKIP_RMS],
    ['RMSNormalization', 23, SKIP_RMS],
  ])('adds inside %s of opset %i', async (type, opset, expected) => {
    const before = model((g) => norm(g, g.op('Add', pair(g)), { type }), { opset, irVersion: 10 });
    const after = await fused(before);
    expect(countOps(after)).toEqual({ [expected]: 1 });
    expect(getFloat(only(after), 'epsilon', null)).toBe(Math.fround(0.01));
    expect(after.opset('com.microsoft')).toBe(1);
  });

  it('gives the sum to its other readers', async () => {
    for (const type of ['LayerNormalization', 'SimplifiedLayerNormalization']) {
      const before = model((g) => {
        const sum = g.op('Add', pair(g));
        return g.op('Add', [norm(g, sum, { type }), g.op('Neg', [sum])]);
      });
      const after = await fused(before);
      expect(countOps(after)).toMatchObject({ Add: 1, Neg: 1 });
      expect(only(after).outputs).toHaveLength(4);
    }
  });

  it('lets one of two normalizations of a sum add', async () => {
    const before = model((g) => {
      const sum = g.op('Add', pair(g));
      return g.op('Add', [norm(g, sum), norm(g, sum)]);
    });
    expect(countOps(await fused(before))).toEqual({ [SKIP]: 1, LayerNormalization: 1, Add: 1 });
  });

  it.each([
    ['left', SKIP, 5],
    ['right', SKIP, 5],
    ['left', SKIP_RMS, 4],
  ])('takes the bias of the %s operand into %s', async (side, expected, inputs) => {
    const type = expected === SKIP ? 'LayerNormalization' : 'SimplifiedLayerNormalization';
    const before = model((g) => {
      const [x, z] = pair(g);
      const biased = g.op('Add', [x, g.weight('bias', [8])]);
      const sum = g.op('Add', side === 'left' ? [biased, z] : [z, biased]);
      return g.op('Add', [sum, norm(g, sum, { type })]);
    });
    const after = await fused(before);
    expect(countOps(after)).toEqual({ [expected]: 1, Add: 1 });
    expect(only(after).inputs).toHaveLength(inputs);
  });

  it('takes a bias where there is no shift', async () => {
    const before = model((g) => {
      const [x, z] = pair(g);
      return norm(g, g.op('Add', [g.op('Add', [g.weight('bias', [8]), x]), z]), { shift: false });
    });
    const after = await fused(before);
    expect(countOps(after)).toEqual({ [SKIP]: 1 });
    expect(only(after).inputs.map((input) => input === null)).toEqual([false, false, false, true, false]);
  });

  it('takes one of two biases, and none that something else reads', async () => {
    const two = model((g) => {
      const biased = pair(g).map((each) => g.op('Add', [each, g.weight('bias', [8])]));
      return norm(g, g.op('Add', biased));
    });
    expect(countOps(await fused(two))).toEqual({ [SKIP]: 1, Add: 1 });
    const read = buildModel({}, (g) => {
      const [x, z] = pair(g);
      const biased = g.op('Add', [x, g.weight('bias', [8])]);
      g.output(norm(g, g.op('Add', [biased, z])), 'y');
      g.output(biased, 'biased');
    });
    expect(countOps(await fused(read))).toEqual({ [SKIP]: 1, Add: 1 });
    const scalar = model((g) => {
      const [x, z] = pair(g);
      return norm(g, g.op('Add', [g.op('Add', [x, g.floats('bias', [1], [2])]), z]));
    });
    expect(countOps(await fused(scalar))).toEqual({ [SKIP]: 1, Add: 1 });
  });

  it('takes two axes, free sizes, and a skip without a batch', async () => {
    const matrix = model((g) => norm(g, g.op('Add', pair(g, [6, 8], [6, 8]))));
    expect(countOps(await fused(matrix))).toEqual({ [SKIP]: 1 });
    const free = model((g) => norm(g, g.op('Add', pair(g, ['B', 'S', 8], ['B', 'S', 8]))));
    expect(countOps(await fused(free))).toEqual({ [SKIP]: 1 });
    for (const positions of [
      [3, 8],
      [1, 3, 8],
    ]) {
      const left = model((g) => norm(g, g.op('Add', pair(g, positions, X))));
      const after = await fused(left);
      expect(countOps(after)).toEqual({ [SKIP]: 1 });
      expect(after.getValue(only(after).inputs[0]!).name).toBe('z');
      const biased = model((g) => {
        const [x, z] = pair(g, X, positions);
        const sum = g.op('Add', [x, g.op('Add', [z, g.weight('bias', [8])])]);
        return g.op('Add', [sum, norm(g, sum)]);
      });
      expect(countOps(await fused(biased))).toEqual({ [SKIP]: 1, Add: 1 });
    }
  });

  it('takes empty tensors and float16', async () => {
    const empty = model((g) => norm(g, g.op('Add', pair(g, [0, 3, 8], [0, 3, 8]))));
    const { model: after } = await afterPass(empty, fuseSkipNorm);
    await expectEquivalent(empty, after, { class: 'order', seeds: 1, verdicts: ['agrees', 'uninformative'] });
    const half = model((g) => norm(g, g.op('Add', pair(g, X, X, 'float16')), { dtype: 'float16' }));
    expect(countOps(await fused(half))).toEqual({ [SKIP]: 1 });
  });

  it('casts what it adds where the normalization mixes types, unless something else reads the sum', async () => {
    const mixed = (reader: boolean): Model =>
      buildModel({ opset: 12 }, (g) => {
        const [x, z] = pair(g, X, X, 'float16');
        const sum = g.op('Add', [g.op('Add', [x, g.weight('bias', [8], { dtype: 'float16' })]), z]);
        g.output(norm(g, sum), 'y', { shape: X });
        if (reader) g.output(g.op('Neg', [sum]), 'n');
      });
    expect(countOps(await fused(mixed(false)))).toEqual({ [SKIP]: 1, Cast: 3 });
    expect(await reasons(mixed(true))).toMatch(/the sum is float16, the normalization float32/i);
  });

  it.each<readonly [RegExp, (g: GraphBuilder) => ValueId]>([
    [/has 4 axes/, (g) => norm(g, g.op('Add', pair(g, [1, 2, 3, 8], [1, 2, 3, 8])))],
    [/an unknown number of axes/, (g) => norm(g, g.op('Add', pair(g, null, null)))],
    [
      /more than the last axis/,
      (g) => norm(g, g.op('Add', pair(g, [2, 1, 8], [2, 1, 8])), { attributes: { axis: 1 } }),
    ],
    [/not proven to be equal/, (g) => norm(g, g.op('Add', pair(g, ['A', 3, 8], ['B', 3, 8])))],
    [/not proven to be equal/, (g) => norm(g, g.op('Add', pair(g, X, [2, 1, 8])))],
    [/not proven to be equal/, (g) => norm(g, g.op('Add', pair(g, X, [3, 1])))],
    [/another type than float32/, (g) => norm(g, g.op('Add', pair(g)), { attributes: { stash_type: 11 } })],
    [/not proven to be a vector/, (g) => g.op('LayerNormalization', [g.op('Add', pair(g)), g.weight('scale', [1, 8])])],
    [
      /scale or shift is computed/,
      (g) => g.op('LayerNormalization', [g.op('Add', pair(g)), g.op('Neg', [g.input('scale', [8])])]),
    ],
  ])('refuses: %s', async (reason, build) => {
    expect(await reasons(model(build))).toMatch(reason);
  });

  it('refuses a sum that is a graph output, and a mean that is read', async () => {
    const shown = buildModel({}, (g) => {
      const sum = g.op('Add', pair(g));
      g.output(norm(g, sum), 'y');
      g.output(sum, 'sum');
    });
    expect(await reasons(shown)).toMatch(/the sum that it normalises is a graph output/i);
    const read = buildModel({}, (g) => {
      const inputs = [g.op('Add', pair(g)), g.weight('scale', [8])];
      const node = g.node('LayerNormalization', inputs, {}, { outputs: ['y', 'mean'] });
      g.output(node.outputs[0]!, 'y');
      g.output(g.op('Neg', [node.outputs[1]!], {}, { name: 'reader' }), 'z');
    });
    expect(await reasons(read)).toMatch(/is read by Neg reader too/);
  });

  it('does nothing where only a bias is added, or nothing', async () => {
    const bias = model((g) => norm(g, g.op('Add', [g.input('x', X), g.weight('bias', [8])])));
    expect(await sitesOf(bias, fuseSkipNorm)).toEqual({ sites: [], refusals: [] });
    const plain = model((g) => norm(g, g.input('x', X)));
    expect(await sitesOf(plain, fuseSkipNorm)).toEqual({ sites: [], refusals: [] });
  });

  it('is refused for portable graphs', async () => {
    const before = model((g) => norm(g, g.op('Add', pair(g))));
    await expect(afterPass(before, fuseSkipNorm, { backend: 'portable' })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  describe.skipIf(!haveShared())('on files, after the normalizations', () => {
    const chain = async (file: string, ...passes: readonly Pass[]): Promise<Record<string, number>> => {
      const before = readModel(sharedFile(file)).model;
      let after = before;
      for (const pass of [...passes, fuseSkipNorm]) after = (await afterPass(after, pass)).model;
      await expectEquivalent(before, after, { class: 'order', seeds: 1 });
      return countOps(after);
    };
    const fusion = (name: string): string => `real/ort_fusion/fusion/skip_layer_norm${name}.onnx`;

    it.each<readonly [string, Readonly<Record<string, number>>]>([
      ['_format1_graph_output', { Add: 1, [SKIP]: 1 }],
      ['_format3_graph_output', { Add: 1, LayerNormalization: 1 }],
      ['_format3_graph_output_with_cast', { Add: 1, LayerNormalization: 1 }],
      ['_format1_with_cast', { [SKIP]: 1, Cast: 3 }],
      ['_format2_with_cast', { [SKIP]: 1, Cast: 3 }],
      ['_format3_with_cast', { [SKIP]: 1, Cast: 2 }],
      ['_format1_partial_with_cast', { [SKIP]: 1, Add: 1, Cast: 2, Neg: 1 }],
      ['_format2_partial_with_cast', { [SKIP]: 1, Add: 1, Cast: 2, Neg: 1 }],
      ['_no_beta', { [SKIP]: 1 }],
    ])("reaches what ONNX Runtime's own fusion makes of %s", async (name, expected) => {
      expect(await chain(fusion(name), fuseLayerNorm)).toEqual(expected);
    });

    it('fuses the residual sums of a decoder and of the patterns', async () => {
      expect(await chain('real/models/decoder/aidreams260k_nocache.onnx', fuseRmsNorm)).toMatchObject({
        [SKIP_RMS]: 8,
      });
      expect(await chain('micro/patterns/skip_rmsnorm.onnx', fuseRmsNorm)).toEqual({ [SKIP_RMS]: 1 });
      expect(await chain('micro/patterns/skip_layernorm_residual_used.onnx')).toEqual({ [SKIP]: 1, Add: 1 });
    });
  });
});
