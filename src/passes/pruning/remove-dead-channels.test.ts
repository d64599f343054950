import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import { obtainFacts } from '../../engine/facts.ts';
import { nodePort } from '../../engine/node.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { replayStep } from '../../recipe/replay.ts';
import { noFacts } from '../../rewrite/facts.ts';
import type { ObtainFacts } from '../../rewrite/run.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { removeDeadChannels } from './remove-dead-channels.ts';

type Middle = (g: GraphBuilder, x: ValueId) => ValueId;

/** Six filters [6, 3, 1, 1]: two of their own, a copy of the first, and zeros. */
const FILTERS = [
  [1, -2, 0.5],
  [0.25, 1, 1],
  [1, -2, 0.5],
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
].flat();
/** Biases: the copy's is the first's; the zeros make 0, 0.75 and -1. */
const BIASES = [0.5, -0.25, 0.5, 0, 0.75, -1];

const made = (g: GraphBuilder, biases: readonly number[] = BIASES): ValueId =>
  g.op(
    'Conv',
    [g.input('x', [1, 3, 6, 6]), g.floats('w', [6, 3, 1, 1], FILTERS), g.floats('b', [6], biases)],
    {},
    { outputs: ['made'] },
  );

const read: Middle = (g, x) => g.op('Conv', [x, g.weight('read', [4, 6, 3, 3]), g.weight('read.bias', [4])]);
const padded: Middle = (g, x) => g.op('Conv', [x, g.weight('read', [4, 6, 3, 3])], { pads: [1, 1, 1, 1] });

const build = (middle: Middle, biases?: readonly number[]): Model =>
  buildModel({ opset: 17, seed: 7 }, (g) => g.output(middle(g, made(g, biases)), 'y'));

const relu: Middle = (g, x) => g.op('Relu', [x]);

/** What its one site says, and how wide the first convolution is afterwards. */
async function removed(
  model: Model,
): Promise<{ what: readonly string[]; reasons: readonly string[]; width: number; after: Model }> {
  const { sites, refusals } = await sitesOf(model, removeDeadChannels);
  const { model: after, result } = await afterPass(model, removeDeadChannels);
  expect(result.applied.map(({ preserves }) => preserves)).toEqual(sites.map(() => 'order'));
  if (sites.length > 0) await expectEquivalent(model, after, { class: 'order' });
  const conv = [...after.nodes.values()].find(({ opType }) => opType === 'Conv');
  const width = after.graph.initializers.get(conv?.inputs[1] as ValueId)?.shape[0] ?? 0;
  return { what: sites.map((site) => site.what), reasons: refusals.map((each) => each.reason), width, after };
}

