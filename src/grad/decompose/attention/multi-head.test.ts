import { describe, expect, it } from 'vitest';
import { float } from '../../../ir/attribute.ts';
import type { Model } from '../../../ir/model.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { ValueId } from '../../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectDecomposed } from '../../../testing/decomposed.ts';
import { decompose } from '../decompose.ts';

const [B, S, L, N, H] = [2, 5, 7, 2, 4];

interface Form {
  readonly attributes?: Record<string, AttributeInit>;
  readonly query?: readonly number[];
  readonly key?: readonly number[] | null;
  readonly value?: readonly number[] | null;
  /** Width of the bias. */
  readonly bias?: number;
  readonly mask?: (g: GraphBuilder) => ValueId;
  readonly scores?: readonly number[];
  readonly past?: number;
  readonly present?: boolean;
}

function multiHead({ attributes = {}, mask, ...form }: Form): Model {
  const { query = [B, S, N * H], key = [B, L, N * H], value = [B, L, N * H] } = form;
  return buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => {
    const past = (name: string): ValueId | null =>
      form.past === undefined ? null : g.input(name, [B, N, form.past, H]);
    const inputs = [
      g.input('q', query),
      key && g.input('k', key),
      value && g.input('v', value),
      form.bias === undefined ? null : g.weight('b', [form.bias]),
      mask ? mask(g) : null,
      form.scores ? g.input('bias', form.scores) : null,
      past('past_key'),
      past('past_value'),
    ];
    const { outputs } = g.node(
      'MultiHeadAttention',
      inputs,
      { num_heads: N, ...attributes },
      { domain: 'com.microsoft', outputs: form.present ? ['y', 'present_key', 'present_value'] : ['y'] },
    );
    outputs.forEach((output) => g.output(output!));
  });
}

/** Separate operands of the same inputs as a packed form: what the runtime has a kernel for. */
function apart(packed: Model, build: (g: GraphBuilder) => void): Model {
  expect(packed.graph.inputs.length).toBeGreaterThan(0);
  return buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, build);
}

describe('com.microsoft.MultiHeadAttention', () => {
  it('attends from queries to keys of another length', async () => {
    await expectDecomposed(multiHead({}));
    await expectDecomposed(multiHead({ attributes: { scale: float(0.2) } }));
  });
  it('takes values of another width', async () => {
    await expectDecomposed(multiHead({ value: [B, L, N * 3] }));
    await expectDecomposed(multiHead({ value: [B, L, N * 3], bias: 2 * N * H + N * 3 }));
  });
  it('adds its bias to queries, keys and values', async () => {
    await expectDecomposed(multiHead({ bias: 3 * N * H }));
  });
  it('takes keys and values that are heads', async () => {
    await expectDecomposed(multiHead({ key: [B, N, L, H], value: [B, N, L, H] }));
  });
  it('hides what comes later', async () => {
    const own = { key: [B, S, N * H], value: [B, S, N * H] };
    await expectDecomposed(multiHead({ ...own, attributes: { unidirectional: 1 } }));
    await expectDecomposed(multiHead({ ...own, attributes: { unidirectional: 1 }, past: 3, present: true }));
  });
  it('keeps keys and values, with a past and without', async () => {
    await expectDecomposed(multiHead({ present: true }));
    await expectDecomposed(multiHead({ present: true, past: 3, bias: 3 * N * H }));
  });

  it.each([[[B, N, S, L]], [[1, N, S, L]], [[B, 1, S, L]], [[1, 1, S, L]]])(
    'adds a bias %j to the scores',
    async (scores) => {
      await expectDecomposed(multiHead({ scores }));
    },
  );

  it('takes masks of lengths, keys and pairs', async () => {
    const lengths = (g: GraphBuilder): ValueId => g.tensor('lengths', tensorOf('int32', [B], Int32Array.of(3, 6)));
    await expectDecomposed(multiHead({ mask: lengths }));
    await expectDecomposed(multiHead({ mask: (g) => g.input('mask', [B, L], 'int32') }));
    await expectDecomposed(multiHead({ mask: (g) => g.input('mask', [B, S, L], 'int32'), scores: [1, N, S, L] }));
    await expectDecomposed(multiHead({ mask: (g) => g.input('mask', [B, L + 3], 'int32'), past: 3, present: true }));
  });

  it('takes queries, keys and values that are packed', async () => {
    const form = { query: [B, S, N, 3, H], key: null, value: null, bias: 3 * N * H };
    const packed = multiHead(form);
    const reference = apart(packed, (g) => {
      const q = g.input('q', form.query);
      const part = (at: number): ValueId =>
        g.op('Reshape', [g.op('Gather', [q, g.int64s('at', [at], [])], { axis: 3 }), g.int64s('shape', [B, S, N * H])]);
      const inputs = [part(0), part(1), part(2), g.weight('b', [3 * N * H])];
      g.output(g.op('MultiHeadAttention', inputs, { num_heads: N }, { domain: 'com.microsoft' }), 'y');
    });
    await expectDecomposed(packed, { reference });
  });
  it('takes keys and values that are packed', async () => {
    const packed = multiHead({ key: [B, L, N, 2, H], value: null });
    const reference = apart(packed, (g) => {
      const [q, k] = [g.input('q', [B, S, N * H]), g.input('k', [B, L, N, 2, H])];
      const part = (at: number): ValueId =>
        g.op('Reshape', [g.op('Gather', [k, g.int64s('at', [at], [])], { axis: 3 }), g.int64s('shape', [B, L, N * H])]);
      const inputs = [q, part(0), part(1)];
      g.output(g.op('MultiHeadAttention', inputs, { num_heads: N }, { domain: 'com.microsoft' }), 'y');
    });
    await expectDecomposed(packed, { reference });
  });

  it('has a form for generation, which stays', () => {
    const model = buildModel({ opset: 18, domains: { 'com.microsoft': 1 } }, (g) => {
      const inputs = ['q', 'k', 'v'].map((name) => g.input(name, [B, 1, N * H]));
      const init = { domain: 'com.microsoft' };
      g.output(g.op('DecoderMaskedMultiHeadAttention', inputs, { num_heads: N }, init), 'y');
    });
    expect(decompose(model).left).toMatchObject([{ reason: 'it is for generation, one position at a time' }]);
  });

  it('stays without keys, and in masks that it does not know', () => {
    const reasons = (form: Form) => decompose(multiHead(form)).left.map(({ reason }) => reason);
    expect(reasons({ key: null, value: null })).toEqual(['it has neither keys nor a packed query']);
    expect(reasons({ mask: (g) => g.input('mask', [3 * B + 2], 'int32') })).toEqual(['its mask is [8]']);
    expect(reasons({ key: [B, N, L, H], value: [B, N, L, H], bias: 3 * N * H })).toEqual([
      'it has a bias, and keys that are heads already',
    ]);
  });
});
