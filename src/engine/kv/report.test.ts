import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import { loadSample } from '../../samples/catalogue.ts';
import { fuseAttention } from '../../passes/fusion/fuse-attention.ts';
import { buildModel } from '../../testing/build.ts';
import { decoderModel, type DecoderStyle } from '../../testing/decoders.ts';
import { afterPass } from '../../testing/passes.ts';
import { haveShared, sharedRoot } from '../../testing/shared.ts';
import { openPath } from '../node.ts';
import { readSource } from '../sources.ts';
import { POLICIES, requirePolicy, type PolicyName } from './policies.ts';
import { kvReport, type KvReport } from './report.ts';

const real = async (path: string): Promise<Model> =>
  (await readSource(openPath(`${sharedRoot}/real/models/${path}`), silentJob())).model;
const can = ({ policies }: KvReport): Record<string, boolean> =>
  Object.fromEntries(policies.map(({ policy, reason }) => [policy, reason === null]));
const all = (value: boolean): Record<string, boolean> => Object.fromEntries(POLICIES.map((policy) => [policy, value]));
const reasonOf = ({ policies }: KvReport, policy: PolicyName): string | null =>
  policies.find((row) => row.policy === policy)!.reason;

describe('how positions enter is read off the graph', () => {
  const CASES: readonly (readonly [DecoderStyle, unknown])[] = [
    [
      { heads: 4, kvHeads: 2 },
      { kinds: [{ kind: 'rotary', mode: 'half', from: 'computed', table: null }], ends: null },
    ],
    [
      { positions: 'rotary-table', mask: 'table', most: 48 },
      {
        kinds: [{ kind: 'rotary', mode: 'half', from: 'table', table: { rows: 48 } }],
        ends: { rows: 48 },
      },
    ],
    [
      { positions: 'learned', most: 20 },
      { kinds: [{ kind: 'added', from: 'table', table: { rows: 20 } }], ends: { rows: 20 } },
    ],
    [
      { positions: 'alibi', heads: 4 },
      { kinds: [{ kind: 'alibi' }], ends: null },
    ],
    [{ positions: 'none' }, { kinds: [], ends: null }],
  ];
  it.each(CASES)('%o', async (style, positions) => {
    const before = decoderModel({ layers: 1, ...style });
    expect((await kvReport(before)).positions).toMatchObject(positions as object);
    const { model } = await requirePolicy(before, 'dense', {}, silentJob());
    expect((await kvReport(model)).positions).toMatchObject(positions as object);
  });
});

describe('what is kept of a token', () => {
  it('is 2·L·H·d·bytes, before there is a cache and with each policy', async () => {
    const before = decoderModel({ heads: 4, kvHeads: 2, layers: 2 });
    const shape = { layers: 2, heads: 4, kvHeads: 2, headSize: 4, valueSize: null, dtype: 'float32' };
    const report = await kvReport(before);
    expect(report).toMatchObject({
      noDecoder: null,
      policy: { kind: 'none' },
      shape,
      bytesPerToken: 2 * 2 * 2 * 4 * 4,
    });
    expect(can(report)).toEqual(all(true));
    expect(report.policies.map(({ policy, steps }) => [policy, steps.at(-1)])).toEqual([
      ['dense', 'add-kv-cache'],
      ['sliding-window', 'sliding-window-cache'],
      ['streaming', 'streaming-cache'],
      ['int8', 'quantize-kv-cache'],
      ['paged', 'page-kv-cache'],
    ]);
    expect(report.policies[2]!.steps).toEqual(['add-kv-cache', 'defer-rotary', 'streaming-cache']);
    expect(report.policies.map(({ bytes }) => bytes)).toEqual(
      [1024, 255, 259]
        .map((held) => held * 128)
        .concat([2 * 2 * (4 * (992 + 62 + 128) + 4 * (1008 + 64) + 2016), 131072]),
    );
    for (const policy of ['sliding-window', 'streaming', 'paged'] as const) {
      const { model } = await requirePolicy(before, policy, {}, silentJob());
      const after = await kvReport(model);
      expect(after).toMatchObject({ policy: { kind: policy }, bytesPerToken: 128, noDecoder: null });
      expect(after.shape).toMatchObject({ layers: 2, kvHeads: 2, headSize: 4 });
      expect(can(after)).toEqual({ ...all(false), [policy]: true });
    }
  });

  it('counts the scales of eight bits', async () => {
    const { model } = await requirePolicy(decoderModel({ layers: 1 }), 'int8', { group: 4, residual: 3 }, silentJob());
    // Two heads of 8: a byte a number, a float16 for each value row, and one a channel for each four keys.
    expect((await kvReport(model)).bytesPerToken).toBe(2 * (8 * (1 + 2 / 4) + 8 + 2));
  });

  it('is that of the bundled decoder, whose heads of keys are shared', async () => {
    const report = await kvReport(await loadSample('character-transformer'));
    expect(report.shape).toEqual({ layers: 4, heads: 4, kvHeads: 2, headSize: 32, valueSize: null, dtype: 'float32' });
    expect(report.bytesPerToken).toBe(2048);
  });
});

