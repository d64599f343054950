import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import { seeded } from '../../base/random.ts';
import type { DataFile, InputPort } from '../../data/types.ts';
import { floats } from '../../ir/tensor.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { writeNpy } from '../../verify/npz.ts';
import { nodePort } from '../node.ts';
import { openAccuracyData } from './data.ts';
import { measureAccuracy, type AccuracySubject } from './measure.ts';
import type { AccuracyProgress, AccuracyRequest } from './types.ts';

const REQUEST: AccuracyRequest = {
  samples: null,
  labelOffset: 0,
  output: null,
  backend: 'wasm',
  level: 'all',
  threads: 1,
  formula: null,
};
const CLASSES = 7;

/** The class of a sample is where its largest number stands; `turn` moves every answer by so many classes. */
function subject(name: string, batch: number | string, turn = 0, build?: (g: GraphBuilder) => void): AccuracySubject {
  const identity = Float32Array.from({ length: CLASSES * CLASSES }, (_, i) =>
    Math.floor(i / CLASSES) === ((((i % CLASSES) - turn) % CLASSES) + CLASSES) % CLASSES ? 1 : 0,
  );
  const model = buildModel({}, (g) => {
    if (build) return build(g);
    const x = g.input('x', [batch, CLASSES]);
    g.output(g.op('MatMul', [x, g.tensor('w', floats([CLASSES, CLASSES], identity))]), 'scores', {
      shape: [batch, CLASSES],
    });
  });
  const inputs: InputPort[] = model.graph.inputs.map((id) => {
    const { name: input, type } = model.getValue(id);
    if (type?.kind !== 'tensor') throw new Error('a tensor');
    return { name: input, dtype: type.dtype, shape: type.shape };
  });
  return { name, inputs, parcel: () => ({ name, bytes: writeModel(model) }) };
}

const file = (name: string, bytes: Uint8Array): DataFile => ({ name, bytes: async () => bytes });
const random = seeded(3);
const COUNT = 43;
const labels = Int32Array.from({ length: COUNT }, () => Math.floor(random() * CLASSES));
/** Every fifth sample shows another class than its label. */
const shown = labels.map((label, i) => (i % 5 === 0 ? (label + 1) % CLASSES : label));
const x = Float32Array.from({ length: COUNT * CLASSES }, (_, i) =>
  i % CLASSES === shown[Math.floor(i / CLASSES)] ? 3 : random(),
);
const samples = file('x.npy', writeNpy({ dtype: 'float32', shape: [COUNT, CLASSES], data: x }));
const csv = (values: Iterable<number>): Uint8Array => new TextEncoder().encode([...values].join('\n'));
const labelFile = (values: Iterable<number> = labels) => file('labels.csv', csv(values));

const dataFor = (
  { inputs }: AccuracySubject,
  more: Partial<{ labels: DataFile | null; targets: DataFile | null; files: readonly DataFile[] }> = {},
) => openAccuracyData({ files: [samples], labels: labelFile(), targets: null, changes: {}, ...more }, inputs);

async function measured(
  first: AccuracySubject,
  second: AccuracySubject | null = null,
  changes: Partial<AccuracyRequest> = {},
  more: Parameters<typeof dataFor>[1] = {},
) {
  return measureAccuracy(
    [first, second],
    await dataFor(first, more),
    { ...REQUEST, ...changes },
    nodePort(),
    silentJob(),
  );
}
const wrong = shown.filter((each, i) => each !== labels[i]).length;

