import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import type { Calibration } from '../../engine/calibration.ts';
import { Stop } from '../../engine/document.ts';
import { obtainFacts } from '../../engine/facts.ts';
import { nodePort } from '../../engine/node.ts';
import type { Model, Node } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { replayStep } from '../../recipe/replay.ts';
import type { ObtainFacts } from '../../rewrite/run.ts';
import type { Feeds } from '../../runtime/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { run, worstError } from '../../testing/prune-oracle.ts';
import { pruneChannels } from './prune-channels.ts';
import { reestimateBatchNorm } from './reestimate-batch-norm.ts';

const CHANNELS = 3;

/** Inputs [1, 3, 4, 4] whose channels differ in mean and spread. */
function someFeeds(samples: number, seed = 1, shape: readonly number[] = [1, CHANNELS, 4, 4]): Feeds[] {
  const next = normal(seeded(seed));
  const each = shape.reduce((a, b) => a * b, 1);
  const inner = shape.slice(2).reduce((a, b) => a * b, 1);
  return Array.from({ length: samples }, () => ({
    x: {
      dtype: 'float32',
      shape,
      data: Float32Array.from({ length: each }, (_, i) => {
        const channel = Math.floor(i / inner) % CHANNELS;
        return 5 * channel + (1 + channel) * next();
      }),
    },
  }));
}

const given = (feeds: Feeds[]): Calibration => ({ name: 'some', feeds, samples: feeds.length });
const obtainOn =
  (calibration: Calibration): ObtainFacts =>
  (pass, context) =>
    obtainFacts(pass, context, nodePort(), silentJob(), calibration);
const obtain = obtainOn(given(someFeeds(16)));

interface NormInit {
  readonly mean?: ValueId;
  readonly variance?: ValueId;
  readonly attributes?: Readonly<Record<string, number>>;
}

function norm(
  g: GraphBuilder,
  x: ValueId,
  channels: number,
  { mean, variance, attributes = {} }: NormInit = {},
): ValueId {
  return g.op(
    'BatchNormalization',
    [
      x,
      g.weight('scale', [channels], { offset: 1, scale: 0.2 }),
      g.weight('bias', [channels]),
      mean ?? g.weight('mean', [channels]),
      variance ?? g.floats('variance', [channels], 1),
    ],
    attributes,
  );
}

const single = (opset = 17, shape: Shape = [1, CHANNELS, 4, 4]): Model =>
  buildModel({ opset }, (g) => g.output(norm(g, g.input('x', shape), CHANNELS), 'y'));

/** Norm, Relu, convolution, norm, and a skip into a third one. */
function deep(): Model {
  return buildModel({ opset: 18, seed: 4 }, (g) => {
    const a = g.op('Relu', [norm(g, g.input('x', ['n', CHANNELS, 4, 4]), CHANNELS)]);
    const b = norm(g, g.op('Conv', [a, g.weight('w', [CHANNELS, CHANNELS, 3, 3])], { pads: [1, 1, 1, 1] }), CHANNELS);
    g.output(norm(g, g.op('Add', [a, b]), CHANNELS), 'y');
  });
}

const norms = (model: Model): Node[] =>
  [...model.graph.nodes].map((id) => model.getNode(id)).filter(({ opType }) => opType === 'BatchNormalization');
const held = (model: Model, node: Node, index: number): number[] =>
  Array.from(model.graph.initializers.get(node.inputs[index] as ValueId)?.numbers() ?? []);

/** Mean and population variance of each channel of all inputs, in two passes. */
function counted(feeds: readonly Feeds[]): { mean: number[]; variance: number[] } {
  const channels = Array.from({ length: CHANNELS }, (_, channel) =>
    feeds.flatMap(({ x }) => {
      const data = x?.data as Float32Array;
      const inner = data.length / CHANNELS;
      return Array.from(data.subarray(channel * inner, (channel + 1) * inner));
    }),
  );
  const mean = channels.map((each) => each.reduce((a, b) => a + b, 0) / each.length);
  const variance = channels.map((each, i) => each.reduce((a, b) => a + (b - (mean[i] ?? 0)) ** 2, 0) / each.length);
  return { mean, variance };
}

function expectNear(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((each, i) =>
    expect(Math.abs(each - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!))).toBeLessThan(tolerance),
  );
}

