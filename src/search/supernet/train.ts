import { defined } from '../../base/assert.ts';
import { silentJob, type Job } from '../../base/job.ts';
import type { InputPort } from '../../data/types.ts';
import type { HeldModel, RuntimePort } from '../../engine/ports.ts';
import { giving } from '../../engine/train/answers.ts';
import { batched } from '../../engine/train/batch.ts';
import { decodeCheckpoint, encodeCheckpoint, type CheckpointStore } from '../../engine/train/checkpoint.ts';
import { TrainControl } from '../../engine/train/control.ts';
import { said, type HeldOut, type Said } from '../../engine/train/evaluate.ts';
import { divided, shapesFor } from '../../engine/train/run.ts';
import { Batches, type TrainData } from '../../engine/train/samples.ts';
import { Teacher } from '../../engine/train/targets.ts';
import type { CurvePoint } from '../../engine/train/types.ts';
import type { Model } from '../../ir/model.ts';
import { writeModel } from '../../onnx/write.ts';
import type { StepInput, Trainer } from '../../train/trainer.ts';
import { sizeOf } from '../chosen.ts';
import type { GeneKind, Genome } from '../genome.ts';
import { SupernetBatches } from './batches.ts';
import { lookAt } from './looks.ts';
import { supernetFrom, trainedSupernet, type Supernet } from './network.ts';
import { chosenBy, middle, phasesOf, type Phase } from './phases.ts';
import { supernetStep, type SupernetStep } from './step.ts';
import type { LookedAt, SupernetLook, SupernetProgress, SupernetRequest, SupernetResult } from './types.ts';

export interface SupernetInput {
  /** Its constants have names. */
  readonly model: Model;
  readonly data: TrainData;
  /** Samples that judge the result, and neither train nor are looked at before. */
  readonly judges: TrainData | null;
  /** Inputs of the model as they are. */
  readonly ports: readonly InputPort[];
  readonly request: SupernetRequest;
  /** Tells this run from others, for its checkpoints. */
  readonly key: string;
}

export type SupernetJob = Omit<Job, 'progress'> & { progress(progress: SupernetProgress): void };

export interface SupernetOutcome {
  readonly result: SupernetResult;
  /** With channels sorted, and what slicing has to know in its metadata. */
  readonly model: Model;
}

/** Work that is given to the runtime at once, ms: a cancel or a pause waits so long at most. */
const CHUNK_MS = 500;
/** Samples that batch norms of a sub-network are set by when it is looked at. */
const CALIBRATION = 256;

/**
 * Trains a network so that its sub-networks work without training of their own (Cai et al. 2020, Once for All): at each
 * step the largest one learns labels, and tells the smallest and a few random ones what to say (in-place distillation,
 * Yu & Huang 2019); kernels, depth and widths join one after the other. Masks of one training step say which sub-network it
 * is: each pays for the whole network, and none for a session of its own, which takes as long as several steps.
 *
 * Throws `bad-request` where there is nothing to train or data do not fit, `unsupported` where something cannot be masked
 * or no gradient passes, and as the runtime and the readers of data do.
 */