describe('a classifier', () => {
  it.each([
    ['a free batch', 'N'],
    ['one sample at a time', 1],
    ['a fixed batch that the samples do not fill', 4],
  ])('is counted alike with %s', async (_, batch) => {
    const { models, samples: count, width, output } = await measured(subject('m', batch));
    expect([count, width, output]).toEqual([COUNT, CLASSES, 'scores']);
    const [{ metrics }] = models as [(typeof models)[0]];
    if (metrics.kind !== 'classification') throw new Error('a classification');
    expect(metrics.top1.right).toBe(COUNT - wrong);
    expect(metrics.classes.reduce((sum, { total }) => sum + total, 0)).toBe(COUNT);
    expect(metrics.confusion.reduce((sum, { count: each }) => sum + each, 0)).toBe(COUNT);
    const missed = metrics.confusion.filter(({ label, predicted }) => label !== predicted);
    for (const { label, predicted } of missed) expect(predicted).toBe((label + 1) % CLASSES);
  });

  it('has the cross entropy and the top five that its scores have', async () => {
    const { models } = await measured(subject('m', 'N'));
    let [loss, near] = [0, 0];
    for (let i = 0; i < COUNT; i++) {
      const row = x.subarray(i * CLASSES, (i + 1) * CLASSES);
      const own = row[labels[i]!]!;
      loss -= own - Math.log(row.reduce((sum, each) => sum + Math.exp(each), 0));
      if (row.filter((each) => each > own).length < 5) near++;
    }
    const [{ metrics }] = models as [(typeof models)[0]];
    if (metrics.kind !== 'classification') throw new Error('a classification');
    expect(metrics.crossEntropy).toBeCloseTo(loss / COUNT, 5);
    expect(metrics.top5?.right).toBe(near);
  });

  it('counts its classes from an offset where one is set, and says where another one would do better', async () => {
    const shifted = labels.map((label) => label % (CLASSES - 1));
    const data = { labels: labelFile(shifted), files: [samplesOf(shifted.map((label) => label + 1))] };
    const plain = await measured(subject('m', 'N'), null, {}, data);
    expect(plain.notes.at(-1)).toMatch(/^At a label offset of 1, 100\.0 % would be right/);
    const { models } = await measured(subject('m', 'N'), null, { labelOffset: 1 }, data);
    expect(models[0]?.metrics).toMatchObject({ top1: { share: 1 } });
  });

  it('takes some of the samples, the same ones each time', async () => {
    const [a, b] = [
      await measured(subject('m', 'N'), null, { samples: 10 }),
      await measured(subject('m', 'N'), null, { samples: 10 }),
    ];
    expect(a).toMatchObject({ samples: 10, count: COUNT });
    expect(a.models).toEqual(b.models);
  });

  it('tells how far it is and what was right until then', async () => {
    const seen: AccuracyProgress[] = [];
    const first = subject('m', 'N');
    const job = createJob(new AbortController().signal, (progress) => seen.push(progress));
    await measureAccuracy([first, null], await dataFor(first), REQUEST, nodePort(), job);
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ stage: 'Running samples', done: 40, total: COUNT });
    expect(last.right![0]).toBeGreaterThan(25);
  });
});

function samplesOf(classes: ArrayLike<number>): DataFile {
  const data = new Float32Array(classes.length * CLASSES);
  for (let i = 0; i < classes.length; i++) data[i * CLASSES + classes[i]!] = 1;
  return file('other.npy', writeNpy({ dtype: 'float32', shape: [classes.length, CLASSES], data }));
}

describe('two models', () => {
  it('are held against each other sample by sample, what broke first', async () => {
    // The second answers one class less, so it is right where the first was wrong, and only there.
    const { pair, models } = await measured(subject('a', 'N'), subject('b', 'N', -1));
    expect(pair).toMatchObject({ agreement: 0, broken: COUNT - wrong, fixed: wrong, changedCount: COUNT });
    expect(pair!.p).toBeLessThan(1e-3);
    expect(pair!.changed.map(({ label, before }) => label === before)).toEqual(
      Array.from({ length: COUNT }, (_, i) => i < COUNT - wrong),
    );
    expect(models[1]?.metrics).toMatchObject({ top1: { right: wrong } });
  });

  it('that are the same agree wholly, and nothing changed', async () => {
    const { pair } = await measured(subject('a', 'N'), subject('b', 1));
    expect(pair).toMatchObject({ agreement: 1, fixed: 0, broken: 0, p: 1, changed: [], changedCount: 0 });
    expect(pair!.cosine).toBeCloseTo(1, 9);
    expect(pair!.kl).toBeCloseTo(0, 9);
  });

  it('need no labels: agreement is told, and nothing of right and wrong', async () => {
    const { pair, models } = await measured(subject('a', 'N'), subject('b', 'N', 1), {}, { labels: null });
    expect(models.map(({ metrics }) => metrics.kind)).toEqual(['agreement', 'agreement']);
    expect(pair).toMatchObject({ agreement: 0, fixed: null, broken: null, p: null });
  });

  it('may call their inputs otherwise', async () => {
    const other = subject('b', 'N', 0, (g) =>
      g.output(g.op('Identity', [g.input('pixels', ['N', CLASSES])]), 'probabilities', { shape: ['N', CLASSES] }),
    );
    expect((await measured(subject('a', 'N'), other)).pair?.agreement).toBe(1);
  });
});