describe('reestimate-batch-norm', () => {
  it.each([9, 13, 14, 17, 18])('holds the mean and the population variance of the data, at opset %i', async (opset) => {
    const { model } = await afterPass(single(opset), reestimateBatchNorm, { obtain });
    const { mean, variance } = counted(someFeeds(16));
    expectNear(held(model, norms(model)[0]!, 3), mean, 1e-5);
    expectNear(held(model, norms(model)[0]!, 4), variance, 1e-5);
  });

  it('does not cancel where the mean is far from 0', async () => {
    const far = someFeeds(16).map(({ x }) => ({
      x: { ...x!, data: (x!.data as Float32Array).map((each) => each + 1000) },
    }));
    const { model } = await afterPass(single(), reestimateBatchNorm, { obtain: obtainOn(given(far)) });
    expectNear(held(model, norms(model)[0]!, 4), counted(far).variance, 1e-3);
  });

  it('measures each layer with those before it already set: doing it again changes nothing', async () => {
    const before = deep();
    const once = await afterPass(before, reestimateBatchNorm, { obtain });
    const twice = await afterPass(once.model, reestimateBatchNorm, { obtain });
    expect(once.result.applied.length).toBe(3);
    norms(once.model).forEach((node, i) => {
      for (const index of [3, 4]) {
        expectNear(held(twice.model, norms(twice.model)[i]!, index), held(once.model, node, index), 1e-5);
      }
    });
  });

  it('gives a model back what it was, once its statistics have been spoilt', async () => {
    const { model: right } = await afterPass(deep(), reestimateBatchNorm, { obtain });
    const spoilt = right.clone();
    for (const node of norms(spoilt)) {
      for (const index of [3, 4]) {
        const numbers = held(spoilt, node, index).map((each) => 3 * each + 0.5);
        spoilt.setInitializer(node.inputs[index] as ValueId, floats([CHANNELS], numbers));
      }
    }
    const { model: again } = await afterPass(spoilt, reestimateBatchNorm, { obtain });
    const [feeds] = someFeeds(1, 77);
    const wanted = await run(right, feeds!);
    expect(worstError(wanted, await run(spoilt, feeds!))).toBeGreaterThan(0.2);
    expect(worstError(wanted, await run(again, feeds!))).toBeLessThan(1e-5);
  });

  it('is kept in the recipe: a replay runs nothing and gives the same bytes', async () => {
    const before = deep();
    const first = await replayStep(before, { pass: 'reestimate-batch-norm', options: {}, sites: 'all' }, { obtain });
    expect(first.error).toBeNull();
    expect(Object.keys(first.decisions).length).toBe(3);
    const step = JSON.parse(JSON.stringify(first.step)) as typeof first.step;
    const again = await replayStep(before, step);
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
    const [key] = Object.keys(step.decisions ?? {});
    const broken = { ...step, decisions: { ...step.decisions, [key!]: { elements: 1, mean: 'AAAA', variance: '' } } };
    expect((await replayStep(before, broken)).error).toMatchObject({
      code: 'replay-failed',
      message: expect.stringContaining('not of its 3 channels') as string,
    });
  });

  it('sets statistics that others read too in a copy', async () => {
    const before = buildModel({ opset: 17 }, (g) => {
      const mean = g.weight('mean', [CHANNELS]);
      const variance = g.op('Constant', [], { value: floats([CHANNELS], [1, 1, 1]) });
      const x = g.input('x', [1, CHANNELS, 4, 4]);
      g.output(norm(g, norm(g, x, CHANNELS, { mean, variance }), CHANNELS, { mean }), 'y');
      g.output(g.op('Identity', [mean]), 'm');
    });
    const { model } = await afterPass(before, reestimateBatchNorm, { obtain });
    const [first, second] = norms(model);
    expectNear(held(model, first!, 3), counted(someFeeds(16)).mean, 1e-5);
    expect(held(model, second!, 3)).not.toEqual(held(model, first!, 3));
    const [feeds] = someFeeds(1, 5);
    expect((await run(model, feeds!))['m']).toEqual((await run(before, feeds!))['m']);
    expect([...model.nodes.values()].map(({ opType }) => opType)).not.toContain('Constant');
  });

  it('keeps the variance of a channel that the data never move', async () => {
    const still = someFeeds(16).map(({ x }) => ({
      x: { ...x!, data: (x!.data as Float32Array).map((each, i) => (i < 16 ? 0.7 : each)) },
    }));
    const { model } = await afterPass(single(), reestimateBatchNorm, { obtain: obtainOn(given(still)) });
    expectNear(held(model, norms(model)[0]!, 3).slice(0, 1), [0.7], 1e-6);
    expect(held(model, norms(model)[0]!, 4)[0]).toBe(1);
  });

  it('takes float16 models, in their own type', async () => {
    const before = buildModel({ opset: 15 }, (g) => {
      const half = (name: string, offset: number) =>
        g.weight(name, [CHANNELS], { offset, scale: 0.1, dtype: 'float16' });
      const x = g.op('Cast', [g.input('x', [1, CHANNELS, 4, 4])], { to: 10 });
      const inputs = [x, half('scale', 1), half('bias', 0), half('mean', 0), half('variance', 1)];
      g.output(g.op('Cast', [g.op('BatchNormalization', inputs)], { to: 1 }), 'y');
    });
    const { model } = await afterPass(before, reestimateBatchNorm, { obtain });
    const node = norms(model)[0]!;
    expect(model.graph.initializers.get(node.inputs[3] as ValueId)?.dtype).toBe('float16');
    expectNear(held(model, node, 3), counted(someFeeds(16)).mean, 2e-3);
    expectNear(held(model, node, 4), counted(someFeeds(16)).variance, 2e-3);
  });
});

