import { defined } from '../../base/assert.ts';
import { silentJob, type Job } from '../../base/job.ts';
import { shuffled } from '../../data/data-set.ts';
import type { DataFeeds, InputPort } from '../../data/types.ts';
import { SMOOTHING, TEMPERATURE, WEIGHTS, type StepLoss } from '../../grad/step.ts';
import type { Model } from '../../ir/model.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Capabilities, Feeds, HostTensor, SessionSettings } from '../../runtime/types.ts';
import { rateAt } from '../../train/schedule.ts';
import { sparseFrom } from '../../train/sparsity.ts';
import type { StepInput, StepOutput, Trainer, Weights } from '../../train/trainer.ts';
import { spreadOf } from '../distribution.ts';
import type { RuntimePort } from '../ports.ts';
import { answerOf, giving } from './answers.ts';
import { batched } from './batch.ts';
import { buildStep, withWeights, type BuiltStep, type TeacherModel } from './build.ts';
import { decodeCheckpoint, encodeCheckpoint, type CheckpointStore } from './checkpoint.ts';
import { TrainControl } from './control.ts';
import { deviceNotes } from './device-notes.ts';
import { evaluation, said, type Answered, type HeldOut, type Said } from './evaluate.ts';
import { Batches, Order, type TrainData } from './samples.ts';
import { nextTokens, oneHot, Teacher } from './targets.ts';
import type { CurvePoint, Evaluation, TrainProgress, TrainRequest, TrainResult } from './types.ts';

export interface TrainInput {
  readonly student: Model;
  readonly teacher: TeacherModel | null;
  readonly data: TrainData;
  /** Samples that judge the result, and neither train nor choose the weights that are kept. */
  readonly judges: TrainData | null;
  /** Inputs of the student as they are, with a fixed batch if it has one. */
  readonly ports: readonly InputPort[];
  readonly request: TrainRequest;
  /** Tells this run from others, for its checkpoints. */
  readonly key: string;
}

export type TrainJob = Omit<Job, 'progress'> & { progress(progress: TrainProgress): void };

export interface TrainOutcome {
  readonly result: TrainResult;
  /** By name of the student's constants; those of the best look at held-out samples. */
  readonly weights: Weights;
  /** The student with them. */
  readonly model: Model;
}

/** Work that is given to the runtime at once, ms: a cancel or a pause waits so long at most. */
const CHUNK_MS = 250;

/**
 * Trains a student: batches in a seeded order, the teacher asked once for each sample, a look at held-out samples every
 * so many steps, checkpoints, and in the end the weights that did best.
 *
 * Throws `unsupported` where no gradient passes a node, `bad-request` where data, losses and model do not fit or the loss
 * is no number, and as the runtime and the readers of data do.
 */
export async function train(
  input: TrainInput,
  port: RuntimePort,
  job: TrainJob,
  { control = new TrainControl(), store = null }: { control?: TrainControl; store?: CheckpointStore | null } = {},
): Promise<TrainOutcome> {
  job.progress({ stage: 'Writing the training step' });
  const run = await Run.begin(input, port, job, control, store);
  try {
    return await run.toEnd();
  } catch (error) {
    await run.leave();
    throw error;
  } finally {
    await run.release();
  }
}

class Run {
  private readonly parts: Parts;
  private readonly order: Order;
  private readonly batches: Batches;
  private readonly curve: CurvePoint[] = [];
  private readonly evaluations: Evaluation[] = [];
  private best: { evaluation: number; weights: Weights } | null = null;
  private step = 0;
  /** The weights are of no whole number of steps, or ended in a failure. */
  private isStepping = false;
  /** Bytes of the last step. */
  private crossed: Pick<StepOutput, 'given' | 'taken'> | null = null;
  private readonly started = performance.now();

  private constructor(parts: Parts) {
    const { request, data } = parts.input;
    this.parts = parts;
    this.order = new Order(parts.samples.length, request.seed);
    this.batches = new Batches(data, request.augment);
  }