describe('remove-dead-channels', () => {
  it('removes what is always 0, what is constant, and copies, and says how many of each', async () => {
    const { what, reasons, width } = await removed(build((g, x) => read(g, relu(g, x))));
    expect(what).toEqual(['Removes 2 channels that are always 0, 1 channel that is constant and 1 copy of another.']);
    expect([reasons, width]).toEqual([[], 2]);
  });

  it('gives a reader without a bias one for what is constant', async () => {
    const { width, after } = await removed(build((g, x) => g.op('Conv', [x, g.weight('read', [4, 6, 3, 3])])));
    expect([...after.nodes.values()].map(({ inputs }) => inputs.length)).toEqual([3, 3]);
    expect(width).toBe(2);
  });

  it('keeps what is constant under padding, says why, and still removes what is 0', async () => {
    const { what, reasons, width } = await removed(build((g, x) => padded(g, relu(g, x))));
    expect(what).toEqual(['Removes 2 channels that are always 0 and 1 copy of another.']);
    expect(reasons).toEqual([
      '1 of 6 channels are constant, but Conv conv_2, which reads them, cannot add a constant exactly (padding, or no bias of its own).',
    ]);
    expect(width).toBe(3);
  });

  it('takes equal constants under padding for copies', async () => {
    const { what, width } = await removed(build(padded, [0.5, -0.25, 0.5, 0.75, 0.75, 0.75]));
    expect(what).toEqual(['Removes 3 copies of others.']);
    expect(width).toBe(3);
  });

  it('follows a flattened channel to a dense layer, position by position', async () => {
    const { what, width } = await removed(
      build((g, x) =>
        g.op('Gemm', [g.op('Flatten', [relu(g, x)]), g.weight('m', [5, 216]), g.weight('c', [5])], { transB: 1 }),
      ),
    );
    expect(what).toEqual(['Removes 2 channels that are always 0, 1 channel that is constant and 1 copy of another.']);
    expect(width).toBe(2);
  });

  it('removes what is multiplied by zeros wherever it is read', async () => {
    const model = build((g, x) => {
      const weights = Array.from({ length: 24 }, (_, i) => (i % 6 === 1 ? 0 : 1 + i));
      return g.op('Conv', [x, g.floats('read', [4, 6, 1, 1], weights)], { pads: [1, 1, 1, 1] });
    });
    const { what, width } = await removed(model);
    expect(what).toEqual(['Removes 1 channel that is always 0, 1 channel that nothing reads and 1 copy of another.']);
    expect(width).toBe(3);
  });

  it('goes through a depthwise convolution with padding for what is 0 only', async () => {
    const depthwise: Middle = (g, x) =>
      g.op('Conv', [x, g.floats('d', [6, 1, 3, 3], 0.5)], { group: 6, pads: [1, 1, 1, 1] });
    const { what, reasons, width } = await removed(build((g, x) => read(g, depthwise(g, x))));
    expect(what).toEqual(['Removes 1 channel that is always 0 and 1 copy of another.']);
    expect([reasons, width]).toEqual([[], 4]);
  });

  it('keeps a residual channel of which one branch is dead, or a copy', async () => {
    const { what, width } = await removed(
      build((g, x) => read(g, g.op('Add', [x, g.op('Conv', [x, g.weight('branch', [6, 6, 1, 1])])]))),
    );
    expect([what, width]).toEqual([[], 6]);
  });

  it.each<[string, Middle, readonly string[]]>([
    ['a softmax over rows', (g, x) => g.op('Softmax', [x], { axis: 2 }), ['Removes 1 copy of another.']],
    ['a softmax over channels', (g, x) => g.op('Softmax', [x], { axis: 1 }), []],
    [
      'a norm with parameters of its own',
      (g, x) => g.op('InstanceNormalization', [x, g.weight('s', [6], { offset: 1 }), g.weight('n', [6])]),
      [],
    ],
  ])('keeps what is constant only before %s', async (_, middle, wanted) => {
    expect((await removed(build((g, x) => read(g, middle(g, x))))).what).toEqual(wanted);
  });

  it('keeps the channels of a graph output', async () => {
    const { sites } = await sitesOf(
      build((_, x) => x),
      removeDeadChannels,
    );
    expect(sites).toEqual([]);
  });

  it('keeps constants and copies where the weights that read them are shared, and says why', async () => {
    const model = build((g, x) => {
      const w = g.weight('shared', [6, 6, 1, 1]);
      return g.op('Add', [g.op('Conv', [x, w]), g.op('Conv', [g.input('z', [1, 6, 6, 6]), w])]);
    });
    const { what, reasons, width } = await removed(model);
    expect(what).toEqual(['Removes 1 channel that is always 0.']);
    expect(reasons).toEqual([
      '2 of 6 channels are constant, but Conv conv_2, which reads them, shares or groups its weights.',
      '1 of 6 channels equal others, but Conv conv_2, which reads them, shares or groups its weights.',
    ]);
    expect(width).toBe(5);
  });

  it('tells copies apart by every parameter on their way', async () => {
    const scaled =
      (last: number): Middle =>
      (g, x) =>
        read(g, g.op('Mul', [x, g.floats('scale', [6, 1, 1], [2, 1, last, 1, 1, 1])]));
    expect((await removed(build(scaled(2)))).what[0]).toContain('1 copy of another');
    expect((await removed(build(scaled(3)))).what[0]).not.toContain('copy');
  });

  it('leaves one channel of a group of which none adds anything', async () => {
    const model = buildModel({ opset: 17, seed: 7 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 3, 6, 6]), g.floats('w', [4, 3, 1, 1], 0)]);
      g.output(g.op('Conv', [x, g.weight('read', [2, 4, 1, 1]), g.weight('b', [2])]), 'y');
    });
    const { sites, refusals } = await sitesOf(model, removeDeadChannels);
    expect(sites.map(({ what }) => what)).toEqual(['Removes 3 channels that are always 0.']);
    expect(refusals.map(({ reason }) => reason)).toEqual(['None of its 4 channels adds anything: one stays.']);
  });

  it('changes what it is given only in its own copy, and nodes stay what they were', async () => {
    const before = build((g, x) => read(g, relu(g, x)));
    const bytes = writeModel(before);
    const { model } = await afterPass(before, removeDeadChannels);
    expect(writeModel(before)).toEqual(bytes);
    expect(countOps(model)).toEqual(countOps(before));
  });

  it('is kept in the recipe: a replay finds nothing anew and gives the same bytes', async () => {
    const before = build((g, x) => read(g, relu(g, x)));
    const first = await replayStep(before, { pass: 'remove-dead-channels', options: {}, sites: 'all' });
    expect(Object.values(first.decisions)).toMatchObject([{ channels: 6, dead: { zero: 2, constant: 1, copy: 1 } }]);
    const step = JSON.parse(JSON.stringify(first.step)) as typeof first.step;
    const again = await replayStep(before, step);
    expect(again.applied.map(({ preserves }) => preserves)).toEqual(['order']);
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
    // Weights of which none is dead: what was decided is applied, not found again.
    const other = before.clone();
    const filters = [...other.graph.initializers.keys()].find((id) => other.getValue(id).name === 'w') as ValueId;
    other.setInitializer(
      filters,
      floats(
        [6, 3, 1, 1],
        FILTERS.map((_, i) => 1 + i),
      ),
    );
    const { model } = await replayStep(other, step);
    expect(model.graph.initializers.get(filters)?.shape).toEqual([2, 3, 1, 1]);
  });

  it('says so where a decision no longer fits', async () => {
    const before = build((g, x) => read(g, relu(g, x)));
    const { step } = await replayStep(before, { pass: 'remove-dead-channels', options: {}, sites: 'all' });
    const [[key, decision]] = Object.entries(step.decisions ?? {}) as [[string, Record<string, Json>]];
    const [repair] = decision['repair'] as Record<string, Json>[];
    const far = btoa(String.fromCharCode(...new Uint8Array(Int32Array.of(-1, -1, -1, 9).buffer)));
    const broken = { ...step, decisions: { [key]: { ...decision, repair: [{ ...repair, copies: far }] } } };
    expect((await replayStep(before, broken)).error).toMatchObject({ code: 'replay-failed' });
  });
});