describe('reestimate-batch-norm leaves alone', () => {
  const reasonsOf = async (model: Model, calibration: Calibration): Promise<string[]> => {
    const { sites, refusals } = await sitesOf(model, reestimateBatchNorm, { obtain: obtainOn(calibration) });
    expect(sites).toEqual([]);
    return refusals.map(({ reason }) => reason);
  };
  const enough = given(someFeeds(16));

  it('everything, where inputs are made up', async () => {
    const noise = [
      { name: 'made up', feeds: null, samples: 16 },
      { ...enough, madeUp: true },
    ];
    for (const calibration of noise) expect((await reasonsOf(single(), calibration)).join()).toMatch(/data are needed/);
  });

  it('everything, where samples or elements are few', async () => {
    expect((await reasonsOf(single(), given(someFeeds(7)))).join()).toMatch(/7 samples are too few: 8/);
    const one = single(17, [1, CHANNELS, 2, 2]);
    const few = given(someFeeds(16, 1, [1, CHANNELS, 2, 2]));
    expect((await reasonsOf(one, few)).join()).toMatch(/gets 64 elements: 128/);
    // How many there are shows only as it runs.
    expect((await reasonsOf(single(17, ['n', CHANNELS, 'h', 'w']), few)).join()).toMatch(/gets 64 elements: 128/);
  });

  it('training mode, computed statistics, unknown shapes, bodies and other types', async () => {
    const made = (build: (g: GraphBuilder) => ValueId): Model =>
      buildModel({ opset: 17 }, (g) => g.output(build(g), 'y'));
    const x = (g: GraphBuilder): ValueId => g.input('x', [1, CHANNELS, 4, 4]);
    const cases: readonly [Model, RegExp][] = [
      [made((g) => norm(g, x(g), CHANNELS, { attributes: { training_mode: 1 } })), /training mode/],
      [made((g) => norm(g, x(g), CHANNELS, { mean: g.input('mean', [CHANNELS]) })), /have to be constants/],
      [made((g) => norm(g, g.op('Unknown', [x(g)], {}, { domain: 'other' }), CHANNELS)), /unknown type/],
      [made((g) => norm(g, g.input('x', null), CHANNELS)), /shape of its input is not/],
      [
        made((g) => {
          const inside = x(g);
          const branch = (inner: GraphBuilder): void => inner.output(norm(inner, inside, CHANNELS), 'z');
          return g.op('If', [g.input('c', [], 'bool')], { then_branch: branch, else_branch: branch });
        }),
        /stands in a body/,
      ],
    ];
    for (const [model, reason] of cases) expect((await reasonsOf(model, enough))[0]).toMatch(reason);
  });

  it('what is not finite on the data', async () => {
    const infinite = someFeeds(16).map(({ x }) => ({ x: { ...x!, data: (x!.data as Float32Array).map(() => 1e38) } }));
    const bad = infinite.map(({ x }, i) => ({ x: { ...x, data: x.data.map((each) => (i % 2 ? -each : each)) } }));
    const noSite = await afterPass(single(), reestimateBatchNorm, { obtain: obtainOn(given(bad)) });
    expect(noSite.result.applied).toEqual([]);
    expect(noSite.result.refusals).toMatchObject([{ reason: expect.stringContaining('not finite') as string }]);
  });
});