  static async begin(
    input: TrainInput,
    port: RuntimePort,
    job: TrainJob,
    control: TrainControl,
    store: CheckpointStore | null,
  ): Promise<Run> {
    const { student, data, judges, request } = input;
    const { samples, heldOut: indices } = divided(data, request);
    const first = await new Batches(data, null).feeds([samples[0] ?? 0], 0);
    const shapes = shapesFor(first, request.batch);
    const built = await buildStep(student, input.teacher, request, shapes);
    const text = built.text || isText(data);
    const heldOut: HeldOut = { data, indices, ports: input.ports, text };
    const test = judges && new Test(input, judges, { ports: input.ports, text }, port, job);
    const running = (bytes: Uint8Array<ArrayBuffer>, name: string) => ({ name, bytes });
    const teacher = await heldTeacher(input, built, port, job);
    job.progress({ stage: 'Looking at held-out samples' });
    const teacherAnswer = await teacherOn(input, heldOut, port, job);
    const teacherSaid = teacherAnswer?.said ?? null;
    const teacherFound = teacherAnswer && evaluation(0, heldOut, teacherAnswer.said, null, teacherAnswer.tokens);
    if (teacherFound) job.progress({ stage: 'Looking at held-out samples', teacher: teacherFound });
    await test?.begin(student);
    job.progress({ stage: 'Loading the training step' });
    const trainer = await port.train(
      running(writeModel(built.model), 'training step'),
      built.setup,
      sessionFor(request),
      whole(job),
    );
    const run = new Run({
      input,
      port,
      job,
      control,
      store,
      built,
      trainer,
      teacher,
      teacherSaid,
      teacherFound,
      heldOut,
      samples,
      test,
      webgpu: request.backend === 'webgpu' ? (await port.capabilities()).webgpu : null,
    });
    await run.takeUp();
    return run;
  }

  async toEnd(): Promise<TrainOutcome> {
    const { input, control, job, store } = this.parts;
    const { request, student } = input;
    if (this.isLookDue()) await this.look();
    let size = 1;
    while (this.step < request.steps && !control.stopped) {
      if (control.paused) await this.rest();
      await job.checkpoint();
      const next = nextStop(this.step, request);
      const count = Math.min(size, next - this.step);
      const started = performance.now();
      await this.advance(count);
      const ms = performance.now() - started;
      size = Math.max(1, Math.min(64, Math.round((count * CHUNK_MS) / Math.max(1, ms))));
      job.progress({ stage: 'Training', done: this.step, total: request.steps, pace: (1000 * count) / ms });
      if (this.isLookDue()) await this.look();
      if (request.checkpointEvery > 0 && this.step % request.checkpointEvery === 0) await this.keep();
    }
    if (this.evaluations.at(-1)?.step !== this.step) await this.look();
    const { evaluation: best, weights } = defined(this.best, 'a look at held-out samples');
    await store?.drop();
    const model = withWeights(student, weights);
    const test = (await this.parts.test?.end(model, this.evaluations[best]?.step ?? 0)) ?? null;
    return { result: { ...this.result(best), test }, weights, model };
  }

  /** Also of a run that was cancelled while it looked. */
  private isLookDue(): boolean {
    const { steps, evaluateEvery } = this.parts.input.request;
    const isPlace = this.step === 0 || this.step % evaluateEvery === 0 || this.step === steps;
    return isPlace && this.evaluations.at(-1)?.step !== this.step;
  }

  /** Where a cancel finds it between steps is kept, to go on from. */
  async leave(): Promise<void> {
    const { input, job } = this.parts;
    const isWhole = !this.isStepping && this.step > 0;
    // That there is no room for it is no reason to end in another way.
    if (job.signal.aborted && isWhole && input.request.checkpointEvery > 0) await this.keep().catch(() => {});
  }

  /** Until it may go on. A pause may be long, and the page gone after it: where it stands is kept. */
  private async rest(): Promise<void> {
    const { input, control, job } = this.parts;
    if (input.request.checkpointEvery > 0) await this.keep();
    job.progress({ stage: 'Paused', done: this.step, total: input.request.steps });
    await control.ready(job.signal);
  }

  async release(): Promise<void> {
    await this.parts.trainer.release();
    await this.parts.teacher?.release();
  }

  /** Goes on from a checkpoint of the same run, if there is one. */
  private async takeUp(): Promise<void> {
    const { store, input, trainer, job } = this.parts;
    const bytes = await store?.load();
    if (!bytes) return;
    const checkpoint = decodeCheckpoint(bytes);
    if (checkpoint.key !== input.key) return;
    await trainer.restore(checkpoint.state);
    this.step = checkpoint.step;
    this.best = checkpoint.best;
    this.curve.push(...checkpoint.curve);
    this.evaluations.push(...checkpoint.evaluations);
    job.progress({ stage: 'Going on from a checkpoint', done: this.step, points: this.curve });
    for (const each of this.evaluations) job.progress({ stage: 'Going on from a checkpoint', evaluation: each });
  }

