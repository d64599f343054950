import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../../../base/random.ts';
import { float } from '../../../ir/attribute.ts';
import type { Model } from '../../../ir/model.ts';
import { floats, tensorOf } from '../../../ir/tensor.ts';
import type { ValueId } from '../../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectDecomposed } from '../../../testing/decomposed.ts';
import { decompose } from '../decompose.ts';

const [N, NK, H, ROWS] = [4, 2, 16, 24];

interface Form {
  readonly attributes?: Record<string, AttributeInit>;
  readonly batch?: number;
  readonly queries?: number;
  readonly packed?: boolean;
  /** Room of the past. */
  readonly past?: number;
  /** Positions in all, for each sample; null: inputs tell. */
  readonly lengths?: readonly number[] | null;
  readonly total?: number | null;
  readonly rotary?: number;
  readonly positions?: boolean;
  readonly bias?: readonly number[];
  readonly sink?: boolean;
  readonly outputs?: readonly string[];
}

const int32s = (g: GraphBuilder, name: string, data: readonly number[]): ValueId =>
  g.tensor(name, tensorOf('int32', [data.length], Int32Array.from(data)));

const table = (g: GraphBuilder, of: (angle: number) => number, half: number): ValueId =>
  g.tensor(
    'table',
    floats(
      [ROWS, half],
      Array.from({ length: ROWS * half }, (_, i) => of(Math.floor(i / half) / 10 ** ((i % half) / half))),
    ),
  );

function grouped(form: Form): Model {
  const { batch = 2, queries = 5, packed = false, past, rotary, attributes = {} } = form;
  const lengths = form.lengths === undefined ? Array.from({ length: batch }, () => queries) : form.lengths;
  const total = form.total === undefined ? Math.max(...(lengths ?? [queries])) : form.total;
  return buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => {
    const kept = (name: string): ValueId | null => (past === undefined ? null : g.input(name, [batch, NK, past, H]));
    const rows = packed
      ? [g.input('qkv', [batch, queries, (N + 2 * NK) * H]), null, null]
      : [
          g.input('q', [batch, queries, N * H]),
          g.input('k', [batch, queries, NK * H]),
          g.input('v', [batch, queries, NK * H]),
        ];
    const inputs = [
      ...rows,
      kept('past_key'),
      kept('past_value'),
      lengths
        ? int32s(
            g,
            'seqlens_k',
            lengths.map((each) => each - 1),
          )
        : g.input('seqlens_k', [batch], 'int32'),
      total === null ? g.input('total', [1], 'int32') : int32s(g, 'total', [total]),
      rotary === undefined ? null : table(g, Math.cos, rotary),
      rotary === undefined ? null : table(g, Math.sin, rotary),
      form.positions ? g.input('position_ids', [batch, queries], 'int64') : null,
      form.bias ? g.input('bias', form.bias) : null,
      form.sink ? g.weight('sink', [N]) : null,
    ];
    while (inputs.at(-1) === null) inputs.pop();
    const { outputs } = g.node(
      'GroupQueryAttention',
      inputs,
      { num_heads: N, kv_num_heads: NK, ...(rotary === undefined ? {} : { do_rotary: 1 }), ...attributes },
      { domain: 'com.microsoft', outputs: form.outputs ?? ['y', 'present_key', 'present_value'] },
    );
    outputs.forEach((output) => g.output(output!));
  });
}

describe('com.microsoft.GroupQueryAttention', () => {
  it('attends to earlier positions, several query heads to one head of keys', async () => {
    await expectDecomposed(grouped({}));
    await expectDecomposed(grouped({ attributes: { scale: float(0.4) } }));
  });
  it('takes queries, keys and values in one', async () => {
    await expectDecomposed(grouped({ packed: true }));
    await expectDecomposed(grouped({ packed: true, rotary: 8 }));
  });
  it('rotates queries and keys, whole or in part', async () => {
    await expectDecomposed(grouped({ rotary: 8 }));
    await expectDecomposed(grouped({ rotary: 8, attributes: { rotary_interleaved: 1 } }));
  });
  it('looks positions up where they are given', async () => {
    await expectDecomposed(grouped({ rotary: 8, positions: true }), { plan: { limits: { position_ids: ROWS } } });
  });
  it('appends to a past, one position for every sample or many for one', async () => {
    await expectDecomposed(grouped({ queries: 1, past: 3, lengths: [4, 4], rotary: 8 }));
    await expectDecomposed(grouped({ batch: 1, queries: 4, past: 3, lengths: [7], rotary: 8 }));
    await expectDecomposed(grouped({ batch: 1, past: 0, rotary: 8 }));
  });
  it('appends inside a buffer with room for more', async () => {
    await expectDecomposed(grouped({ queries: 1, past: 9, lengths: [4, 4], rotary: 8 }));
    await expectDecomposed(grouped({ past: 9 }));
  });
  it('sees a window of earlier positions', async () => {
    await expectDecomposed(grouped({ attributes: { local_window_size: 3 } }));
    await expectDecomposed(grouped({ batch: 1, past: 3, lengths: [8], attributes: { local_window_size: 3 } }));
  });
  it('caps scores, and adds a bias to them', async () => {
    await expectDecomposed(grouped({ attributes: { softcap: float(0.6) } }));
    await expectDecomposed(grouped({ bias: [1, N, 5, 5] }));
    await expectDecomposed(grouped({ bias: [2, 1, 5, 5], attributes: { softcap: float(0.6) } }));
  });
  it('gives weight to a sink', async () => {
    await expectDecomposed(grouped({ attributes: { smooth_softmax: 1 } }));
    await expectDecomposed(grouped({ sink: true }));
  });
  it('needs no lengths where there is no past', async () => {
    const random = normal(seeded(3));
    const rows = (heads: number) => {
      const shape = [2, 5, heads * H];
      return { dtype: 'float32', shape, data: Float32Array.from({ length: 10 * heads * H }, random) } as const;
    };
    const counts = (shape: number[], data: Int32Array) => ({ dtype: 'int32', shape, data }) as const;
    const feeds = {
      q: rows(N),
      k: rows(NK),
      v: rows(NK),
      seqlens_k: counts([2], Int32Array.of(4, 4)),
      total: counts([1], Int32Array.of(5)),
    };
    await expectDecomposed(grouped({ lengths: null, total: null }), { feeds: [feeds] });
  });
  it('stays where lengths of a past are not known, or differ', () => {
    const reasons = (form: Form) => decompose(grouped(form)).left.map(({ reason }) => reason);
    const lengths = { queries: 1, past: 6 };
    expect(reasons({ ...lengths, lengths: null, total: 7 })).toEqual(['the length of its past is not known']);
    expect(reasons({ ...lengths, lengths: [4, 6] })).toEqual(['its samples have pasts of different lengths']);
    expect(reasons({ ...lengths, lengths: [9, 9] })).toEqual(['its past of 6 positions does not hold 8']);
    expect(reasons({ total: 9 })).toEqual(['it has no past, and 9 positions in all']);
    expect(reasons({ outputs: ['y', 'k', 'v', 'qk'] })).toEqual(['its output output_qk is used']);
  });
});
