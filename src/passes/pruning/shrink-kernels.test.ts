import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import { summarize } from '../../analysis/summary.ts';
import type { DataFile } from '../../data/types.ts';
import { calibrate } from '../../engine/calibrate.ts';
import { openData } from '../../engine/data.ts';
import { obtainFacts } from '../../engine/facts.ts';
import { accuracyOf } from '../../engine/fidelity.ts';
import { numbersOf } from '../../engine/host-numbers.ts';
import { nodePort } from '../../engine/node.ts';
import { getInts } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { sizeOf } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { middleTaps } from '../../prune/kernels/crop.ts';
import { replayStep } from '../../recipe/replay.ts';
import type { ObtainFacts } from '../../rewrite/run.ts';
import type { Feeds } from '../../runtime/types.ts';
import { buildModel, type AttributeInit } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { normalFeeds, run } from '../../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { shrinkKernels } from './shrink-kernels.ts';

const port = nodePort();

interface Layer {
  /** [C, …] */
  readonly input: readonly number[];
  readonly outs: number;
  readonly kernel: readonly number[];
  readonly group?: number;
  readonly attributes?: Readonly<Record<string, AttributeInit>>;
  readonly domain?: string;
}

/** One convolution with a bias; all but the middle 3 of its kernels is zero where `ringless`. */
function layer({ input, outs, kernel, group = 1, attributes = {}, domain = '' }: Layer, ringless = false): Model {
  const shape = [outs, (input[0] ?? 1) / group, ...kernel];
  const next = normal(seeded(7));
  const middle = new Set(
    middleTaps(
      kernel,
      kernel.map((size) => Math.min(size, 3)),
    ),
  );
  const weights = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const w = next();
    return ringless && !middle.has(i % sizeOf(kernel)) ? 0 : w;
  });
  const domains: Record<string, number> = domain ? { [domain]: 1 } : {};
  return buildModel({ opset: 17, seed: 5, domains }, (g) => {
    const w = g.tensor('w', floats(shape, weights));
    const x = g.input('x', [1, ...input]);
    const type = domain ? 'FusedConv' : 'Conv';
    const y = g.op(type, [x, w, g.weight('b', [outs])], { group, kernel_shape: kernel, ...attributes }, { domain });
    g.output(y, 'y');
  });
}

interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pads: readonly number[];
}

