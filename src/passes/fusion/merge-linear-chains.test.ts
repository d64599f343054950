import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { mergeLinearChains } from './merge-linear-chains.ts';

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

async function expectMerged(before: Model, ops: Record<string, number>): Promise<Model> {
  const { model: after } = await afterPass(before, mergeLinearChains);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

async function expectRefused(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, mergeLinearChains);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('merge-linear-chains: products', () => {
  it('merges two products, of any rank', async () => {
    for (const shape of [[4], [3, 4], ['n', 3, 4]]) {
      const before = model((g) =>
        g.op('MatMul', [g.op('MatMul', [g.input('x', shape), g.weight('a', [4, 6])]), g.weight('b', [6, 5])]),
      );
      await expectMerged(before, { MatMul: 1 });
    }
  });

  it('carries a bias between them along', async () => {
    const before = model((g) => {
      const y = g.op('Add', [g.weight('c', [6]), g.op('MatMul', [g.input('x', [2, 3, 4]), g.weight('a', [4, 6])])]);
      return g.op('Add', [g.op('MatMul', [y, g.weight('b', [6, 5])]), g.weight('d', [5])]);
    });
    await expectMerged(before, { MatMul: 1, Add: 2 });
  });

  it.each([
    { transB: 0, first: [6], second: [5] },
    { transB: 1, first: [1, 6], second: [1] },
    { transB: 1, first: null, second: [1, 5] },
    { transB: 0, first: [], second: null },
    { transB: 0, first: null, second: null },
  ])('merges two Gemms with alpha, beta and transpositions, %o', async ({ transB, first, second }) => {
    for (const transA of [0, 1]) {
      const before = model((g) => {
        const x = g.input('x', transA ? [4, 3] : [3, 4]);
        const weight = (name: string, k: number, n: number) => g.weight(name, transB ? [n, k] : [k, n]);
        const gemm = (inputs: ValueId[], bias: readonly number[] | null, attributes = {}) =>
          g.op('Gemm', bias ? [...inputs, g.weight('c', bias)] : inputs, {
            transB,
            alpha: 0.5,
            beta: 1.5,
            ...attributes,
          });
        return gemm([gemm([x, weight('a', 4, 6)], first, { transA }), weight('b', 6, 5)], second);
      });
      await expectMerged(before, { Gemm: 1 });
    }
  });

  it('merges a Gemm and a product, either way round', async () => {
    const gemm = (g: GraphBuilder, x: ValueId, shape: [number, number]) =>
      g.op('Gemm', [x, g.weight('w', shape), g.weight('c', [shape[1]])]);
    await expectMerged(
      model((g) => g.op('MatMul', [gemm(g, g.input('x', [3, 4]), [4, 6]), g.weight('b', [6, 5])])),
      { Gemm: 1 },
    );
    const before = model((g) => gemm(g, g.op('MatMul', [g.input('x', [3, 4]), g.weight('a', [4, 6])]), [6, 5]));
    await expectMerged(before, { Gemm: 1 });
  });

  it('merges three in a row where each step pays', async () => {
    const before = model((g) => {
      const sizes = [4, 8, 8, 4];
      return sizes
        .slice(1)
        .reduce<ValueId>((x, size, i) => g.op('MatMul', [x, g.weight('w', [sizes[i]!, size])]), g.input('x', [2, 4]));
    });
    await expectMerged(before, { MatMul: 1 });
  });

  it('leaves a narrow value between alone, and tells what it would cost', async () => {
    const before = model((g) =>
      g.op('MatMul', [g.op('MatMul', [g.input('x', [3, 8]), g.weight('a', [8, 2])]), g.weight('b', [2, 8])]),
    );
    await expectRefused(before, /would take 64 multiply-accumulates for each row \(8 × 8\), the two take 32/);
  });

  it('leaves alone what it cannot compute', async () => {
    const chain = (build: (g: GraphBuilder) => ValueId, reason: RegExp) =>
      expectRefused(
        model((g) => g.op('MatMul', [build(g), g.weight('b', [6, 5])])),
        reason,
      );
    await chain((g) => g.op('MatMul', [g.input('x', [3, 4]), g.input('a', [4, 6])]), /not constant/);
    await chain(
      (g) => g.op('Gemm', [g.input('x', [3, 4]), g.weight('a', [4, 6]), g.weight('c', [3, 1])]),
      /row to row/,
    );
    await chain(
      (g) => g.op('Add', [g.op('MatMul', [g.input('x', [3, 4]), g.weight('a', [4, 6])]), g.weight('c', [1, 1, 6])]),
      /raise the rank/,
    );
    await chain((g) => g.op('MatMul', [g.input('x', [2, 3, 4]), g.weight('a', [2, 4, 6])]), /no matrix/);
    const half = model((g) => {
      const weight = (shape: number[]) => g.weight('w', shape, { dtype: 'float16' });
      return g.op('MatMul', [g.op('MatMul', [g.input('x', [3, 4], 'float16'), weight([4, 6])]), weight([6, 5])]);
    });
    await expectRefused(half, /float16 are not computed/);
    const turned = model((g) =>
      g.op('Gemm', [g.op('Gemm', [g.input('x', [6, 4]), g.weight('a', [4, 6])]), g.weight('b', [6, 5])], { transA: 1 }),
    );
    await expectRefused(turned, /transposes its left operand/);
    const read = buildModel({}, (g) => {
      const y = g.op('MatMul', [g.input('x', [3, 4]), g.weight('a', [4, 6])]);
      g.output(g.op('MatMul', [y, g.weight('b', [6, 5])]), 'y');
      g.output(g.op('Relu', [y]), 'z');
    });
    await expectRefused(read, /read by Relu/);
  });
});

interface ConvOptions {
  readonly kernel?: number;
  readonly bias?: boolean | 'zero';
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

function conv(g: GraphBuilder, x: ValueId, [cin, cout]: [number, number], options: ConvOptions = {}): ValueId {
  const { kernel = 1, bias = true, attributes = {} } = options;
  const zero = bias === 'zero' ? [g.floats('b', [cout], 0)] : [];
  const inputs = [x, g.weight('w', [cout, cin, kernel, kernel]), ...(bias === true ? [g.weight('b', [cout])] : zero)];
  return g.op('Conv', inputs, attributes);
}

const chained = (first: ConvOptions, second: ConvOptions, sizes: [number, number, number] = [4, 6, 3]): Model =>
  model((g) => {
    const [cin, mid, out] = sizes;
    return conv(g, conv(g, g.input('x', [2, cin, 7, 9]), [cin, mid], first), [mid, out], second);
  });

describe('merge-linear-chains: convolutions', () => {
  it('merges 1x1 behind 1x1, with and without biases, and multiplies the strides', async () => {
    for (const [first, second] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      await expectMerged(chained({ bias: first }, { bias: second }), { Conv: 1 });
    }
    const strided = chained({ attributes: { strides: [2, 1] } }, { attributes: { strides: [2, 3] } }, [4, 6, 3]);
    await expectMerged(strided, { Conv: 1 });
  });

  it('keeps what the first one pads with', async () => {
    await expectMerged(chained({ attributes: { pads: [1, 0, 2, 1], strides: [2, 2] } }, {}), { Conv: 1 });
  });

  it('lets the second one pad where the first one leaves no bias in the padding', async () => {
    const attributes = { pads: [1, 0, 0, 2], strides: [2, 1] };
    await expectMerged(chained({ bias: 'zero', attributes: { strides: [2, 3] } }, { attributes }), { Conv: 1 });
    await expectRefused(chained({}, { attributes }), /left its bias/);
    await expectRefused(chained({ bias: false, attributes: { pads: [1, 1, 1, 1] } }, { attributes }), /no plain 1x1/);
  });

  it('merges a larger window before or behind 1x1', async () => {
    await expectMerged(
      chained(
        { kernel: 3, attributes: { pads: [1, 1, 0, 1], dilations: [2, 1], strides: [1, 2] } },
        { attributes: { strides: [2, 1] } },
      ),
      { Conv: 1 },
    );
    await expectMerged(chained({}, { kernel: 2, attributes: { dilations: [2, 1], strides: [2, 2] } }, [2, 9, 3]), {
      Conv: 1,
    });
    await expectMerged(chained({ bias: false }, { kernel: 3, attributes: { pads: [1, 2, 1, 0] } }, [2, 9, 3]), {
      Conv: 1,
    });
    await expectRefused(chained({}, { kernel: 3, attributes: { pads: [1, 1, 1, 1] } }, [2, 9, 3]), /left its bias/);
    await expectRefused(chained({ attributes: { strides: [2, 2] } }, { kernel: 3 }, [2, 9, 3]), /strides or pads/);
  });

  it('leaves grouped ones alone, and a narrow value between', async () => {
    await expectRefused(
      model((g) => conv(g, conv(g, g.input('x', [1, 4, 5, 5]), [2, 6], { attributes: { group: 2 } }), [6, 3])),
      /grouped/,
    );
    await expectRefused(
      chained({}, {}, [8, 2, 8]),
      /would take 64 multiply-accumulates for each place \(8 × 8 × 1\), the two take 32/,
    );
  });

  it('does nothing to two large windows', async () => {
    expect(await sitesOf(chained({ kernel: 3 }, { kernel: 3 }), mergeLinearChains)).toEqual({
      sites: [],
      refusals: [],
    });
  });
});
