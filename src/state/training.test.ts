import { beforeEach, describe, expect, it } from 'vitest';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { Evaluation, TrainProgress, TrainResult } from '../engine/train/types.ts';
import type { GraphApi, GivenFile } from '../protocol/api.ts';
import type { CallOptions } from '../protocol/client.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { advanced, begun, bestOf, isUnsaved, msLeft } from './training-run.ts';
import { lacking, lossesFor } from './training-setup.ts';
import { NO_TRAINING } from './training-store.ts';
import { LOSSES, SPARSITY, TRAINING } from '../train/defaults.ts';

const view = (labels: boolean): AccuracyDataView =>
  ({
    name: 'digits',
    kind: 'image',
    count: 200,
    labels: labels ? { classes: 3, fewest: 60, most: 70 } : null,
  }) as unknown as AccuracyDataView;
const files: readonly GivenFile[] = [{ name: 'digits', file: new File(['x'], 'digits') }];
const plan = {
  parameters: [],
  terms: ['labels'],
  nodes: 9,
  memory: { weights: 1, optimizer: 2, activations: 3 },
  notes: [],
};

const look = (step: number, top1: number): Evaluation => ({
  step,
  samples: 10,
  top1,
  agreement: null,
  crossEntropy: 1 - top1,
  divergence: null,
  perplexity: null,
  error: null,
});
const point = (step: number) => ({ step, loss: 1 / step, terms: [1 / step], rate: 0.1, norm: 1 });
const result = (steps: number): TrainResult => ({
  steps,
  terms: ['labels'],
  curve: [point(1), point(2)],
  evaluations: [look(0, 0.2), look(steps, 0.9)],
  best: 1,
  teacher: null,
  test: null,
  ms: 100,
  parameters: { trained: 10, all: 12 },
  notes: [],
});

let fixture: Fixture;
let labelled: boolean;
let checkpoint: { step: number } | null;
beforeEach(async () => {
  fixture = await makeApp();
  [labelled, checkpoint] = [true, null];
  const { overrides } = fixture.worker;
  overrides.set('trainData', ({ data }: GraphApi['trainData']['params']) => data && view(labelled));
  overrides.set('trainPlan', () => ({ plan, checkpoint }));
  overrides.set('trainControl', () => null);
  overrides.set('train', () => result(500));
  await fixture.app.actions.openSample('tiny');
  await settle();
});
const state = () => fixture.app.training.getState();
const ready = async (): Promise<void> => {
  await fixture.app.actions.trainSamples.train.give(files);
  await settle();
};

describe('after pruning', () => {
  const prune = async (): Promise<void> => {
    await fixture.app.actions.applyRequest({ pass: 'prune-channels', options: {}, off: [] }, 'Prune channels');
    await settle();
  };

  it('what is left is the student of the original, until somebody chooses', async () => {
    await prune();
    expect(state().setup).toMatchObject({ student: 1, teacher: 0, request: { losses: { labels: 0, logits: 1 } } });
    await prune();
    expect(state().setup.student).toBe(2);
    fixture.app.actions.changeTraining({ steps: 77 });
    await prune();
    expect(state().setup).toMatchObject({ student: 2, teacher: 0, request: { steps: 77 } });
    fixture.app.actions.recoverHere();
    expect(state().setup).toMatchObject({ student: 3, teacher: 0 });
    expect(fixture.app.view.getState().workspace).toBe('train');
  });
});

it('the best look is one after all zeros are there, once there is one', () => {
  const sparsity = { ...SPARSITY, begin: 0, end: 0.5 };
  const start = { student: 'a', side: 0, teacher: null, terms: [], request: { ...TRAINING, steps: 100, sparsity } };
  const after = (...evaluations: ReturnType<typeof look>[]) => bestOf({ ...begun(start), evaluations })?.step;
  expect(after(look(0, 0.9), look(25, 0.8))).toBe(25);
  expect(after(look(0, 0.9), look(25, 0.8), look(50, 0.6), look(75, 0.7), look(100, 0.65))).toBe(75);
});