const CASES: Readonly<Record<string, Layer>> = {
  'a depthwise one': { input: [4, 9, 9], outs: 4, kernel: [5, 5], group: 4, attributes: { pads: [2, 2, 2, 2] } },
  'a dense one, 7 × 7': { input: [3, 9, 9], outs: 5, kernel: [7, 7], attributes: { pads: [3, 3, 3, 3] } },
  'a grouped one': { input: [4, 8, 8], outs: 6, kernel: [5, 5], group: 2, attributes: { pads: [2, 2, 2, 2] } },
  'stride 2': { input: [2, 9, 10], outs: 3, kernel: [5, 5], attributes: { pads: [2, 2, 2, 2], strides: [2, 2] } },
  'dilation 2 and 3': {
    input: [2, 13, 16],
    outs: 2,
    kernel: [5, 5],
    attributes: { pads: [4, 6, 4, 6], dilations: [2, 3] },
  },
  'asymmetric pads': { input: [2, 9, 9], outs: 2, kernel: [5, 5], attributes: { pads: [1, 2, 3, 2] } },
  'more padding than it needs': { input: [2, 6, 6], outs: 2, kernel: [5, 5], attributes: { pads: [4, 4, 4, 4] } },
  'auto_pad SAME_UPPER': { input: [2, 7, 7], outs: 2, kernel: [5, 5], attributes: { auto_pad: 'SAME_UPPER' } },
  'auto_pad SAME_UPPER with stride 2 on an even size': {
    input: [2, 8, 8],
    outs: 2,
    kernel: [5, 5],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  'auto_pad SAME_LOWER with stride 2 on an even size': {
    input: [2, 8, 8],
    outs: 2,
    kernel: [7, 7],
    attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
  },
  'one axis that is large': { input: [2, 8, 8], outs: 2, kernel: [1, 5], attributes: { pads: [0, 2, 0, 2] } },
  'an even axis that is small': { input: [2, 8, 8], outs: 2, kernel: [2, 5], attributes: { pads: [0, 2, 1, 2] } },
  'a 1-D one': { input: [3, 17], outs: 2, kernel: [7], attributes: { pads: [3, 3] } },
  'a 3-D one': { input: [2, 6, 6, 6], outs: 2, kernel: [5, 5, 5], attributes: { pads: [2, 2, 2, 2, 2, 2] } },
  'a fused activation': {
    input: [2, 8, 8],
    outs: 2,
    kernel: [5, 5],
    attributes: { pads: [2, 2, 2, 2], activation: 'Relu' },
    domain: 'com.microsoft',
  },
};

const kernelOf = (model: Model): readonly number[] | null =>
  [...model.nodes.values()].map((node) => getInts(node, 'kernel_shape', null))[0] ?? null;

const reasonsOf = async (model: Model, options = {}): Promise<readonly string[]> =>
  (await sitesOf(model, shrinkKernels, { options })).refusals.map(({ reason }) => reason);

describe('shrink-kernels', () => {
  it.each(Object.entries(CASES))('keeps every result of zeros around the middle: %s', async (_, spec) => {
    const before = layer(spec, true);
    const { model, result } = await afterPass(before, shrinkKernels);
    expect(result.applied.map(({ preserves }) => preserves)).toEqual(['order']);
    expect(kernelOf(model)).toEqual(spec.kernel.map((size) => Math.min(size, 3)));
    await expectEquivalent(before, model, { class: 'order', seeds: 1 });
  });

  it('keeps every result of zeros around the middle wherever it applies: random convolutions', async () => {
    const axis = fc.record({
      size: fc.integer({ min: 9, max: 14 }),
      kernel: fc.constantFrom(1, 2, 3, 4, 5, 7),
      stride: fc.integer({ min: 1, max: 5 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pads: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
    });
    const auto = fc.constantFrom('NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID');
    let applied = 0;
    const holds = async (axes: readonly Axis[], autoPad: string): Promise<void> => {
      const explicit = { pads: [0, 1].flatMap((end) => axes.map(({ pads }) => pads[end] ?? 0)) };
      const attributes = {
        strides: axes.map(({ stride }) => stride),
        // The runtime takes no dilation under SAME padding.
        dilations: axes.map(({ dilation }) => (autoPad.startsWith('SAME') ? 1 : dilation)),
        ...(autoPad === 'NOTSET' ? explicit : { auto_pad: autoPad }),
      };
      const kernel = axes.map((each) => each.kernel);
      const before = layer({ input: [2, ...axes.map(({ size }) => size)], outs: 2, kernel, attributes }, true);
      const { model, result } = await afterPass(before, shrinkKernels);
      if (!result.changed) return;
      applied++;
      await expectEquivalent(before, model, { class: 'order', seeds: 1 });
    };
    const property = fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 2 }), auto, holds);
    await fc.assert(property, { seed: 3, numRuns: 150 });
    expect(applied).toBeGreaterThan(15);
  });

  it.each(Object.entries(CASES))('keeps the shape of what it changes: %s', async (_, spec) => {
    const before = layer(spec);
    const { model, result } = await afterPass(before, shrinkKernels);
    expect(result.applied.map(({ preserves }) => preserves)).toEqual(['approximation']);
    const feeds = normalFeeds(before, 1);
    const [a, b] = [await run(before, feeds), await run(model, feeds)];
    expect(b['y']?.shape).toEqual(a['y']?.shape);
    expect(analyze(model).shape(model.graph.outputs[0]!)).toEqual(a['y']?.shape);
    expect(b['y']?.data).not.toEqual(a['y']?.data);
  });

  it.each([
    ['no padding to take back', { input: [2, 8, 8], outs: 2, kernel: [5, 5] }, 'its result would grow'],
    [
      'VALID',
      { input: [2, 8, 8], outs: 2, kernel: [5, 5], attributes: { auto_pad: 'VALID' } },
      'its result would grow',
    ],
    [
      'too little padding at one side',
      { input: [2, 8, 8], outs: 2, kernel: [5, 5], attributes: { pads: [2, 2, 2, 0] } },
      'axis 3 would be 1 less at either side, and it has 2 and 0',
    ],
    [
      'even kernels',
      { input: [2, 8, 8], outs: 2, kernel: [4, 4], attributes: { pads: [1, 1, 2, 2] } },
      'Only odd kernels have a middle, and this one is 4 × 4.',
    ],
  ] as const)('says why not: %s', async (_, spec, reason) => {
    const { sites, refusals } = await sitesOf(layer(spec), shrinkKernels);
    expect(sites).toEqual([]);
    expect(refusals.map((each) => each.reason)).toEqual([expect.stringContaining(reason)]);
  });

  it('does not go below the stride under SAME padding, unless the size is known to fit', async () => {
    const spec = { outs: 2, kernel: [5, 5], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } };
    const even = layer({ ...spec, input: [2, 8, 8] });
    expect(await reasonsOf(even, { size: 1 })).toEqual([
      expect.stringContaining('SAME padding would place it elsewhere'),
    ]);
    const odd = layer({ ...spec, input: [2, 9, 9] });
    expect(await reasonsOf(odd, { size: 1 })).toEqual([]);
  });

  it('leaves weights that are computed alone, and says so', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const w = g.op('Mul', [g.input('w', [2, 2, 5, 5]), g.floats('two', [1], 2)]);
      g.output(g.op('Conv', [g.input('x', [1, 2, 8, 8]), w], { pads: [2, 2, 2, 2] }), 'y');
    });
    expect(await reasonsOf(model)).toEqual(['Its weight is not a constant.']);
  });

  it('shrinks those that somebody names, each to its size, and says of a name why not', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      let x = g.input('x', [1, 2, 8, 8]);
      for (const name of ['a', 'b', 'c']) {
        const attributes = { pads: [3, 3, 3, 3], kernel_shape: [7, 7], group: 2 };
        x = g.op('Conv', [x, g.weight(`${name}.weight`, [2, 1, 7, 7])], attributes, { outputs: [`${name}_out`] });
      }
      g.output(x);
    });
    const kernels = { a_out: 5, c_out: 3 };
    const { model: after } = await afterPass(model, shrinkKernels, { options: { kernels } });
    expect([...after.nodes.values()].map((node) => getInts(node, 'kernel_shape', null)?.[0])).toEqual([5, 7, 3]);
    expect(await reasonsOf(model, { kernels: { nowhere: 3 } })).toEqual(['nowhere: no convolution gives this value.']);
    await expect(sitesOf(model, shrinkKernels, { options: { kernels: { a_out: 4 } } })).rejects.toThrow('odd sizes');
    await expect(sitesOf(model, shrinkKernels, { options: { size: 2 } })).rejects.toThrow('an odd number');
  });

  it('does not touch a weight that others read', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const [x, w] = [g.input('x', [1, 2, 8, 8]), g.weight('shared', [2, 2, 5, 5])];
      const padded = g.op('Conv', [x, w], { pads: [2, 2, 2, 2] });
      g.output(g.op('Conv', [padded, w], {}, { outputs: ['valid'] }), 'y');
    });
    const { model: after } = await afterPass(model, shrinkKernels);
    const shapes = [...after.graph.initializers.values()].map(({ shape }) => shape.join());
    expect(shapes.sort()).toEqual(['2,2,3,3', '2,2,5,5']);
    expect((await run(after, normalFeeds(after, 1)))['y']?.shape).toEqual([1, 2, 4, 4]);
  });

  it('replays what was decided, whatever the options would choose now', async () => {
    const model = layer(CASES['a dense one, 7 × 7']!);
    const first = await replayStep(model, { pass: 'shrink-kernels', options: { size: 5 }, sites: 'all' });
    const again = await replayStep(model, { ...first.step, options: { size: 3 } });
    expect(kernelOf(again.model)).toEqual([5, 5]);
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
  });
});

