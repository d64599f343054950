import { describe, expect, it } from 'vitest';
import type { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import { verifyModel } from '../../ir/verify-model.ts';
import { buildModel } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';
import { decompose } from './decompose.ts';

const twoNorms = (width: number | string, opset = 18): Model =>
  buildModel({ opset }, (g) => {
    const gamma = g.weight('gamma', [8]);
    const first = g.op('LayerNormalization', [g.input('x', [2, width]), gamma], {}, { name: 'first' });
    g.output(g.op('LayerNormalization', [first, gamma], {}, { name: 'second' }), 'y');
  });

describe('writing operators out', () => {
  it('says what took the place of what, and names it in its scope', async () => {
    const before = twoNorms(8);
    const { model: after, report } = await expectDecomposed(before);
    const nodes = [...before.graph.nodes].map((id) => before.getNode(id));
    expect(report.replaced).toEqual(
      nodes.map(({ id, name }) => ({ node: id, name, opType: 'LayerNormalization', by: 8 })),
    );
    for (const id of after.graph.nodes) {
      const { name, ancestors, madeBy } = after.getNode(id);
      expect(madeBy).toBe('decompose/LayerNormalization');
      expect(name.startsWith(before.getNode(ancestors[0]!).name)).toBe(true);
    }
  });

  it('keeps nodes that it is told to keep, and does not speak of them', () => {
    const model = twoNorms(8);
    const report = decompose(model, ({ name }) => name === 'second');
    expect(report.replaced.map(({ name }) => name)).toEqual(['first']);
    expect(report.left).toEqual([]);
    verifyModel(model);
  });

  it('takes back what it has begun to write where sizes are not known', () => {
    const model = buildModel({ opset: 18, domains: { 'com.microsoft': 1 } }, (g) => {
      const x = g.input('x', [2, 'length', 8]);
      const inputs = [x, g.weight('w', [8, 24]), g.weight('b', [24])];
      g.output(g.op('Attention', inputs, { num_heads: 2 }, { domain: 'com.microsoft' }), 'y');
    });
    const [nodes, values] = [[...model.graph.nodes], [...model.values.keys()]];
    const report = decompose(model);
    expect(report.replaced).toEqual([]);
    expect(report.left).toMatchObject([{ opType: 'com.microsoft.Attention' }]);
    expect(report.left[0]?.reason).toMatch(/^The sizes of x/);
    expect([...model.graph.nodes]).toEqual(nodes);
    expect([...model.values.keys()]).toEqual(values);
  });

  it('goes on where an operator that was written out tells sizes', () => {
    // The sizes of a grouped attention with an unknown total are found by writing it out.
    const before = buildModel({ opset: 18, domains: { 'com.microsoft': 1 } }, (g) => {
      const [N, S, C] = [2, 4, 16];
      const rows = ['q', 'k', 'v'].map((name) => g.input(name, [1, S, C]));
      const past = ['past_key', 'past_value'].map((name) => g.input(name, [1, 2, 0, C / N]));
      const counts = [g.input('seqlens_k', [1], 'int32'), g.input('total', [1], 'int32')];
      const init = { domain: 'com.microsoft', outputs: ['unused', 'present_key', 'present_value'] };
      const { outputs } = g.node(
        'GroupQueryAttention',
        [...rows, ...past, ...counts],
        { num_heads: N, kv_num_heads: N },
        init,
      );
      g.output(g.op('LogSoftmax', [outputs[1]!]), 'y');
    });
    const report = decompose(before);
    expect(report.left).toEqual([]);
    expect(report.replaced.map(({ opType }) => opType)).toEqual(['com.microsoft.GroupQueryAttention', 'LogSoftmax']);
  });

  it('leaves what stands in a subgraph', () => {
    const model = buildModel({ opset: 18 }, (g) => {
      const [x, gamma] = [g.input('x', [2, 8]), g.weight('gamma', [8])];
      const chosen = g.op('If', [g.input('c', [], 'bool')], {
        then_branch: (inner) => inner.output(inner.op('LayerNormalization', [x, gamma])),
        else_branch: (inner) => inner.output(inner.op('Neg', [x])),
      });
      g.output(chosen, 'y');
    });
    expect(decompose(model)).toMatchObject({
      replaced: [],
      left: [{ opType: 'LayerNormalization', reason: 'it stands in a subgraph' }],
    });
  });

  it('wants operator set 18, and says so', () => {
    expect(() => decompose(twoNorms(8, 17))).toThrow(
      expect.objectContaining<Partial<CodedError>>({
        code: 'unsupported',
        message: expect.stringContaining('convert it first') as string,
      }),
    );
  });
});