describe('a training', () => {
  it('is planned once there are samples, and again with every change', async () => {
    const { app, worker } = fixture;
    expect(lacking(state())).toContain('nothing to train on');
    expect(worker.of('trainPlan')).toHaveLength(0);
    await ready();
    expect(state().planned?.plan).toBe(plan);
    app.actions.changeTraining({ steps: 40 });
    await settle();
    expect(worker.of('trainPlan').at(-1)?.request.steps).toBe(40);
    expect(state().planned?.setup.request.steps).toBe(40);
  });

  it.each(['digits', 'stories'] as const)(
    'can be of %s that are made here, where nothing is at hand',
    async (drawn) => {
      const { app, worker } = fixture;
      await app.actions.trainSamples.train.make(drawn);
      await settle();
      expect(worker.of('trainData')).toMatchObject([{ use: 'train', data: { drawn, files: [] } }]);
      expect(state().planned?.plan).toBe(plan);
    },
  );

  it('tells in place why it cannot be planned', async () => {
    fixture.worker.overrides.set('trainPlan', failing('unsupported', 'No gradient passes Round 3.'));
    await ready();
    expect(state().planError?.message).toContain('Round 3');
    expect(state().planned).toBeNull();
  });

  it('runs as planned, and keeps what came of it', async () => {
    const { app, worker } = fixture;
    await ready();
    await app.actions.startTraining(true);
    expect(worker.of('train')).toMatchObject([{ ask: { student: 0, teacher: null }, anew: true }]);
    expect(state().run).toMatchObject({ status: 'done', step: 500, student: 'Original', saved: false });
    expect(bestOf(state().run!)?.top1).toBe(0.9);
    expect(isUnsaved(state().run)).toBe(true);
    worker.overrides.set('exportTrained', () => ({ name: 'x', bytes: new Uint8Array(3) }));
    await app.actions.saveTrained();
    expect(isUnsaved(state().run)).toBe(false);
  });

  it('is shown as it goes on, paused and resumed', async () => {
    const { app, worker } = fixture;
    await ready();
    const end = new Deferred();
    let tell: (progress: TrainProgress) => void = () => {};
    worker.overrides.set('train', (_: never, { onProgress }: CallOptions) => {
      tell = (progress) => onProgress?.(progress);
      return end.promise;
    });
    const running = app.actions.startTraining(true);
    await settle();
    tell({ stage: 'Training', done: 20, total: 500, points: [point(1), point(2)], pace: 10 });
    tell({ stage: 'Training', evaluation: look(20, 0.5) });
    expect(state().run).toMatchObject({ status: 'running', step: 20, pace: 10 });
    expect(state().run?.curve).toHaveLength(2);
    app.actions.pauseTraining();
    expect(state().run?.status).toBe('pausing');
    tell({ stage: 'Paused', done: 21, total: 500 });
    expect(state().run).toMatchObject({ status: 'paused', step: 21 });
    app.actions.resumeTraining();
    app.actions.stopTraining();
    expect(worker.of('trainControl').map(({ wish }) => wish)).toEqual(['pause', 'resume', 'stop']);
    expect(state().run?.status).toBe('stopping');
    end.resolve(result(30));
    await running;
    expect(state().run?.status).toBe('done');
  });

  it('keeps others out while it is at work: measurements and other models wait', async () => {
    const { app, worker } = fixture;
    await ready();
    const end = new Deferred();
    worker.overrides.set('train', () => end.promise);
    const running = app.actions.startTraining(true);
    await settle();
    expect(await app.actions.bench(0, null)).toBeNull();
    expect(worker.of('bench')).toHaveLength(0);
    await app.actions.openSample('tiny');
    expect(worker.of('open')).toHaveLength(1);
    await app.actions.startTraining(true);
    expect(worker.of('train')).toHaveLength(1);
    end.resolve(result(500));
    await running;
  });

  it('that is cancelled can be gone on from, if a checkpoint was left', async () => {
    const { app, worker } = fixture;
    await ready();
    worker.overrides.set('train', failing('cancelled', 'cancelled'));
    checkpoint = { step: 100 };
    await app.actions.startTraining(true);
    await settle();
    expect(state().run?.status).toBe('cancelled');
    expect(state().planned?.checkpoint).toEqual({ step: 100 });
  });

  it('that fails says so in place, and leaves what was seen', async () => {
    const { app, worker } = fixture;
    await ready();
    worker.overrides.set('train', failing('bad-request', 'The loss is no number.'));
    await app.actions.startTraining(true);
    expect(state().run).toMatchObject({ status: 'failed', error: { message: 'The loss is no number.' } });
  });

  it('is set up as it was when the same model is opened again', async () => {
    const { app } = fixture;
    await ready();
    app.actions.changeTraining({ steps: 77 });
    await settle();
    await app.actions.startTraining(true);
    await app.actions.openSample('tiny');
    await settle();
    expect(state().setup.request.steps).toBe(77);
    expect(state().run).toBeNull();
    expect(state().data.train.view).toBeNull();
  });
});

