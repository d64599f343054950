import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { readModel } from '../../onnx/read.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { foldConstants } from '../cleanup/fold-constants.ts';
import { mergeParallelBranches } from './merge-parallel-branches.ts';
import { mergeParallelConvs } from './merge-parallel-convs.ts';
import { mergeParallelMatMuls } from './merge-parallel-matmuls.ts';

const macsOf = (model: Model): number => {
  const analysis = analyze(model);
  return [...model.nodes.values()].reduce((sum, node) => sum + (analysis.cost(node).macs ?? 0), 0);
};

async function expectMerged(before: Model, ops: Record<string, number>, sites = 1): Promise<Model> {
  const { model: after, result } = await afterPass(before, mergeParallelBranches);
  expect(result.applied).toHaveLength(sites);
  expect(countOps(after)).toEqual(ops);
  expect(macsOf(after)).toBe(macsOf(before));
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

interface ConvOptions {
  readonly kernel?: number;
  readonly bias?: boolean;
  readonly group?: number;
  readonly attributes?: Readonly<Record<string, readonly number[]>>;
}

function conv(g: GraphBuilder, x: ValueId, [cin, cout]: readonly [number, number], options: ConvOptions = {}): ValueId {
  const { kernel = 3, bias = true, group = 1, attributes = {} } = options;
  const pads = Array(4).fill((kernel - 1) / 2) as number[];
  const inputs = [x, g.weight('w', [cout, cin / group, kernel, kernel]), ...(bias ? [g.weight('b', [cout])] : [])];
  return g.op('Conv', inputs, { pads, group, ...attributes });
}

/** Branches over [2, 4, 6, 5], each an output. */
const branched = (
  count: number,
  branch: (g: GraphBuilder, x: ValueId, i: number) => ValueId,
  options: BuildOptions = {},
): Model =>
  buildModel(options, (g) => {
    const x = g.input('x', [2, 4, 6, 5]);
    for (let i = 0; i < count; i++) g.output(branch(g, x, i));
  });

const silu = (g: GraphBuilder, x: ValueId): ValueId => g.op('Mul', [x, g.op('Sigmoid', [x])]);

describe('merge-parallel-branches: convolutions', () => {
  it.each([8, 11, 17])(
    'makes heads one convolution, an activation, a grouped convolution and a Split, version %i',
    async (opset) => {
      const before = branched(
        3,
        (g, x, i) => conv(g, g.op('Relu', [conv(g, x, [4, 6], { bias: i > 0 })]), [6, 2], { kernel: 1, bias: i < 2 }),
        { opset },
      );
      await expectMerged(before, { Conv: 2, Relu: 1, Split: 1 });
    },
  );

  it('goes on as long as the branches are alike: SiLU, clips, pooling, grouped and depthwise convolutions', async () => {
    const before = branched(2, (g, x) => {
      const y = silu(g, conv(g, x, [4, 6]));
      const z = conv(g, y, [6, 6], { group: 6, attributes: { strides: [2, 1] } });
      const limits = [0, 6].map((limit) => g.floats('limit', [], limit));
      return g.op('GlobalAveragePool', [conv(g, g.op('Clip', [z, ...limits]), [6, 4], { group: 2 })]);
    });
    await expectMerged(before, { Conv: 3, Sigmoid: 1, Mul: 1, Clip: 1, GlobalAveragePool: 1, Split: 1 });
  });

  it('stops where the branches begin to differ', async () => {
    const before = branched(2, (g, x, i) => g.op(i === 0 ? 'Tanh' : 'Exp', [g.op('Relu', [conv(g, x, [4, 6])])]));
    await expectMerged(before, { Conv: 1, Relu: 1, Split: 1, Tanh: 1, Exp: 1 });
    const sizes = branched(2, (g, x, i) => conv(g, g.op('Relu', [conv(g, x, [4, 6])]), [6, 2 + i]));
    await expectMerged(sizes, { Conv: 3, Relu: 1, Split: 1 });
  });

  it('leaves the Split out where a Concat follows', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 4, 6, 5]);
      const branch = () => conv(g, g.op('Relu', [conv(g, x, [4, 6])]), [6, 3]);
      g.output(g.op('Concat', [branch(), branch()], { axis: 1 }));
    });
    await expectMerged(before, { Conv: 2, Relu: 1 });
  });

  it('goes on behind the Split of merged convolutions', async () => {
    const before = branched(2, (g, x) => conv(g, g.op('Relu', [conv(g, x, [4, 6])]), [6, 2]));
    const { model: merged } = await afterPass(before, mergeParallelConvs);
    expect(countOps(merged)).toEqual({ Conv: 3, Relu: 2, Split: 1 });
    await expectMerged(merged, { Conv: 2, Relu: 1, Split: 1 });
  });

  it('makes a Split with a convolution for each part a grouped convolution', async () => {
    const before = buildModel({}, (g) => {
      const split = g.node(
        'Split',
        [g.input('x', [2, 4, 6, 5]), g.int64s('sizes', [2, 2])],
        { axis: 1 },
        { outputs: ['a', 'b'] },
      );
      g.output(
        g.op(
          'Concat',
          split.outputs.map((part) => conv(g, part!, [2, 3])),
          { axis: 1 },
        ),
      );
    });
    await expectMerged(before, { Conv: 1 });
  });

  it('takes those of several convolutions that go on alike', async () => {
    const before = branched(4, (g, x, i) =>
      i === 1 ? g.op('Tanh', [conv(g, x, [4, 6])]) : conv(g, g.op('Relu', [conv(g, x, [4, 6])]), [6, 2]),
    );
    await expectMerged(before, { Conv: 3, Relu: 1, Split: 1, Tanh: 1 });
  });

  it('leaves branches alone that differ, that something else reads, or that are outputs', async () => {
    const differing = branched(2, (g, x, i) => g.op(i === 0 ? 'Relu' : 'Tanh', [conv(g, x, [4, 6])]));
    const { sites, refusals } = await sitesOf(differing, mergeParallelBranches);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toMatch(/operators behind the convolutions differ/);
    const clips = branched(2, (g, x, i) => g.op('Clip', [conv(g, x, [4, 6]), g.floats('low', [], i)]));
    expect((await sitesOf(clips, mergeParallelBranches)).sites).toEqual([]);
    const shared = buildModel({}, (g) => {
      const x = g.input('x', [2, 4, 6, 5]);
      for (let i = 0; i < 2; i++) {
        const y = conv(g, x, [4, 6]);
        g.output(g.op('Relu', [y]));
        if (i === 0) g.output(y);
      }
    });
    expect((await sitesOf(shared, mergeParallelBranches)).sites).toEqual([]);
    const grouped = branched(2, (g, x) => g.op('Relu', [conv(g, x, [4, 6], { group: 2 })]));
    expect((await sitesOf(grouped, mergeParallelBranches)).sites).toEqual([]);
    expect(
      (
        await sitesOf(
          branched(2, (g, x) => conv(g, x, [4, 6])),
          mergeParallelBranches,
        )
      ).sites,
    ).toEqual([]);
  });

  it('leaves branches alone that go on inside a subgraph', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 4, 6, 5]);
      const heads = [conv(g, x, [4, 6]), conv(g, x, [4, 6])];
      const inside = (inner: GraphBuilder, type: string) =>
        inner.output(
          inner.op(
            'Concat',
            heads.map((head) => inner.op(type, [head])),
            { axis: 1 },
          ),
        );
      g.output(
        g.op('If', [g.input('c', [], 'bool')], {
          then_branch: (inner) => inside(inner, 'Relu'),
          else_branch: (inner) => inner.output(inner.op('Identity', [x])),
        }),
      );
    });
    expect((await sitesOf(before, mergeParallelBranches)).sites).toEqual([]);
    const joined = buildModel({}, (g) => {
      const x = g.input('x', [2, 4, 6, 5]);
      const heads = [conv(g, x, [4, 6]), conv(g, x, [4, 6])];
      g.output(
        g.op('If', [g.input('c', [], 'bool')], {
          then_branch: (inner) => inner.output(inner.op('Concat', heads, { axis: 1 })),
          else_branch: (inner) => inner.output(inner.op('Identity', [x])),
        }),
      );
    });
    const { model: after } = await afterPass(joined, mergeParallelConvs);
    expect(countOps(after)).toEqual({ Conv: 1, Split: 1, If: 1, Concat: 1, Identity: 1 });
  });

  it('leaves a Split into unequal parts alone', async () => {
    const before = buildModel({}, (g) => {
      const split = g.node(
        'Split',
        [g.input('x', [2, 5, 6, 5]), g.int64s('sizes', [2, 3])],
        { axis: 1 },
        { outputs: ['a', 'b'] },
      );
      split.outputs.forEach((part, i) => g.output(conv(g, part!, [2 + i, 3])));
    });
    expect((await sitesOf(before, mergeParallelBranches)).sites).toEqual([]);
  });
});