  private async keep(): Promise<void> {
    const { store, input, trainer } = this.parts;
    if (!store) return;
    const { step, curve, evaluations, best } = this;
    const checkpoint = { key: input.key, step, curve, evaluations, best, state: await trainer.state() };
    await store.save(encodeCheckpoint(checkpoint));
  }

  private async advance(count: number): Promise<void> {
    const { trainer, job, input } = this.parts;
    const { request } = input;
    const inputs: StepInput[] = [];
    for (let i = 0; i < count; i++) {
      const rate = rateAt(this.step + i, request.steps, request.rate, request.schedule);
      inputs.push({ feeds: await this.feedsAt(this.step + i), rate });
    }
    // As a whole: a cancel is heard between chunks.
    this.isStepping = true;
    const outputs = await trainer.steps(inputs, silentJob());
    this.isStepping = false;
    const points = outputs.map(({ loss, terms, norm }, i): CurvePoint => {
      return { step: this.step + i + 1, loss, terms, norm, rate: inputs[i]?.rate ?? 0 };
    });
    this.crossed = outputs.at(-1) ?? this.crossed;
    this.step += count;
    this.curve.push(...points);
    job.progress({ stage: 'Training', done: this.step, total: request.steps, points });
  }

  /** All that a step takes beside the weights. */
  private async feedsAt(step: number): Promise<Feeds> {
    const { input, built, samples, teacher, job } = this.parts;
    const { request, data } = input;
    const indices = this.order.batch(step, request.batch).map((place) => samples[place] ?? 0);
    const feeds = await this.batches.feeds(indices, request.seed * 7919 + step);
    const { losses } = built.step;
    const targets: Record<string, HostTensor> = {};
    const taught = losses.filter((_, index) => built.teacherValues[index] !== null);
    const answers =
      (await teacher?.answers(indices, () => Promise.resolve(forTeacher(input, feeds)), taught, whole(job))) ?? [];
    taught.forEach(({ target }, index) => (targets[target] = defined(answers[index], 'an answer')));
    for (const loss of losses) this.truth(loss, indices, feeds, data, targets);
    const scalars = scalarsOf(request, losses, this.temperature);
    const known = new Set(built.step.model.graph.inputs.map((id) => built.step.model.getValue(id).name));
    const all = { ...feeds, ...targets, ...scalars };
    return Object.fromEntries(Object.entries(all).filter(([name]) => known.has(name))) as Feeds;
  }

  private truth(
    { term, target, targetShape }: StepLoss,
    indices: readonly number[],
    feeds: DataFeeds,
    { dataSet }: TrainData,
    into: Record<string, HostTensor>,
  ): void {
    if (term.kind === 'labels') into[target] = oneHot(dataSet, indices, targetShape.at(-1) ?? 0);
    if (term.kind !== 'tokens') return;
    const { tokens, weights } = nextTokens(feeds);
    into[target] = tokens;
    into[WEIGHTS] = weights;
  }

  /** What held-out samples say of the weights as they are; the best are kept. */
  private async look(): Promise<void> {
    const { trainer, input, port, heldOut, teacherSaid, job } = this.parts;
    const { student, request } = input;
    const weights = await trainer.weights();
    const model = withWeights(student, weights);
    const { said: own, tokens } = await said(
      { model, answer: answerOf(model) },
      heldOut,
      port,
      request.threads,
      whole(job),
    );
    const found = evaluation(this.step, heldOut, own, teacherSaid, tokens);
    this.evaluations.push(found);
    const best = this.best && this.evaluations[this.best.evaluation];
    if (!best || best.step < sparseFrom(request) || isBetter(found, best))
      this.best = { evaluation: this.evaluations.length - 1, weights };
    job.progress({ stage: 'Training', done: this.step, total: request.steps, evaluation: found });
  }

  private get temperature(): number {
    const { input, teacherSaid } = this.parts;
    return input.request.losses.temperature ?? (teacherSaid ? fittingTemperature(teacherSaid) : 1);
  }

  private temperatureNote(): readonly string[] {
    const { losses } = this.parts.input.request;
    const chosen = losses.logits > 0 && losses.temperature === null;
    return chosen ? [`Temperature ${this.temperature}, by the spread of the teacher's scores.`] : [];
  }