describe('learnt transforms', () => {
  const spec = CASES['a dense one, 7 × 7']!;
  const unit = (taps: number, scale: number): number[] =>
    Array.from({ length: taps * taps }, (_, i) => (Math.floor(i / taps) === i % taps ? scale : 0));

  it('take the place of the middle, one after the other: 7 → 5 → 3', async () => {
    const model = layer(spec, true);
    // A shift of the 5 × 5 kernel by one tap, then twice of what is there.
    const shift = Array.from({ length: 625 }, (_, i) => (Math.floor(i / 25) + 1 === i % 25 ? 1 : 0));
    const options = { transforms: { y: { '5': shift, '3': unit(9, 2) } } };
    const { model: after } = await afterPass(model, shrinkKernels, { options });
    const [large, small] = [model, after].map((each) => [...each.graph.initializers.values()][0]!.numbers());
    const tap = (row: number, column: number): number => large![7 * row + column]!;
    const wanted = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => 2 * tap(row + 2, column + 3)));
    expect(Array.from(small!).slice(0, 9)).toEqual(wanted);
    const { model: plain } = await afterPass(model, shrinkKernels);
    const { model: same } = await afterPass(model, shrinkKernels, {
      options: { transforms: { y: { '5': unit(25, 1) } } },
    });
    expect(writeModel(same)).toEqual(writeModel(plain));
  });

  it('of another kernel are refused', async () => {
    expect(await reasonsOf(layer(spec), { transforms: { y: { '3': [1, 2] } } })).toEqual([
      'The transform for kernels of 3 × 3 has 2 numbers, not 9 · 9.',
    ]);
    await expect(sitesOf(layer(spec), shrinkKernels, { options: { transforms: { y: [1] } } })).rejects.toThrow(
      'row by row',
    );
  });
});