describe('a teacher', () => {
  it('is asked for its classes as soon as it is chosen, and for nothing when it goes', () => {
    const { app } = fixture;
    app.actions.chooseTrainSides({ teacher: 0 });
    expect(state().setup.request.losses).toMatchObject({ logits: 1, labels: 1 });
    app.actions.changeLosses({ hints: [{ student: 'a', teacher: 'b', kind: 'hint', factor: 1 }] });
    app.actions.chooseTrainSides({ teacher: null });
    expect(state().setup.request.losses).toMatchObject({ logits: 0, labels: 1, hints: [] });
  });

  it('is enough where samples have no labels', async () => {
    const { app } = fixture;
    labelled = false;
    await ready();
    expect(lacking(state())).toContain('no labels');
    app.actions.chooseTrainSides({ teacher: 0 });
    await settle();
    expect(state().setup.request.losses).toMatchObject({ logits: 1, labels: 0 });
    expect(lacking(state())).toBeNull();
  });

  it('keeps the factors that a person gave it', () => {
    expect(lossesFor({ ...LOSSES, logits: 0, values: 2 }, 1, true)).toMatchObject({ logits: 0, values: 2 });
  });
});

describe('what is lacking', () => {
  const given = {
    ...NO_TRAINING,
    data: { ...NO_TRAINING.data, train: { ...NO_TRAINING.data.train, view: view(true) } },
  };
  const withLosses = (losses: object, teacher: 0 | null = null) =>
    lacking({ ...given, setup: { student: 0, teacher, request: { ...TRAINING, losses: { ...LOSSES, ...losses } } } });

  it('is said with its cure', () => {
    expect(withLosses({})).toBeNull();
    expect(withLosses({ labels: 0 })).toContain('no terms');
    expect(withLosses({ logits: 1 })).toContain('choose one');
    expect(withLosses({ hints: [{ student: 'a', teacher: '', kind: 'hint', factor: 1 }] }, 0)).toContain(
      'remove the pair',
    );
  });
});

describe('a run, message by message', () => {
  const run = begun({
    student: 'Original',
    side: 0,
    teacher: null,
    request: { ...TRAINING, steps: 100 },
    terms: ['labels'],
  });

  it('steadies its pace, and tells from it what is left', () => {
    expect(msLeft(run)).toBeNull();
    const steady = advanced(run, [
      { stage: 'Training', done: 10, pace: 8 },
      { stage: 'Training', done: 20, pace: 16 },
    ]);
    expect(steady.pace).toBe(10);
    expect(msLeft(steady)).toBe(8000);
  });

  it('tells the step that it went on from', () => {
    const resumed = advanced(run, [
      { stage: 'Going on from a checkpoint', done: 40, points: [point(1)] },
      { stage: 'Training', done: 45 },
    ]);
    expect(resumed).toMatchObject({ from: 40, step: 45 });
  });

  it('is not paused before it says so, nor by an old message', () => {
    const message: TrainProgress = { stage: 'Paused', done: 5 };
    expect(advanced({ ...run, status: 'pausing' }, [message]).status).toBe('paused');
    expect(advanced({ ...run, status: 'stopping' }, [message]).status).toBe('stopping');
  });
});