  private result(best: number): Omit<TrainResult, 'test'> {
    const { built, teacher, heldOut, teacherFound } = this.parts;
    const sizes = (trained: boolean): number =>
      built.parameters.reduce(
        (sum, { shape, trains }) => sum + (trains || !trained ? shape.reduce((a, b) => a * b, 1) : 0),
        0,
      );
    const asked =
      teacher && `The teacher was asked ${teacher.asked - teacher.known} times; ${teacher.known} answers were known.`;
    return {
      steps: this.step,
      terms: built.terms,
      curve: this.curve,
      evaluations: this.evaluations,
      best,
      teacher: teacherFound,
      ms: performance.now() - this.started,
      parameters: { trained: sizes(true), all: sizes(false) },
      notes: [
        ...built.notes,
        ...(asked ? [asked] : []),
        heldOutNote(heldOut),
        ...this.temperatureNote(),
        ...deviceNotes(this.parts.webgpu, built.setup.resident !== null, this.crossed),
      ],
    };
  }
}

/**
 * How far scores are softened where nobody says: half their spread within a sample. A model that was trained to scores of
 * hundreds would teach nothing but its top class at a temperature of 4, and one of tenths hardly that. (MNIST CNN, whose spread is 2 300: at 4 the half-wide
 * student ends at 97.3 %, from 800 to 1 500 at 97.8 to 98.1 %.)
 */
function fittingTemperature({ rows }: Said): number {
  return Math.max(0.01, Number((spreadOf(rows.slice(0, 200)) / 2).toPrecision(2)));
}

interface Parts {
  readonly input: TrainInput;
  readonly port: RuntimePort;
  readonly job: TrainJob;
  readonly control: TrainControl;
  readonly store: CheckpointStore | null;
  readonly built: BuiltStep;
  readonly trainer: Trainer;
  readonly teacher: Teacher | null;
  readonly teacherSaid: Said | null;
  readonly teacherFound: Evaluation | null;
  readonly heldOut: HeldOut;
  readonly samples: readonly number[];
  readonly test: Test | null;
  /** The adapter; null: it runs elsewhere. */
  readonly webgpu: Capabilities['webgpu'];
}

/**
 * Where the step runs. WebGPU is told to leave images as they are: turned to [N, H, W, C], which it prefers, its Conv gives
 * wrong numbers for 6, 9, 15, … channels to a multiple of 4 (ONNX Runtime Web 1.30).
 */
const sessionFor = ({ backend, threads }: TrainRequest): SessionSettings => ({
  backend,
  level: 'all',
  threads,
  ...(backend === 'webgpu' ? { layout: 'NCHW' } : {}),
});

/** Inner work tells its own stages, which are none of the run. */
const whole = (job: TrainJob): Job => ({ signal: job.signal, progress: () => {}, checkpoint: () => job.checkpoint() });

const isText = ({ dataSet }: TrainData): boolean => dataSet.kind === 'text';

const heldOutNote = ({ indices }: HeldOut): string =>
  `${indices.length} samples were held out of training, drawn by the seed.`;

/** Which samples train, and which choose the weights that are kept. */
export function divided(
  { dataSet }: TrainData,
  { holdOut, seed }: Pick<TrainRequest, 'holdOut' | 'seed'>,
): { samples: readonly number[]; heldOut: readonly number[] } {
  const all = shuffled(dataSet.count, seed);
  const count = Math.max(1, Math.min(holdOut, Math.floor(all.length / 5)));
  return { samples: all.slice(count), heldOut: all.slice(0, count).sort((a, b) => a - b) };
}

/** What the teacher says of held-out samples; null: there is none. */
async function teacherOn(
  input: TrainInput,
  heldOut: HeldOut,
  port: RuntimePort,
  job: TrainJob,
): Promise<Answered | null> {
  if (!input.teacher) return null;
  const { model } = input.teacher;
  const named = (feeds: DataFeeds): DataFeeds => forTeacher(input, feeds);
  const asked = { model, answer: answerOf(model), named };
  return said(asked, heldOut, port, input.request.threads, whole(job));
}

/** Samples of their own that the result is judged by, before and after. */
class Test {
  private readonly input: TrainInput;
  private readonly heldOut: HeldOut;
  private readonly port: RuntimePort;
  private readonly job: TrainJob;
  private before: Evaluation | null = null;
  private teacher: Answered | null = null;

  constructor(
    input: TrainInput,
    data: TrainData,
    rest: Pick<HeldOut, 'ports' | 'text'>,
    port: RuntimePort,
    job: TrainJob,
  ) {
    this.input = input;
    this.heldOut = { data, indices: Array.from({ length: data.dataSet.count }, (_, index) => index), ...rest };
    this.port = port;
    this.job = job;
  }