describe('against the original', () => {
  const feeds = someFeeds(16);
  const against =
    (original: Model): ObtainFacts =>
    (pass, context) => {
      const stop = new Stop(original, null, null, null, 1);
      return obtainFacts(pass, context, nodePort(), silentJob(), given(feeds), { original: stop, investigates: true });
    };
  /** Two convolutions, what the second gives beside its norm, and a third one behind it. */
  const chain = (shows: boolean): Model =>
    buildModel({ opset: 17, seed: 8 }, (g) => {
      const a = g.op(
        'Conv',
        [g.input('x', [1, CHANNELS, 4, 4]), g.weight('aw', [6, CHANNELS, 1, 1])],
        {},
        { outputs: ['a'] },
      );
      const b = g.op('Conv', [g.op('Relu', [a]), g.weight('bw', [CHANNELS, 6, 1, 1])], {}, { outputs: ['b'] });
      g.output(g.op('Conv', [norm(g, b, CHANNELS), g.weight('cw', [2, CHANNELS, 1, 1])]), 'y');
      if (shows) g.output(b);
    });
  /** Of the output b on all data. */
  const ofOutput = async (model: Model) => {
    const runs: Feeds[] = [];
    for (const each of feeds) runs.push({ x: (await run(model, each))['b']! });
    return counted(runs);
  };

  it('moves what was held by the difference of means and the quotient of variances', async () => {
    const before = chain(true);
    const { model: cut } = await afterPass(before, pruneChannels, { options: { ratio: 0.5 } });
    const { model } = await afterPass(cut, reestimateBatchNorm, { obtain: against(before) });
    const [was, is] = [await ofOutput(before), await ofOutput(cut)];
    const [old, now] = [norms(before)[0]!, norms(model)[0]!];
    expectNear(
      held(model, now, 3),
      held(before, old, 3).map((each, i) => each + is.mean[i]! - was.mean[i]!),
      1e-4,
    );
    expectNear(
      held(model, now, 4),
      held(before, old, 4).map((each, i) => (each * is.variance[i]!) / was.variance[i]!),
      1e-4,
    );
    expect(is.mean).not.toEqual(was.mean);
    const alone = await afterPass(cut, reestimateBatchNorm, { obtain: against(before), options: { basis: 'data' } });
    expectNear(held(alone.model, norms(alone.model)[0]!, 3), is.mean, 1e-4);
  });

  it('leaves alone what gets what it got, by the channels that are left', async () => {
    const before = chain(false);
    const same = await sitesOf(before, reestimateBatchNorm, { obtain: against(before) });
    expect([same.sites, same.refusals[0]?.reason]).toEqual([
      [],
      expect.stringContaining('what it got in the original'),
    ]);
    const options = { ratio: 0, ratios: { b: 0.6 }, importance: 'scores', scores: { b: [1, 2, 3] } };
    const { model: cut } = await afterPass(before, pruneChannels, { options });
    const left = held(cut, norms(cut)[0]!, 3);
    expect(left.length).toBe(1);
    expect(left).not.toEqual(held(before, norms(before)[0]!, 3).slice(0, 1));
    const { result } = await afterPass(cut, reestimateBatchNorm, { obtain: against(before) });
    expect([result.applied, result.refusals[0]?.reason]).toEqual([[], expect.stringContaining('what it got')]);
  });
});

it('a look at its sites measures nothing', async () => {
  const port = { ...nodePort(), runs: () => Promise.reject(new Error('it ran')) };
  const look: ObtainFacts = (pass, context) =>
    obtainFacts(pass, context, port, silentJob(), given(someFeeds(16)), { original: null, investigates: false });
  const { sites, refusals } = await sitesOf(deep(), reestimateBatchNorm, { obtain: look });
  expect([sites.length, refusals.length]).toEqual([3, 0]);
  expect(sites[0]?.what).toMatch(/^Sets mean and variance of BatchNormalization \S+ anew from 16 samples\.$/);
});