describe('least squares', () => {
  /** Images that are smooth, as images are: neighbours tell much of one another. */
  function smooth(model: Model, seed: number): Feeds {
    const [x] = Object.entries(normalFeeds(model, seed));
    if (!x) throw new Error('no input');
    const [name, { data, shape, dtype }] = x;
    const rough = data as Float32Array;
    const last = shape.at(-1) ?? 1;
    const blurred = rough.map((_, i) =>
      [0, 1, last, last + 1].reduce((sum, at) => sum + (rough[(i + at) % rough.length] ?? 0), 1),
    );
    return { [name]: { dtype, shape, data: blurred } };
  }
  const dataOf = (model: Model): readonly Feeds[] => Array.from({ length: 3 }, (_, i) => smooth(model, i));
  const obtainFrom =
    (feeds: readonly Feeds[]): ObtainFacts =>
    (pass, context) =>
      obtainFacts(pass, context, port, silentJob(), { name: 'smooth', feeds, samples: feeds.length });

  async function errorOf(before: Model, after: Model, feeds: readonly Feeds[]): Promise<number> {
    const results = [before, after].map((model) =>
      port.runs({ name: 'layer', bytes: writeModel(model) }, feeds, silentJob()),
    );
    const [a, b] = await Promise.all(results);
    const numbers = (runs: typeof a): number[] => (runs ?? []).flatMap(({ y }) => (y ? [...numbersOf(y)] : []));
    const wanted = numbers(a);
    return numbers(b).reduce((sum, value, i) => sum + (value - (wanted[i] ?? NaN)) ** 2, 0);
  }

  const least = { method: 'least-squares' };

  // A fused activation is not linear: nearest before it is not nearest behind it.
  it.each(Object.entries(CASES).filter(([, { domain }]) => !domain))(
    'does better than the middle on its own data: %s',
    async (_, spec) => {
      const before = layer(spec);
      const feeds = dataOf(before);
      const plain = await afterPass(before, shrinkKernels);
      const fitted = await afterPass(before, shrinkKernels, { options: least, obtain: obtainFrom(feeds) });
      const [crop, fit] = [await errorOf(before, plain.model, feeds), await errorOf(before, fitted.model, feeds)];
      expect(fit).toBeLessThan(crop);
    },
  );

  it('takes over what went where neighbours go together', async () => {
    const before = layer({ input: [1, 64], outs: 2, kernel: [7], attributes: { pads: [3, 3] } });
    const flat = dataOf(before).map((feeds, i): Feeds => {
      const x = feeds['x']!;
      return { x: { ...x, data: (x.data as Float32Array).map(() => i + 1) } };
    });
    const plain = await afterPass(before, shrinkKernels);
    const fitted = await afterPass(before, shrinkKernels, { options: least, obtain: obtainFrom(flat) });
    const crop = await errorOf(before, plain.model, flat);
    expect(await errorOf(before, fitted.model, flat)).toBeLessThan(0.1 * crop);
  });

  it('is kept in the recipe: a replay runs nothing and gives the same bytes', async () => {
    const before = layer(CASES['a depthwise one']!);
    const step = { pass: 'shrink-kernels', options: least, sites: 'all' } as const;
    const first = await replayStep(before, step, { obtain: obtainFrom(dataOf(before)) });
    const again = await replayStep(before, JSON.parse(JSON.stringify(first.step)) as typeof first.step);
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
    const plain = await replayStep(before, { ...step, options: {} });
    expect(writeModel(again.model)).not.toEqual(writeModel(plain.model));
  });

  it('says so where what was kept no longer fits', async () => {
    const before = layer(CASES['a depthwise one']!);
    const step = { pass: 'shrink-kernels', options: least, sites: 'all' } as const;
    const first = await replayStep(before, step, { obtain: obtainFrom(dataOf(before)) });
    const [key] = Object.keys(first.step.decisions ?? {});
    const broken = { ...first.step, decisions: { [key!]: { size: 3, weights: 'AAAA' } } };
    expect((await replayStep(before, broken)).error?.message).toContain('does not fit its channels as they are now');
  });

  it('keeps the middle where patches take too much memory, and says so', async () => {
    const large = layer({ input: [90, 5, 5], outs: 1, kernel: [5, 5], attributes: { pads: [2, 2, 2, 2] } });
    const { sites } = await sitesOf(large, shrinkKernels, { options: least });
    expect(sites.map(({ what }) => what)).toEqual([expect.stringContaining('which is its middle: its patches take')]);
    const { result } = await afterPass(large, shrinkKernels, { options: least, obtain: obtainFrom(dataOf(large)) });
    expect(result.decisions).toEqual({ [sites[0]!.key]: { size: 3 } });
  });
});