  async begin(student: Model): Promise<void> {
    this.teacher = await teacherOn(this.input, this.heldOut, this.port, this.job);
    this.before = await this.look(student, 0);
  }

  async end(model: Model, step: number): Promise<NonNullable<TrainResult['test']>> {
    const { heldOut, teacher } = this;
    return {
      before: defined(this.before, 'a look before training'),
      after: await this.look(model, step),
      teacher: teacher && evaluation(0, heldOut, teacher.said, null, teacher.tokens),
    };
  }

  private async look(model: Model, step: number): Promise<Evaluation> {
    const { heldOut, teacher, port, input, job } = this;
    const asked = { model, answer: answerOf(model) };
    const { said: own, tokens } = await said(asked, heldOut, port, input.request.threads, whole(job));
    return evaluation(step, heldOut, own, teacher?.said ?? null, tokens);
  }
}

/** The sizes of the inputs for a batch, by what one sample gives. */
export const shapesFor = (feeds: DataFeeds, batch: number): Record<string, readonly number[]> =>
  Object.fromEntries(
    // A state of its own, whose first axis is none of samples, stays as it is.
    Object.entries(feeds).map(([name, { shape }]) => [
      name,
      [shape[0] === 1 ? batch : (shape[0] ?? 1), ...shape.slice(1)],
    ]),
  );

/** The step at which the next chunk ends at the latest. */
function nextStop(step: number, { steps, evaluateEvery, checkpointEvery }: TrainRequest): number {
  const after = (every: number): number => (every > 0 ? (Math.floor(step / every) + 1) * every : steps);
  return Math.min(steps, after(evaluateEvery), after(checkpointEvery));
}

function scalarsOf(
  { losses }: TrainRequest,
  terms: readonly StepLoss[],
  temperature: number,
): Record<string, HostTensor> {
  const scalar = (value: number): HostTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  const factors = [
    ...(losses.labels > 0 ? [losses.labels] : []),
    ...(losses.logits > 0 ? [losses.logits] : []),
    ...(losses.values > 0 ? [losses.values] : []),
    ...losses.hints.map(({ factor }) => factor),
  ];
  return {
    [TEMPERATURE]: scalar(temperature),
    [SMOOTHING]: scalar(losses.smoothing),
    ...Object.fromEntries(terms.map(({ coefficient }, index) => [coefficient, scalar(factors[index] ?? 0)])),
  };
}

async function heldTeacher(
  input: TrainInput,
  built: BuiltStep,
  port: RuntimePort,
  job: TrainJob,
): Promise<Teacher | null> {
  const { teacher, request } = input;
  const values = built.teacherValues.filter((value) => value !== null);
  if (!teacher || values.length === 0) return null;
  const bytes = writeModel(await batched(giving(teacher.model, values), request.batch));
  const settings = { backend: 'wasm', level: 'all', threads: request.threads } as const;
  const held = await port.hold({ name: teacher.name, bytes }, settings, whole(job));
  return new Teacher(held, values, request.augment === null);
}

/** The teacher's inputs take what the student's do: by name, else in their order. */
function forTeacher({ teacher, student }: TrainInput, feeds: DataFeeds): DataFeeds {
  const names = (model: Model): string[] =>
    model.graph.inputs.filter((id) => !model.graph.initializers.has(id)).map((id) => model.getValue(id).name);
  const theirs = teacher ? names(teacher.model) : [];
  if (theirs.every((name) => feeds[name])) return feeds;
  const own = names(student);
  return Object.fromEntries(
    theirs.flatMap((name, index) => {
      const feed = feeds[own[index] ?? ''];
      return feed ? [[name, feed]] : [];
    }),
  );
}

/** By right answers, then by how sure; for texts by perplexity; without labels by how near the teacher is. */
function isBetter(a: Evaluation, b: Evaluation): boolean {
  if (a.perplexity !== null && b.perplexity !== null) return a.perplexity < b.perplexity;
  if (a.top1 !== null && b.top1 !== null && a.top1 !== b.top1) return a.top1 > b.top1;
  if (a.crossEntropy !== null && b.crossEntropy !== null) return a.crossEntropy < b.crossEntropy;
  if (a.divergence !== null && b.divergence !== null) return a.divergence < b.divergence;
  return a.error !== null && b.error !== null && a.error < b.error;
}
