import { array, assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getInts } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { mergeParallelMatMuls } from './merge-parallel-matmuls.ts';

const model = (build: (g: GraphBuilder) => void, options: BuildOptions = {}): Model => buildModel(options, build);

const products = (g: GraphBuilder, widths: readonly number[]): void => {
  const x = g.input('x', [2, 3, 4]);
  widths.forEach((width, i) => g.output(g.op('MatMul', [x, g.weight('w', [4, width])]), `y${i}`));
};

async function expectMerged(before: Model, ops: Record<string, number>): Promise<Model> {
  const { model: after } = await afterPass(before, mergeParallelMatMuls);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, mergeParallelMatMuls);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

const pairWith = (shape: number[] | null) =>
  model((g) => {
    const x = g.input('x', [2, 3, 4]);
    for (const name of ['a', 'b']) {
      g.output(g.op('MatMul', [x, shape ? g.weight('w', shape) : g.input(name + 'w', [4, 4])]), name);
    }
  });

describe('merge-parallel-matmuls', () => {
  it('merges products of different widths, in the spelling of Split of each version', async () => {
    for (const opset of [8, 11, 13, 18]) {
      const after = await expectMerged(
        model((g) => products(g, [4, 2, 5]), { opset }),
        { MatMul: 1, Split: 1 },
      );
      const split = [...after.nodes.values()].find((node) => node.opType === 'Split')!;
      expect(getInts(split, 'split', null)).toEqual(opset < 13 ? [4, 2, 5] : null);
      expect(split.inputs).toHaveLength(opset < 13 ? 1 : 2);
    }
  });

  it('joins biases that are added behind all of the products', async () => {
    const before = model((g) => {
      const x = g.input('x', ['n', 3, 4]);
      [[5], [1, 1, 4], [1, 6]].forEach((shape, i) => {
        const product = g.op('MatMul', [x, g.weight('w', [4, shape.at(-1)!])]);
        g.output(g.op('Add', [g.weight('b', shape), product]), `y${i}`);
      });
    });
    await expectMerged(before, { MatMul: 1, Add: 1, Split: 1 });
  });

  it.each([[[3, 4]], [[1]], [[1, 1, 1, 4]], [null]])(
    'leaves sums behind the products where one of them adds %o',
    async (shape) => {
      const before = model((g) => {
        const x = g.input('x', [3, 4]);
        for (const each of [[4], [4], shape]) {
          const product = g.op('MatMul', [x, g.weight('w', [4, 4])]);
          g.output(each ? g.op('Add', [g.weight('b', each), product]) : product);
        }
      });
      await expectMerged(before, { MatMul: 1, Split: 1, Add: shape ? 3 : 2 });
    },
  );

  it.each([0, 1])('merges Gemms with transB %i, some without a bias', async (transB) => {
    const before = model((g) => {
      const x = g.input('x', [3, 4]);
      const bias = (shape: number[]) => g.weight('b', shape);
      [[bias([5])], [], [bias([1, 5])], [bias([1])], [bias([])]].forEach((c, i) => {
        g.output(
          g.op('Gemm', [x, g.weight('w', transB ? [5, 4] : [4, 5]), ...c], { transB, alpha: 0.5, beta: 1.5 }),
          `y${i}`,
        );
      });
    });
    await expectMerged(before, { Gemm: 1, Split: 1 });
  });

  it('merges those that are alike and says why the others stay', async () => {
    const before = model((g) => {
      const x = g.input('x', [3, 4]);
      const settings = [{}, {}, { alpha: 0.5 }, { transB: 1 }];
      settings.forEach((each, i) => g.output(g.op('Gemm', [x, g.weight('w', [4, 4])], each), `y${i}`));
    });
    const { sites, refusals } = await sitesOf(before, mergeParallelMatMuls);
    expect(sites.map((site) => site.nodes.length)).toEqual([2]);
    expect(refusals).toHaveLength(2);
    await expectMerged(before, { Gemm: 3, Split: 1 });
  });

  it('leaves products alone whose right operand is computed, batched, or a vector', async () => {
    expect(await reasons(pairWith(null))).toMatch(/not a constant/);
    expect(await reasons(pairWith([2, 4, 4]))).toMatch(/no matrix/);
    expect(await reasons(pairWith([4]))).toMatch(/no matrix/);
  });

  it('leaves a bias alone that differs from row to row', async () => {
    const before = model((g) => {
      const x = g.input('x', [3, 4]);
      for (const name of ['a', 'b']) g.output(g.op('Gemm', [x, g.weight('w', [4, 4]), g.weight('c', [3, 4])]), name);
    });
    expect(await reasons(before)).toMatch(/row to row/);
  });

  it('does not look across graphs', async () => {
    const before = model((g) => {
      const x = g.input('x', [3, 4]);
      g.output(g.op('MatMul', [x, g.weight('w', [4, 4])]), 'a');
      const branch = (inner: GraphBuilder) => inner.output(inner.op('MatMul', [x, inner.weight('w', [4, 4])]));
      g.output(g.op('If', [g.input('c', [], 'bool')], { then_branch: branch, else_branch: branch }), 'b');
    });
    expect((await sitesOf(before, mergeParallelMatMuls)).sites).toEqual([]);
  });

  it('keeps the weight that someone else reads', async () => {
    const before = model((g) => {
      const x = g.input('x', [4, 4]);
      const w = g.weight('w', [4, 4]);
      g.output(g.op('MatMul', [x, w]), 'a');
      g.output(g.op('MatMul', [x, g.weight('u', [4, 4])]), 'b');
      g.output(g.op('Add', [x, w]), 'c');
    });
    const after = await expectMerged(before, { MatMul: 1, Split: 1, Add: 1 });
    expect([...after.graph.initializers.keys()].map((id) => after.getValue(id).name)).not.toContain('u');
  });

  it('is right for any number of any widths', async () => {
    const widths = array(integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 6 });
    await assert(
      asyncProperty(widths, async (each) => {
        const before = model((g) => products(g, each));
        await expectMerged(before, { MatMul: 1, Split: 1 });
      }),
      { numRuns: 10, seed: 3 },
    );
  });
});