describe('dead channels on calibration data', () => {
  const obtain: ObtainFacts = (pass, context) =>
    obtainFacts(pass, context, nodePort(), silentJob(), { name: 'seeds', feeds: null, samples: 8 });
  /** A bias so low that nothing passes the Relu, and filters so small that nothing moves the last one. */
  const quiet = (): Model =>
    buildModel({ opset: 17, seed: 7 }, (g) => {
      const w = g.floats('w', [4, 1, 1, 1], [1, -1, 0.01, 1e-9]);
      const x = g.op('Relu', [g.op('Conv', [g.input('x', [1, 1, 6, 6]), w, g.floats('b', [4], [0, 0.5, -1000, 3])])]);
      g.output(read4(g, x), 'y');
    });
  const read4: Middle = (g, x) => g.op('Conv', [x, g.weight('read', [2, 4, 3, 3])]);

  it('go only when asked for, and as an approximation', async () => {
    expect((await sitesOf(quiet(), removeDeadChannels, { obtain })).sites).toEqual([]);
    const { sites } = await sitesOf(quiet(), removeDeadChannels, { obtain, options: { data: true } });
    expect(sites.map(({ what }) => what)).toEqual([
      'Removes 1 channel that is never active on the data and 1 channel that is constant on the data.',
    ]);
    const { model, result } = await afterPass(quiet(), removeDeadChannels, { obtain, options: { data: true } });
    expect(result.applied.map(({ preserves }) => preserves)).toEqual(['approximation']);
    // On inputs of the kind that were seen it is the same.
    await expectEquivalent(quiet(), model, { class: 'order', verdicts: ['agrees'] });
  });

  it('are replayed without data, and stay an approximation', async () => {
    const first = await replayStep(
      quiet(),
      { pass: 'remove-dead-channels', options: { data: true }, sites: 'all' },
      { obtain },
    );
    const step = JSON.parse(JSON.stringify(first.step)) as typeof first.step;
    const never: ObtainFacts = (pass, context) => {
      expect(pass.observes?.(context)).toEqual({ stats: [], moments: [] });
      return Promise.resolve(noFacts);
    };
    const again = await replayStep(quiet(), step, { obtain: never });
    expect(again.applied.map(({ preserves }) => preserves)).toEqual(['approximation']);
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
  });

  it('cannot be found without any', async () => {
    const found = afterPass(quiet(), removeDeadChannels, {
      obtain: () => Promise.resolve(noFacts),
      options: { data: true },
    });
    await expect(found).rejects.toMatchObject({ code: 'bad-request' });
  });
});