describe('what cannot have a policy says why', () => {
  it('attention as one operator', async () => {
    const { model } = await afterPass(decoderModel({ layers: 1, heads: 4 }), fuseAttention);
    const report = await kvReport(model);
    expect(report).toMatchObject({
      attention: [{ operator: 'com.microsoft.MultiHeadAttention', count: 1 }],
      shape: { layers: 1, heads: 4, kvHeads: 4, headSize: 4 },
    });
    expect(can(report)).toEqual(all(false));
    expect(reasonOf(report, 'int8')).toMatch(
      /^Undo fuse-attention: policies are put on attention as it is written out\.$/,
    );
  });
  it('grouped heads of one operator', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const ids = g.input('input_ids', ['batch', 'sequence'], 'int64');
      const x = g.op('Gather', [g.weight('tokens', [8, 32]), ids]);
      const side = (name: string, width: number) => g.op('MatMul', [x, g.weight(name, [32, width])]);
      const empty = g.floats('none', [1, 2, 0, 8], []);
      const lengths = [g.int64s('lengths', [1]), g.int64s('total', [4])];
      const attended = g.op(
        'GroupQueryAttention',
        [side('q', 32), side('k', 16), side('v', 16), empty, empty, ...lengths],
        {
          num_heads: 4,
          kv_num_heads: 2,
        },
        { domain: 'com.microsoft' },
      );
      g.output(attended, 'logits', { shape: ['batch', 'sequence', 32] });
    });
    const report = await kvReport(model);
    expect(report.shape).toMatchObject({ heads: 4, kvHeads: 2, headSize: 8 });
    expect(report.bytesPerToken).toBe(2 * 1 * 2 * 8 * 4);
  });
  it('attention that sees what is later', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const ids = g.input('input_ids', ['batch', 'sequence'], 'int64');
      const x = g.op('Gather', [g.weight('tokens', [8, 4]), ids]);
      const scores = g.op('MatMul', [x, g.op('Transpose', [x], { perm: [0, 2, 1] })]);
      g.output(g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), x]), 'logits', {
        shape: ['batch', 'sequence', 4],
      });
    });
    const report = await kvReport(model);
    expect(report.noDecoder).toMatch(/attention at Softmax|belongs to no attention/);
    expect(can(report)).toEqual(all(false));
  });
});

describe.skipIf(!haveShared())('of real models', () => {
  it('a small language model: rotary pairs from tables of 128 rows', async () => {
    const report = await kvReport(await real('decoder/aidreams260k_nocache.onnx'));
    expect(report).toMatchObject({
      noDecoder: null,
      bytesPerToken: 2 * 4 * 4 * 16 * 4,
      positions: {
        kinds: [{ kind: 'rotary', mode: 'pair', from: 'table', table: { rows: 128 } }],
        ends: { rows: 128 },
      },
    });
    expect(can(report)).toEqual(all(true));
  });
  it('a tiny GPT-2 with past: learnt positions, keys and values in one tensor', async () => {
    const report = await kvReport(await real('decoder/gpt2_past.onnx'));
    expect(report).toMatchObject({
      noDecoder: null,
      policy: { kind: 'dense' },
      shape: { layers: 12, heads: 2, kvHeads: 2, headSize: 2 },
      positions: { kinds: [{ kind: 'added', from: 'table', table: { rows: 8 } }] },
    });
    expect(can(report)).toEqual({ ...all(false), dense: true, 'sliding-window': true });
    expect(reasonOf(report, 'paged')).toMatch(/keys and values in one tensor/);
  });
  it('one attention with a past, and a BERT: no decoders', async () => {
    const one = await kvReport(await real('decoder/attention_past_state.onnx'));
    expect(one.noDecoder).toMatch(/no input of token ids/);
    expect(one.misses).toEqual([]);
    expect(one.shape).toMatchObject({ layers: 1, heads: 12, headSize: 64 });
    const bert = await kvReport(await real('transformer/bert_toy_unfused.onnx'));
    expect(bert.noDecoder).toMatch(/its input token_type_ids is neither ids/);
    expect(bert.shape).toMatchObject({ layers: 5, heads: 4, headSize: 8 });
    expect([can(one), can(bert)]).toEqual([all(false), all(false)]);
  });
});
