import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { decoderModel } from '../../testing/decoders.ts';
import { nodePort } from '../node.ts';
import { needle, type NeedleRequest, type NeedleResult, type Recall } from './needle.ts';

const [VOCABULARY, POSITIONS] = [160, 64];
/** A token, the token before it, and the position, each as one of so many. */
const WIDTH = 2 * VOCABULARY + POSITIONS;
const SURE = 30;

/** [WIDTH, WIDTH], ones (or `weight`) that take element `from` to `to`. */
function moves(g: GraphBuilder, pairs: readonly (readonly [number, number])[], weight = 1): ValueId {
  const numbers = new Float32Array(WIDTH * WIDTH);
  for (const [from, to] of pairs) numbers[from * WIDTH + to] = weight;
  return g.floats('moves', [WIDTH, WIDTH], [...numbers]);
}
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/**
 * Two layers by hand that say what stood behind a token when it was there before (an induction head, Olsson et al. 2022,
 * arXiv:2209.11895): the first brings each position the token before it, the second looks for its own token among those.
 */
function induction(): Model {
  return buildModel({ opset: 17 }, (g) => {
    const ids = g.input('input_ids', ['batch', 'sequence'], 'int64');
    const shape = g.op('Shape', [ids]);
    const size = (axis: number): ValueId => g.op('Gather', [shape, g.int64s('axis', [axis])], { axis: 0 });
    const [batch, length] = [size(0), size(1)];
    const eye = (rows: number, at: number): number[] =>
      range(rows).flatMap((row) => range(WIDTH).map((column) => (column === row + at ? 1 : 0)));
    const places = g.op('Range', [g.int64s('from', [0], []), g.op('Squeeze', [length]), g.int64s('step', [1], [])]);
    const x = g.op('Add', [
      g.op('Gather', [g.floats('tokens', [VOCABULARY, WIDTH], eye(VOCABULARY, 0)), ids], { axis: 0 }),
      g.op('Gather', [
        g.floats('places', [POSITIONS, WIDTH], eye(POSITIONS, 2 * VOCABULARY)),
        g.op('Unsqueeze', [places, g.int64s('first', [0])]),
      ]),
    ]);
    const [rows, columns] = [1, 0].map((axis) => g.op('Unsqueeze', [places, g.int64s('axis', [axis])]));
    const seen = g.op('LessOrEqual', [columns!, rows!]);
    const split = (value: ValueId, by: ValueId): ValueId => {
      const sizes = g.op('Concat', [batch, length, g.int64s('heads', [1, WIDTH])], { axis: 0 });
      return g.op('Transpose', [g.op('Reshape', [g.op('MatMul', [value, by]), sizes])], { perm: [0, 2, 1, 3] });
    };
    const attend = (from: ValueId, q: ValueId, k: ValueId, v: ValueId): ValueId => {
      const keys = g.op('Transpose', [split(from, k)], { perm: [0, 1, 3, 2] });
      const scores = g.op('Where', [
        seen,
        g.op('MatMul', [split(from, q), keys]),
        g.floats('hidden', [], -3.4028234663852886e38),
      ]);
      const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), split(from, v)]);
      const merged = g.op('Concat', [batch, length, g.int64s('width', [WIDTH])], { axis: 0 });
      return g.op('Reshape', [g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), merged]);
    };
    const at = range(POSITIONS).map((i) => 2 * VOCABULARY + i);
    const [token, before] = [range(VOCABULARY), range(VOCABULARY).map((i) => i + VOCABULARY)];
    const same = (all: readonly number[]) => all.map((i) => [i, i] as const);
    const next = moves(
      g,
      at.slice(0, -1).map((i) => [i, i + 1]),
    );
    const carried = moves(
      g,
      token.map((i) => [i, before[i]!]),
    );
    const known = g.op('Add', [x, attend(x, moves(g, same(at), SURE), next, carried)]);
    const look = moves(
      g,
      token.map((i) => [i, before[i]!]),
      SURE,
    );
    const answer = attend(known, look, moves(g, same(before)), moves(g, same(token), SURE));
    const head = g.floats(
      'head',
      [WIDTH, VOCABULARY],
      range(WIDTH).flatMap((i) => token.map((j) => (i === j ? 1 : 0))),
    );
    g.output(g.op('MatMul', [answer, head]), 'logits', { shape: ['batch', 'sequence', VOCABULARY] });
  });
}

const settings = { backend: 'wasm', level: 'all', threads: 1 } as const;
const ask = (more: Partial<NeedleRequest> = {}): NeedleRequest => ({
  policies: [{ policy: 'dense', options: {} }],
  opening: [],
  filler: range(VOCABULARY).map((i) => (i * 37) % VOCABULARY),
  distances: [4, 24],
  trials: 12,
  key: 2,
  seed: 3,
  chunk: 16,
  settings,
  ...more,
});
const run = (model: Model, request: NeedleRequest): Promise<NeedleResult> =>
  needle(model, request, nodePort(), silentJob());
const recalls = ({ policies }: NeedleResult, at: number): readonly Recall[] => {
  const each = policies[at]!;
  if ('reason' in each) throw new Error(each.reason);
  return each.recalls;
};

describe('a value behind its key', () => {
  it('is found by a decoder that looks for it, as far as its policy keeps it', async () => {
    const found = await run(
      induction(),
      ask({
        policies: [
          { policy: 'dense', options: {} },
          { policy: 'int8', options: { residual: 4, group: 4 } },
          { policy: 'sliding-window', options: { window: 12 } },
        ],
      }),
    );
    const [dense, int8, window] = [0, 1, 2].map((at) => recalls(found, at));
    // A key may end with a token that the text holds as well.
    for (const { found: count, probability, without } of [...dense!, ...int8!, window![0]!]) {
      expect(count).toBeGreaterThanOrEqual(9);
      expect(probability).toBeGreaterThan(0.7);
      expect(without).toBeLessThan(0.2);
    }
    expect(window![1]!.found).toBeLessThanOrEqual(1);
    expect(window![1]!.probability).toBeLessThan(0.1);
    expect(dense!.map(({ distance, trials }) => [distance, trials])).toEqual([
      [4, 12],
      [24, 12],
    ]);
  });

  it('is no likelier for being in the text where a decoder does not look, the same for the same seed', async () => {
    const model = decoderModel({ layers: 1 });
    const request = ask({ filler: range(100).map((i) => (i * 7) % 32), distances: [8], trials: 6 });
    const [one, again] = [await run(model, request), await run(model, request)];
    expect(again).toEqual(one);
    const [{ probability, without }] = recalls(one, 0) as [Recall];
    expect(Math.abs(probability - without)).toBeLessThan(0.1);
  });

  it('wants a text that is long enough, and a policy that fits', async () => {
    await expect(run(decoderModel(), ask({ filler: range(20) }))).rejects.toThrow(/more than 31 tokens.*there are 20/);
    const policies = [{ policy: 'streaming', options: {} }] as const;
    const { policies: told } = await run(
      decoderModel({ positions: 'learned' }),
      ask({ policies, filler: range(99).map((i) => i % 32) }),
    );
    expect(told[0]).toMatchObject({ reason: expect.stringMatching(/cannot be put off/) });
  });
});