describe.skipIf(!haveShared())('real models', () => {
  it.each([
    ['detect/FastestDet', 9],
    ['ocr/ch_PP-OCRv2_det_infer', 6],
    ['mnist-cnn/mnist', 2],
    ['audio/gtcrn_simple', 2],
  ] as const)('%s: its large kernels shrink, and it runs as before', { timeout: 60_000 }, async (path, count) => {
    const { model } = readModel(sharedFile(`real/models/${path}.onnx`));
    const { model: after, result } = await afterPass(model, shrinkKernels);
    expect(result.applied).toHaveLength(count);
    expect(result.refusals).toEqual([]);
    const shapes = analyze(after);
    for (const output of model.graph.outputs) expect(shapes.shape(output)).toEqual(analyze(model).shape(output));
    const feeds = normalFeeds(after, 1);
    for (const each of Object.values(await run(after, feeds))) expect(each.shape.length).toBeGreaterThan(0);
  });

  it(
    'fitted to a few digits, the MNIST CNN goes on reading digits with 3 × 3 kernels',
    { timeout: 60_000 },
    async () => {
      const { model } = readModel(sharedFile('real/models/mnist-cnn/mnist.onnx'));
      const file = (kind: string): DataFile => {
        const name = `t1500a-${kind}-ubyte.gz`;
        return { name, bytes: async () => sharedFile(`real/data/mnist/${name}`) };
      };
      const digits = await openData('mnist', [file('images-idx3')], { labels: file('labels-idx1') });
      const { inputs } = summarize(model, analyze(model), 0);
      const settings = { changes: { scale: 1 }, samples: 64, seed: 0 };
      const { calibration, judgement } = await calibrate(digits, inputs, settings, silentJob());
      const obtain: ObtainFacts = (pass, context) => obtainFacts(pass, context, port, silentJob(), calibration);
      const right = async (method: string): Promise<number> => {
        const { model: after } = await afterPass(model, shrinkKernels, { options: { method }, obtain });
        const parcel = { name: 'after', bytes: writeModel(after) };
        const runs = await port.runs(parcel, judgement?.feeds ?? [], silentJob());
        return accuracyOf(runs, judgement?.labels ?? null) ?? 0;
      };
      expect(await right('crop')).toBeLessThan(0.5);
      expect(await right('least-squares')).toBeGreaterThan(0.85);
    },
  );

  it('weights that are inputs, even kernels and one without padding are told', async () => {
    const reasons = async (path: string): Promise<readonly string[]> =>
      reasonsOf(readModel(sharedFile(`real/models/${path}.onnx`)).model);
    expect(await reasons('light/light_resnet50')).toEqual(['Its weight is not a constant.']);
    expect(await reasons('transformer/vit_pgd_2_3_16')).toEqual([
      'Only odd kernels have a middle, and this one is 16 × 16.',
    ]);
    expect(await reasons('text/magika_standard_v3_3')).toEqual([expect.stringContaining('its result would grow')]);
  });
});