export async function trainSupernet(
  input: SupernetInput,
  port: RuntimePort,
  job: SupernetJob,
  { control = new TrainControl(), store = null }: { control?: TrainControl; store?: CheckpointStore | null } = {},
): Promise<SupernetOutcome> {
  job.progress({ stage: 'Writing the masks' });
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

interface Parts {
  readonly input: SupernetInput;
  readonly port: RuntimePort;
  readonly job: SupernetJob;
  readonly control: TrainControl;
  readonly store: CheckpointStore | null;
  readonly net: Supernet;
  readonly built: SupernetStep;
  readonly trainer: Trainer;
  readonly teacher: Teacher | null;
  readonly teacherSaid: Said | null;
  readonly phases: readonly Phase[];
  readonly batches: SupernetBatches;
  readonly samples: readonly number[];
  readonly heldOut: HeldOut;
}

class Run {
  private readonly parts: Parts;
  private readonly curve: CurvePoint[] = [];
  private readonly looks: SupernetLook[] = [];
  private readonly genomes: Readonly<Record<LookedAt, Genome>>;
  private readonly total: number;
  private step = 0;
  /** The weights are of no whole number of steps, or ended in a failure. */
  private isStepping = false;
  private readonly started = performance.now();

  private constructor(parts: Parts) {
    const { net, phases } = parts;
    this.parts = parts;
    this.total = phases.reduce((sum, { steps }) => sum + steps, 0);
    const { kinds } = defined(phases.at(-1), 'a phase');
    const smallest = chosenBy(net.genes, kinds, (allowed) => allowed[0] ?? 0);
    this.genomes = { full: chosenBy(net.genes, [], () => 0), middle: middle(net.genes, kinds), smallest };
  }

  static async begin(
    input: SupernetInput,
    port: RuntimePort,
    job: SupernetJob,
    control: TrainControl,
    store: CheckpointStore | null,
  ): Promise<Run> {
    const { data, request, ports, model } = input;
    const net = supernetFrom(model, request.space);
    const { samples, heldOut: indices } = divided(data, request);
    const first = await new Batches(data, null).feeds([samples[0] ?? 0], 0);
    const built = await supernetStep(net.model, net.masked, request, shapesFor(first, request.batch));
    const heldOut: HeldOut = { data, indices, ports, text: data.dataSet.kind === 'text' };
    const teacher = request.labels ? null : await held(input, built, port, job);
    const asked = { model, answer: built.answer };
    const teacherSaid = request.labels ? null : await said(asked, heldOut, port, request.threads, whole(job));
    job.progress({ stage: 'Loading the training step' });
    const trainer = await port.train(
      { name: 'supernet step', bytes: writeModel(built.step.model) },
      built.setup,
      { backend: 'wasm', level: 'all', threads: request.threads },
      whole(job),
    );
    const phases = phasesOf(net.genes, request.steps, trainedKinds(net));
    const batches = new SupernetBatches({ data, samples, request, built, genes: net.genes, phases, teacher });
    const run = new Run({
      ...{ input, port, job, control, store, net, built, trainer, teacher, phases, batches, samples, heldOut },
      teacherSaid: teacherSaid?.said ?? null,
    });
    await run.takeUp();
    return run;
  }

  async toEnd(): Promise<SupernetOutcome> {
    const { input, control, job, store } = this.parts;
    const { checkpointEvery } = input.request;
    if (this.isLookDue()) await this.look();
    let size = 1;
    while (this.step < this.total && !control.stopped) {
      if (control.paused) await this.rest();
      await job.checkpoint();
      const count = Math.min(size, this.nextStop() - this.step);
      const started = performance.now();
      await this.advance(count);
      const ms = performance.now() - started;
      size = Math.max(1, Math.min(64, Math.round((count * CHUNK_MS) / Math.max(1, ms))));
      job.progress({ stage: 'Training', done: this.step, total: this.total, pace: (1000 * count) / ms });
      if (this.isLookDue()) await this.look();
      if (isDue(this.step, checkpointEvery)) await this.keep();
    }
    if (this.looks.at(-1)?.full.step !== this.step) await this.look();
    await store?.drop();
    const model = await this.model();
    return { result: { ...this.result(), test: await this.judge(model) }, model };
  }

  async release(): Promise<void> {
    await this.parts.trainer.release();
    await this.parts.teacher?.release();
  }

  /** Also of a run that was cancelled while it looked. */
  private isLookDue(): boolean {
    const isPlace = this.step === 0 || isDue(this.step, this.parts.input.request.evaluateEvery);
    return isPlace && this.looks.at(-1)?.full.step !== this.step;
  }

  /** Where a cancel finds it between steps is kept, to go on from. */
  async leave(): Promise<void> {
    const { input, job } = this.parts;
    const isWhole = !this.isStepping && this.step > 0;
    // That there is no room for it is no reason to end in another way.
    if (job.signal.aborted && isWhole && input.request.checkpointEvery > 0) await this.keep().catch(() => {});
  }

  private async rest(): Promise<void> {
    const { input, control, job } = this.parts;
    if (input.request.checkpointEvery > 0) await this.keep();
    job.progress({ stage: 'Paused', done: this.step, total: this.total });
    await control.ready(job.signal);
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
    this.curve.push(...checkpoint.curve);
    const { evaluations } = checkpoint;
    for (let i = 0; i + 2 < evaluations.length; i += 3) {
      this.looks.push({ full: evaluations[i]!, middle: evaluations[i + 1]!, smallest: evaluations[i + 2]! });
    }
    job.progress({ stage: 'Going on from a checkpoint', done: this.step, total: this.total, points: this.curve });
    for (const look of this.looks) job.progress({ stage: 'Going on from a checkpoint', look });
  }

  private async keep(): Promise<void> {
    const { store, input, trainer } = this.parts;
    if (!store) return;
    const evaluations = this.looks.flatMap(({ full, middle: half, smallest }) => [full, half, smallest]);
    const { step, curve } = this;
    await store.save(
      encodeCheckpoint({ key: input.key, step, curve, evaluations, best: null, state: await trainer.state() }),
    );
  }

  /** The step at which the next chunk ends at the latest. */
  private nextStop(): number {
    const { evaluateEvery, checkpointEvery } = this.parts.input.request;
    const after = (every: number): number => (every > 0 ? (Math.floor(this.step / every) + 1) * every : this.total);
    return Math.min(this.total, after(evaluateEvery), after(checkpointEvery));
  }

  private async advance(count: number): Promise<void> {
    const { trainer, job } = this.parts;
    const inputs: StepInput[] = [];
    for (let i = 0; i < count; i++) inputs.push(await this.parts.batches.at(this.step + i, whole(job)));
    // As a whole: a cancel is heard between chunks.
    this.isStepping = true;
    const outputs = await trainer.steps(inputs, silentJob());
    this.isStepping = false;
    const points = outputs.map(({ loss, parts, norm }, i): CurvePoint => {
      return { step: this.step + i + 1, loss, terms: parts ?? [loss], norm, rate: inputs[i]?.rate ?? 0 };
    });
    this.step += count;
    this.curve.push(...points);
    job.progress({ stage: 'Training', done: this.step, total: this.total, points });
  }

  private async model(): Promise<Model> {
    const { net, trainer } = this.parts;
    return trainedSupernet(net, await trainer.weights());
  }

  private async look(): Promise<void> {
    const { heldOut, teacherSaid, job } = this.parts;
    const look = await this.lookAt(await this.model(), heldOut, teacherSaid);
    this.looks.push(look);
    job.progress({ stage: 'Training', done: this.step, total: this.total, look });
  }

  private async lookAt(model: Model, heldOut: HeldOut, teacher: Said | null): Promise<SupernetLook> {
    const { input, net, samples, port, job } = this.parts;
    const { data, request } = input;
    const calibration = await new Batches(data, null).feeds(samples.slice(0, CALIBRATION), 0);
    const around = { port, threads: request.threads, job: whole(job) };
    return lookAt(model, net.space, this.genomes, { heldOut, calibration, step: this.step, teacher }, around);
  }

  /** By samples that nothing was chosen by. */
  private async judge(model: Model): Promise<SupernetLook | null> {
    const { input, heldOut, built, port, job } = this.parts;
    if (!input.judges) return null;
    const indices = Array.from({ length: input.judges.dataSet.count }, (_, index) => index);
    const judges: HeldOut = { ...heldOut, data: input.judges, indices };
    const asked = { model: input.model, answer: built.answer };
    const teacher = input.request.labels
      ? null
      : (await said(asked, judges, port, input.request.threads, whole(job))).said;
    return this.lookAt(model, judges, teacher);
  }

  private result(): Omit<SupernetResult, 'test'> {
    const { net, phases, heldOut, input } = this.parts;
    const told = phases.map(({ kinds, steps }) => `${kinds.join(' and ')} for ${steps}`);
    return {
      steps: this.step,
      phases,
      curve: this.curve,
      looks: this.looks,
      genomes: this.genomes,
      genes: net.genes.filter(({ searched }) => searched).length,
      size: sizeOf(net.genes),
      ms: performance.now() - this.started,
      notes: [
        `Steps: ${told.join(', ')}. ${2 + input.request.random} sub-networks at each.`,
        `${heldOut.indices.length} samples were held out of training, drawn by the seed.`,
      ],
    };
  }
}

/** Of a model that is a supernet already, what its sub-networks differ in. */
const trainedKinds = ({ genes, space }: Supernet): ReadonlySet<GeneKind> =>
  new Set(genes.filter(({ id }) => space.supernet?.trained[id]).map(({ kind }) => kind));

const isDue = (step: number, every: number): boolean => every > 0 && step % every === 0;

/** Inner work tells its own stages, which are none of the run. */
const whole = (job: SupernetJob): Job => ({
  signal: job.signal,
  progress: () => {},
  checkpoint: () => job.checkpoint(),
});

/** The opened model, which teaches the largest one where there are no labels. */
async function held(
  { model, request }: SupernetInput,
  { answer }: SupernetStep,
  port: RuntimePort,
  job: SupernetJob,
): Promise<Teacher> {
  const bytes = writeModel(await batched(giving(model, [answer.logits]), request.batch));
  const settings = { backend: 'wasm', level: 'all', threads: request.threads } as const;
  const running: HeldModel = await port.hold({ name: 'teacher', bytes }, settings, whole(job));
  return new Teacher(running, [answer.logits], request.augment === null);
}
