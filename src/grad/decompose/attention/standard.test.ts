import { describe, expect, it } from 'vitest';
import { silentJob } from '../../../base/job.ts';
import { float } from '../../../ir/attribute.ts';
import type { Model } from '../../../ir/model.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { ValueId } from '../../../ir/types.ts';
import { writeModel } from '../../../onnx/write.ts';
import { makeFeeds } from '../../../runtime/feeds.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectDecomposed } from '../../../testing/decomposed.ts';
import { testRuntime } from '../../../testing/equivalent.ts';
import { decompose } from '../decompose.ts';

const [B, S, L, N, NK, H] = [2, 5, 7, 4, 2, 8];

interface Form {
  readonly attributes?: Record<string, AttributeInit>;
  readonly q?: readonly number[];
  readonly k?: readonly number[];
  readonly v?: readonly number[];
  readonly mask?: (g: GraphBuilder) => ValueId;
  readonly past?: number;
  readonly lengths?: readonly number[];
  readonly outputs?: readonly (string | null)[];
}

function standard(form: Form): Model {
  const { attributes = {}, q = [B, N, S, H], k = [B, N, L, H], v = [B, N, L, H], mask, past, lengths } = form;
  return buildModel({ opset: lengths ? 24 : 23, irVersion: 10 }, (g) => {
    const kept = (name: string): ValueId | null => (past === undefined ? null : g.input(name, [B, k[1]!, past, H]));
    const inputs = [g.input('q', q), g.input('k', k), g.input('v', v), mask ? mask(g) : null];
    inputs.push(kept('past_key'), kept('past_value'));
    if (lengths) inputs.push(g.int64s('lengths', lengths));
    const names = form.outputs ?? (past === undefined ? ['y'] : ['y', 'present_key', 'present_value']);
    const { outputs } = g.node('Attention', inputs, attributes, { outputs: names });
    outputs.forEach((output) => output !== null && g.output(output));
  });
}

const bools = (g: GraphBuilder, shape: readonly number[]): ValueId => {
  const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(i % 3 !== 1));
  return g.tensor('mask', tensorOf('bool', shape, data));
};

/** The first output, for seeded inputs. */
async function results(model: Model): Promise<number[]> {
  const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
  const session = await testRuntime().createSession(writeModel(model), settings, silentJob());
  const outputs = await session.run(makeFeeds(session.inputs, 'normal', 1, { sizes: {}, shapes: {}, limits: {} }));
  await session.release();
  return Array.from(outputs['y']!.data as Float32Array);
}

describe('Attention', () => {
  it('attends between heads', async () => {
    await expectDecomposed(standard({}));
    await expectDecomposed(standard({ attributes: { scale: float(0.3) } }));
  });
  it('splits heads of three axes', async () => {
    const attributes = { q_num_heads: N, kv_num_heads: NK };
    await expectDecomposed(standard({ q: [B, S, N * H], k: [B, L, NK * H], v: [B, L, NK * H], attributes }));
  });
  it('lets several query heads read one head of keys and values', async () => {
    await expectDecomposed(standard({ k: [B, NK, L, H], v: [B, NK, L, 3] }));
  });
  it('hides what comes later, with a past and without', async () => {
    const own = { k: [B, N, S, H], v: [B, N, S, H], attributes: { is_causal: 1 } };
    await expectDecomposed(standard(own));
    await expectDecomposed(standard({ ...own, past: 3 }));
    await expectDecomposed(standard({ attributes: { is_causal: 1 } }));
  });
  it.each([[[S, L]], [[N, S, L]], [[B, 1, S, L]], [[B, N, S, L]]])(
    'takes a mask %j of numbers or of truth values',
    async (shape) => {
      await expectDecomposed(standard({ mask: (g) => g.weight('mask', shape) }));
      await expectDecomposed(standard({ mask: (g) => bools(g, shape) }));
    },
  );
  it('hides what either a mask or the order hides', async () => {
    const own = { k: [B, NK, S, H], v: [B, NK, S, H], past: 3, attributes: { is_causal: 1 } };
    await expectDecomposed(standard({ ...own, mask: (g) => g.weight('mask', [S, S + 3]) }));
    await expectDecomposed(standard({ ...own, mask: (g) => bools(g, [S, S + 3]) }));
  });
  it('caps scores before it masks them', async () => {
    const attributes = { softcap: float(0.7), scale: float(1) };
    await expectDecomposed(standard({ attributes, mask: (g) => g.weight('mask', [S, L]) }));
  });
  it('takes samples of different lengths', async () => {
    await expectDecomposed(standard({ lengths: [3, 7] }));
    await expectDecomposed(standard({ lengths: [3, 7], mask: (g) => g.weight('mask', [S, L]) }));
  });
  it('repeats a mask of one row, and hides keys behind the end of a mask', async () => {
    const low = -3.4028234663852886e38;
    const end = (g: GraphBuilder, mask: ValueId): ValueId =>
      g.op('Concat', [mask, g.floats('end', [S, 2], low)], { axis: 1 });
    const row = (g: GraphBuilder): ValueId => g.weight('mask', [1, L]);
    const rows = (g: GraphBuilder): ValueId => g.op('Expand', [row(g), g.int64s('shape', [S, L])]);
    const short = (g: GraphBuilder): ValueId => g.weight('mask', [S, L - 2]);
    await expectDecomposed(standard({ mask: row }), { reference: standard({ mask: rows }) });
    await expectDecomposed(standard({ mask: short }), { reference: standard({ mask: (g) => end(g, short(g)) }) });
    const truths = (g: GraphBuilder): ValueId => bools(g, [S, L - 2]);
    const numbers = (g: GraphBuilder): ValueId =>
      g.op('Where', [truths(g), g.floats('in', [], 0), g.floats('out', [], low)]);
    await expectDecomposed(standard({ mask: truths }), { reference: standard({ mask: (g) => end(g, numbers(g)) }) });
  });
  it('lets queries be the last ones of samples that differ in length', async () => {
    await expectDecomposed(standard({ lengths: [5, 7], attributes: { is_causal: 1 } }));
    const mask = (g: GraphBuilder): ValueId => bools(g, [S, L]);
    await expectDecomposed(standard({ lengths: [2, 7], mask, attributes: { is_causal: 1 } }));
  });
  it('gives 0 for a query that sees no key', async () => {
    const rows = (g: GraphBuilder): ValueId => {
      const data = Uint8Array.from({ length: S * L }, (_, i) => Number(Math.floor(i / L) !== 2));
      return g.tensor('mask', tensorOf('bool', [S, L], data));
    };
    const numbers = (g: GraphBuilder): ValueId =>
      g.op('Where', [rows(g), g.floats('in', [], 0.3), g.floats('out', [], -Infinity)]);
    for (const mask of [rows, numbers]) {
      const { model: after } = await expectDecomposed(standard({ mask }));
      const y = await results(after);
      expect(y.slice(2 * H, 3 * H).every((each) => each === 0)).toBe(true);
      expect(y.slice(0, 2 * H).every((each) => each !== 0)).toBe(true);
    }
  });
  it('stays where its scores are read', () => {
    const { left } = decompose(standard({ outputs: ['y', null, null, 'qk'] }));
    expect(left).toMatchObject([{ reason: 'its output qk_matmul_output is used' }]);
  });
});