/** Experts over x, each an output: product, bias, activation, product, bias. */
const experts = (count: number, shape: (number | string)[], { opset = 17, gemm = false } = {}): Model =>
  buildModel({ opset }, (g) => {
    const x = g.input('x', shape);
    const layer = (value: ValueId, k: number, n: number): ValueId =>
      gemm
        ? g.op('Gemm', [value, g.weight('w', [n, k]), g.weight('b', [n])], { transB: 1, alpha: 0.5, beta: 1.5 })
        : g.op('Add', [g.op('MatMul', [value, g.weight('w', [k, n])]), g.weight('b', [n])]);
    for (let i = 0; i < count; i++) g.output(layer(silu(g, layer(x, 4, 6)), 6, 3));
  });

describe('merge-parallel-branches: products', () => {
  it.each([11, 17])('makes experts batched products, version %i', async (opset) => {
    for (const shape of [
      [3, 4],
      [2, 3, 4],
      ['n', 2, 3, 4],
    ]) {
      await expectMerged(experts(3, shape, { opset }), {
        Unsqueeze: 1,
        MatMul: 2,
        Add: 2,
        Sigmoid: 1,
        Mul: 1,
        Split: 1,
        Squeeze: 3,
      });
    }
  });

  it('takes Gemm with its attributes', async () => {
    await expectMerged(experts(2, [3, 4], { gemm: true }), {
      Unsqueeze: 1,
      MatMul: 2,
      Add: 2,
      Sigmoid: 1,
      Mul: 1,
      Split: 1,
      Squeeze: 2,
    });
  });

  it('goes on behind the Split of merged products', async () => {
    const { model: merged } = await afterPass(experts(2, [3, 4], { gemm: true }), mergeParallelMatMuls);
    expect(countOps(merged)['Split']).toBe(1);
    await expectMerged(merged, { Unsqueeze: 1, MatMul: 2, Add: 2, Sigmoid: 1, Mul: 1, Split: 1, Squeeze: 2 });
  });

  it('leaves single products to another pass, and those that go on differently', async () => {
    const single = buildModel({}, (g) => {
      const x = g.input('x', [3, 4]);
      for (let i = 0; i < 3; i++) g.output(g.op('Relu', [g.op('MatMul', [x, g.weight('w', [4, 4])])]));
    });
    expect((await sitesOf(single, mergeParallelBranches)).sites).toEqual([]);
    const differing = buildModel({}, (g) => {
      const x = g.input('x', [3, 4]);
      for (let i = 0; i < 2; i++) {
        const y = g.op('MatMul', [x, g.weight('w', [4, 4])]);
        g.output(g.op('MatMul', [g.op(i === 0 ? 'Relu' : 'Tanh', [y]), g.weight('w', [4, 4])]));
      }
    });
    expect((await sitesOf(differing, mergeParallelBranches)).sites).toEqual([]);
    const unknown = buildModel({}, (g) => {
      const x = g.op('Reshape', [g.input('x', [12]), g.input('shape', ['r'], 'int64')]);
      for (let i = 0; i < 2; i++)
        g.output(g.op('MatMul', [g.op('MatMul', [x, g.weight('w', [4, 6])]), g.weight('w', [6, 4])]));
    });
    expect((await sitesOf(unknown, mergeParallelBranches)).sites).toEqual([]);
  });
});

describe.skipIf(!haveShared())('merge-parallel-branches: real models', () => {
  it('makes the fire modules of SqueezeNet one convolution behind another', async () => {
    let { model } = readModel(sharedFile('real/models/light/light_squeezenet.onnx'));
    for (const pass of [foldConstants, mergeParallelConvs, mergeParallelBranches]) {
      const after = await afterPass(model, pass);
      expect(pass === foldConstants || after.result.applied.length === 8).toBe(true);
      ({ model } = after);
    }
    expect(countOps(model)).toMatchObject({ Conv: 18, Relu: 18 });
    expect(Object.keys(countOps(model))).not.toContain('Concat');
  });
});
