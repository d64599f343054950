import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import { preparedStripes, stripes, stripesModel, stripesPort } from '../../testing/train-data.ts';
import { nodePort } from '../node.ts';
import { decodeCheckpoint, type CheckpointStore } from './checkpoint.ts';
import { TrainControl } from './control.ts';
import { TRAINING } from '../../train/defaults.ts';
import { train, type TrainInput } from './run.ts';
import { batchFree } from './samples.ts';
import type { TrainProgress, TrainRequest } from './types.ts';

const port = nodePort();
const job = silentJob();
const REQUEST: TrainRequest = {
  ...TRAINING,
  rate: 0.02,
  steps: 60,
  batch: 16,
  evaluateEvery: 20,
  holdOut: 60,
  seed: 5,
};
const DISTILLED = { ...TRAINING.losses, labels: 0, logits: 1 };

async function input(
  request: Partial<TrainRequest> = {},
  {
    student = stripesModel(),
    teacher = null,
    count = 400,
  }: { student?: Model; teacher?: Model | null; count?: number } = {},
): Promise<TrainInput> {
  const { dataSet, preprocess } = await preparedStripes(stripes(count));
  return {
    student,
    teacher: teacher && { model: teacher, name: 'teacher' },
    data: { dataSet, preprocess, inputs: batchFree([stripesPort]) },
    judges: null,
    ports: [stripesPort],
    request: { ...REQUEST, ...request },
    key: 'run',
  };
}

const namesOf = (model: Model) =>
  new Map([...model.graph.initializers].map(([id, tensor]) => [model.getValue(id).name, tensor]));

/** A model that knows the stripes. */
const taught = async (): Promise<Model> => (await train(await input({ steps: 150 }), port, job)).model;

/** A place for checkpoints that lasts as long as a test. */
function memoryStore(): CheckpointStore & { kept: Uint8Array<ArrayBuffer> | null } {
  const store = {
    kept: null as Uint8Array<ArrayBuffer> | null,
    load: () => Promise.resolve(store.kept),
    save: (bytes: Uint8Array<ArrayBuffer>) => Promise.resolve(void (store.kept = bytes)),
    drop: () => Promise.resolve(void (store.kept = null)),
  };
  return store;
}