describe('values in place of classes', () => {
  const targets = file(
    't.npy',
    writeNpy({ dtype: 'float32', shape: [COUNT, CLASSES], data: x.map((each) => each + 0.5) }),
  );

  it('give the errors of a regression, and one of your own', async () => {
    const { models } = await measured(
      subject('m', 'N'),
      null,
      { formula: 'max(abs(y - t), 0) * 4' },
      { labels: null, targets },
    );
    const spread = (() => {
      const mean = x.reduce((sum, each) => sum + each, 0) / x.length;
      return x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / x.length;
    })();
    expect(models[0]?.metrics).toMatchObject({
      kind: 'regression',
      rmse: expect.closeTo(0.5, 5) as number,
      mae: expect.closeTo(0.5, 5) as number,
      largest: expect.closeTo(0.5, 5) as number,
      r2: expect.closeTo(1 - 0.25 / spread, 4) as number,
      own: expect.closeTo(2, 5) as number,
    });
  });

  it('have to be as many as the samples, and as long as the answer', async () => {
    const few = file('few.npy', writeNpy({ dtype: 'float32', shape: [3, CLASSES], data: x.slice(0, 3 * CLASSES) }));
    await expect(measured(subject('m', 'N'), null, {}, { targets: few })).rejects.toThrow(/3 targets.*43 samples/);
    const thin = file('thin.npy', writeNpy({ dtype: 'float32', shape: [COUNT, 2], data: x.slice(0, 2 * COUNT) }));
    await expect(measured(subject('m', 'N'), null, {}, { targets: thin })).rejects.toThrow(
      /has 2 values, the answer 7/,
    );
  });

  it('are asked for where an error of your own is, and its faults told', async () => {
    await expect(measured(subject('m', 'N'), null, { formula: 'abs(y - t)' })).rejects.toThrow(/needs target values/);
    await expect(
      measured(subject('m', 'N'), null, { formula: 'abs(z)' }, { labels: null, targets }),
    ).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('what cannot be measured', () => {
  it('is said with the place and the cure', async () => {
    await expect(measured(subject('m', 'N'), null, {}, { labels: null })).rejects.toThrow(
      /has no labels\. Give a file of classes/,
    );
    await expect(
      measured(subject('m', 'N'), null, {}, { labels: labelFile(labels.map((each) => each + 3)) }),
    ).rejects.toThrow(/^sample \d+ has the label \d+, but the output scores has 7 classes, 0 to 6\./);
    await expect(measured(subject('m', 'N'), null, {}, { labels: labelFile([1, 2]) })).rejects.toThrow(
      /2 labels.*43 samples/,
    );
    await expect(measured(subject('m', 'N'), null, { output: 'other' })).rejects.toThrow(
      /There is no output other: scores/,
    );
  });

  it('is an output that is no vector: maps and boxes go to the verification lab', async () => {
    const map = subject('m', 'N', 0, (g) => {
      const input = g.input('x', ['N', CLASSES]);
      const wide = g.op('MatMul', [g.op('Unsqueeze', [input, g.int64s('axes', [2])]), g.weight('w', [1, 5])]);
      g.output(wide, 'map', { shape: ['N', CLASSES, 5] });
    });
    await expect(measured(map)).rejects.toThrow(/No output gives one vector.*map float32 8×7×5.*verification lab/);
  });

  it('is a second model that takes other inputs', async () => {
    const two = subject('two', 'N', 0, (g) =>
      g.output(g.op('Add', [g.input('p', ['N', CLASSES]), g.input('q', ['N', CLASSES])]), 'y', { shape: null }),
    );
    await expect(measured(subject('a', 'N'), two)).rejects.toThrow(/takes other inputs than a: p, q/);
  });
});
