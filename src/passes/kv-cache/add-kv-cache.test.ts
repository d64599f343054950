import { describe, expect, test } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { readModel } from '../../onnx/read.ts';
import type { ValueId } from '../../ir/types.ts';
import { floats } from '../../ir/tensor.ts';
import type { HostTensor } from '../../runtime/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { loadSample } from '../../samples/catalogue.ts';
import { apart, decoderModel, logitsOf, someIds, type DecoderStyle } from '../../testing/decoders.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { addKvCache } from './add-kv-cache.ts';

/** Relative to the largest logit: sums of another order. */
const TOLERANCE = 1e-5;

async function cached(before: Model): Promise<Model> {
  const { model, result } = await afterPass(before, addKvCache);
  expect(result.refusals.map(({ reason }) => reason)).toEqual([]);
  expect(result.applied).toHaveLength(1);
  return model;
}

const STYLES: Readonly<Record<string, DecoderStyle>> = {
  'rotary positions computed, grouped heads': { heads: 4, kvHeads: 2 },
  'rotary positions from tables, a mask from a table': { positions: 'rotary-table', mask: 'table' },
  'learned positions, a triangle made for the length': { positions: 'learned', mask: 'trilu' },
  'learned positions, Gemm over all rows': { positions: 'learned', products: 'gemm', mask: 'table' },
  'scores replaced by -10000, rotary positions': { replaces: true, mask: 'table' },
  ALiBi: { positions: 'alibi', heads: 4 },
  'no positions at all': { positions: 'none', mask: 'trilu' },
  'one head for all': { heads: 4, kvHeads: 1, positions: 'learned' },
};

describe('a decoder that keeps keys and values says the same', () => {
  for (const [name, style] of Object.entries(STYLES)) {
    test(name, async () => {
      const before = decoderModel(style);
      const after = await cached(before);
      const ids = someIds(2, 12);
      const truth = await logitsOf(before, ids, [12]);
      expect(apart(truth, await logitsOf(after, ids, [12]))).toBeLessThan(TOLERANCE);
      expect(apart(truth, await logitsOf(after, ids, [5, 1, 1, 3, 1, 1]))).toBeLessThan(TOLERANCE);
    });
  }
});

test('padding is masked over all that is kept', async () => {
  const before = decoderModel({ padding: true, positions: 'learned' });
  const after = await cached(before);
  const ids = someIds(2, 9);
  // The first row begins with two tokens that are none.
  const mask = (to: number): Record<string, HostTensor> => ({
    attention_mask: {
      dtype: 'int64',
      shape: [2, to],
      data: BigInt64Array.from(
        [0, 1].flatMap((row) => Array.from({ length: to }, (_, i) => (row === 0 && i < 2 ? 0n : 1n))),
      ),
    },
  });
  const truth = await logitsOf(before, ids, [9], (_, to) => mask(to));
  const said = await logitsOf(after, ids, [4, 1, 3, 1], (_, to) => mask(to));
  const rest = (rows: number[][][]): number[][][] => rows.map((row) => row.slice(2));
  expect(apart(rest(truth), rest(said))).toBeLessThan(TOLERANCE);
});

describe('on trained models', () => {
  test('the bundled character transformer says the same, in parts', async () => {
    const before = await loadSample('character-transformer');
    const after = await cached(before);
    const ids = someIds(1, 20, 40);
    expect(apart(await logitsOf(before, ids, [20]), await logitsOf(after, ids, [8, 1, 1, 6, 4]))).toBeLessThan(
      TOLERANCE,
    );
  });

  test.skipIf(!haveShared)('a small language model writes its greedy text, token for token', async () => {
    const before = readModel(sharedFile('real/models/decoder/aidreams260k_nocache.onnx')).model;
    const { greedy_ids: wanted } = JSON.parse(
      new TextDecoder().decode(sharedFile('real/models/decoder/aidreams_greedy.json')),
    ) as { greedy_ids: number[] };
    const said = await logitsOf(
      await cached(before),
      [wanted],
      wanted.map(() => 1),
    );
    const largest = said[0]!.map((row) => row.indexOf(Math.max(...row)));
    expect(largest.slice(0, -1)).toEqual(wanted.slice(1));
  });
});

describe('where a position may see a later one, nothing is done', () => {
  const refused = async (build: (g: GraphBuilder) => void): Promise<string> => {
    const { sites, refusals } = await sitesOf(buildModel({ opset: 17 }, build), addKvCache);
    expect(sites).toEqual([]);
    return refusals.map(({ reason }) => reason).join(' ');
  };
  const embedded = (g: GraphBuilder, dims: readonly (string | number)[] = ['batch', 'sequence']): ValueId =>
    g.op('Gather', [g.weight('tokens', [8, 4]), g.input('input_ids', dims, 'int64')], { axis: 0 });
  const attended = (g: GraphBuilder, x: ValueId): ValueId => {
    const scores = g.op('MatMul', [x, g.op('Transpose', [x], { perm: [0, 2, 1] })]);
    return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), x]);
  };

  test('attention without a mask', async () => {
    expect(await refused((g) => g.output(attended(g, embedded(g)), 'logits'))).toMatch(
      /attention at Softmax|understood/,
    );
  });
  test('a mean over positions', async () => {
    const reason = await refused((g) => {
      const x = embedded(g);
      g.output(attended(g, g.op('Sub', [x, g.op('ReduceMean', [x], { axes: [1] })])), 'logits');
    });
    expect(reason).toBe('ReduceMean reducemean mixes positions.');
  });
  test('a convolution over the text', async () => {
    const reason = await refused((g) => {
      const x = g.op('Transpose', [embedded(g)], { perm: [0, 2, 1] });
      const y = g.op('Conv', [x, g.weight('w', [4, 4, 3])], { pads: [1, 1] });
      g.output(attended(g, g.op('Transpose', [y], { perm: [0, 2, 1] })), 'logits');
    });
    expect(reason).toBe('Conv conv may mix positions: it is not known to keep them apart.');
  });
  test('the text turned round', async () => {
    const reason = await refused((g) => {
      const [one, end, axis] = [g.int64s('from', [-1]), g.int64s('to', [-100]), g.int64s('axis', [1])];
      g.output(attended(g, g.op('Slice', [embedded(g), one, end, axis, g.int64s('step', [-1])])), 'logits');
    });
    expect(reason).toMatch(/^Slice slice /);
  });
  test('positions moved into heads by a Reshape', async () => {
    const reason = await refused((g) => {
      const x = g.op('Reshape', [embedded(g), g.int64s('shape', [0, 2, -1, 2])]);
      g.output(g.op('Softmax', [x], { axis: -1 }), 'logits');
    });
    expect(reason).toBe('Reshape reshape is not proven to keep positions whole.');
  });
  test('a text of fixed length is told what to do', async () => {
    expect(await refused((g) => g.output(attended(g, embedded(g, [1, 8])), 'logits'))).toBe(
      'The input input_ids has 8 positions, whatever the text; give that dimension a name first.',
    );
  });
  test('a mask that lets one later position through', async () => {
    const before = decoderModel({ mask: 'table', positions: 'none' });
    const [id, table] = [...before.graph.initializers].find(([each]) => before.getValue(each).name === 'triangle')!;
    const numbers = Float32Array.from(table.numbers());
    numbers[64 + 2] = 1;
    before.setInitializer(id, floats(table.shape, numbers));
    const { sites, refusals } = await sitesOf(before, addKvCache);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toBe('The attention at Softmax softmax is not proven to hide later positions.');
  });
});