describe('a training', () => {
  it('learns labels, from whatever batch the model was exported with', { timeout: 60_000 }, async () => {
    const { result, model } = await train(await input({ steps: 150 }), port, job);
    const { evaluations, best, curve, terms } = result;
    expect(terms).toEqual(['labels']);
    expect(curve).toHaveLength(150);
    expect(evaluations[0]?.top1).toBeLessThan(0.7);
    expect(evaluations[best]?.top1).toBeGreaterThan(0.95);
    expect(curve.at(-1)!.loss).toBeLessThan(curve[0]!.loss / 3);
    // Running statistics follow, and constants of formulas stay.
    const [before, after] = [namesOf(stripesModel()), namesOf(model)];
    expect(Array.from(after.get('norm.mean')!.numbers())).not.toEqual(Array.from(before.get('norm.mean')!.numbers()));
    expect(after.get('shape')!.numbers()).toEqual(before.get('shape')!.numbers());
  });

  it('gives the same losses for the same seed, and others for another', { timeout: 60_000 }, async () => {
    const losses = async (seed: number) =>
      (await train(await input({ seed, steps: 12 }), port, job)).result.curve.map(({ loss }) => loss);
    const first = await losses(5);
    expect(await losses(5)).toEqual(first);
    expect(await losses(6)).not.toEqual(first);
  });

  it('distils without labels: the student answers as its teacher', { timeout: 60_000 }, async () => {
    const teacher = await taught();
    const student = stripesModel(4, 11);
    const { result } = await train(await input({ steps: 300, losses: DISTILLED }, { student, teacher }), port, job);
    const [first, best] = [result.evaluations[0]!, result.evaluations[result.best]!];
    expect(first.agreement).toBeLessThan(0.7);
    expect(best.agreement).toBeGreaterThan(0.88);
    expect(best.divergence).toBeLessThan(first.divergence!);
    expect(result.notes.join(' ')).toMatch(/The teacher was asked \d+ times; \d+ answers were known/);
  });

  it.each(['hint', 'attention'] as const)(
    'follows a value inside the teacher: %s',
    { timeout: 60_000 },
    async (kind) => {
      const teacher = await taught();
      const student = stripesModel(3, 11);
      const inside = (model: Model): string => {
        const relu = [...model.graph.nodes].map((id) => model.getNode(id)).find(({ opType }) => opType === 'Relu')!;
        return model.getValue(relu.outputs[0]!).name;
      };
      const hints = [{ student: inside(student), teacher: inside(teacher), kind, factor: 1 }];
      const request = { steps: 60, losses: { ...DISTILLED, logits: 0, hints } };
      const { result, weights } = await train(await input(request, { student, teacher }), port, job);
      const [first, last] = [result.curve[0]!, result.curve.at(-1)!];
      expect(last.terms[0]).toBeLessThan(first.terms[0]! * 0.7);
      // The map of a hint is thrown away.
      expect(Object.keys(weights).filter((name) => name.startsWith('projection'))).toHaveLength(
        kind === 'hint' ? 1 : 0,
      );
    },
  );

  it('goes on from a checkpoint as if nothing had happened', { timeout: 60_000 }, async () => {
    const whole = await train(await input({ checkpointEvery: 20 }), port, job);
    const store = memoryStore();
    const controller = new AbortController();
    const watched = createJob(controller.signal, () => {});
    const broken = { ...watched, progress: ({ done }: TrainProgress) => void (done === 50 && controller.abort()) };
    const slow = await input({ checkpointEvery: 20 });
    await expect(
      train(
        slow,
        port,
        { ...broken, progress: (progress) => ((progress.done ?? 0) > 45 ? controller.abort() : undefined) },
        { store },
      ),
    ).rejects.toThrow('cancelled');
    expect(store.kept).not.toBeNull();
    const stages: string[] = [];
    const again = await train(slow, port, { ...job, progress: ({ stage }) => void stages.push(stage) }, { store });
    expect(stages).toContain('Going on from a checkpoint');
    expect(again.result.curve.map(({ loss }) => loss)).toEqual(whole.result.curve.map(({ loss }) => loss));
    expect(again.weights).toEqual(whole.weights);
    expect(store.kept).toBeNull();
  });

  it('leaves where it stood when it is cancelled, before any checkpoint was due', { timeout: 60_000 }, async () => {
    const asked = await input({ steps: 40, checkpointEvery: 1000 });
    const whole = await train(asked, port, job);
    const store = memoryStore();
    const controller = new AbortController();
    const cancelled = createJob(controller.signal, ({ stage, done = 0 }) => {
      if (stage === 'Training' && done >= 3) controller.abort();
    });
    await expect(train(asked, port, cancelled, { store })).rejects.toThrow('cancelled');
    const from = decodeCheckpoint(store.kept!).step;
    expect(from).toBeGreaterThanOrEqual(3);
    expect(from).toBeLessThan(40);
    const again = await train(asked, port, job, { store });
    expect(again.result.curve.map(({ loss }) => loss)).toEqual(whole.result.curve.map(({ loss }) => loss));
    expect(again.weights).toEqual(whole.weights);
    // What it was looking at when it was cancelled is looked at once more.
    expect(again.result.evaluations.map(({ step }) => step)).toEqual([0, 20, 40]);
  });

  it('can be paused, and ended early with what it has', { timeout: 60_000 }, async () => {
    const control = new TrainControl();
    let paused = 0;
    const progress = ({ done = 0 }: TrainProgress): void => {
      if (done >= 5 && paused === 0) {
        paused = done;
        control.pause();
        setTimeout(() => control.resume(), 20);
      }
      if (done >= 20) control.stop();
    };
    const { result } = await train(await input({ steps: 5000 }), port, { ...job, progress }, { control });
    expect(paused).toBeGreaterThan(0);
    expect(result.steps).toBeGreaterThanOrEqual(20);
    expect(result.steps).toBeLessThan(5000);
    expect(result.evaluations.at(-1)?.step).toBe(result.steps);
  });

  it('leaves what is frozen, and brings in zeros', { timeout: 60_000 }, async () => {
    const sparsity = {
      kind: 'magnitude',
      target: 0.5,
      begin: 0,
      end: 0.5,
      block: { height: 1, width: 1 },
      scoreRate: 1,
      threshold: 0.5,
      penalty: 0,
    } as const;
    const { weights } = await train(await input({ frozen: ['conv.*'], sparsity, steps: 40 }), port, job);
    expect(weights['conv.w']).toBeUndefined();
    const dense = weights['dense.w']!;
    expect(dense.filter((each) => each === 0)).toHaveLength(dense.length / 2);
  });

  it.each([
    ['distillation without a teacher', { losses: DISTILLED }, /needs a teacher/],
    ['a loss without terms', { losses: { ...TRAINING.losses, labels: 0 } }, /no terms/],
    ['a model that is frozen as a whole', { frozen: ['conv*', 'norm*', 'dense*'] }, /Nothing would be trained/],
    [
      'a learning rate that is far too high',
      { rate: 1e30, optimizer: { ...TRAINING.optimizer, kind: 'sgd', clip: null } },
      /Lower the learning rate/,
    ],
  ] as const)('refuses %s', { timeout: 60_000 }, async (_, request, says) => {
    await expect(train(await input(request as Partial<TrainRequest>), port, job)).rejects.toThrow(says);
  });

  it('names the sample whose label no class has', { timeout: 60_000 }, async () => {
    const wrong = await input();
    const labels = wrong.data.dataSet.labels!.map(() => 7);
    const data = { ...wrong.data, dataSet: { ...wrong.data.dataSet, labels } };
    await expect(train({ ...wrong, data }, port, job)).rejects.toThrow(
      /sample \d+ has the label 7; the model has 3 classes/,
    );
  });
});
