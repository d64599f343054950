import { CodedError } from '../../base/error.ts';
import type { JsonObject } from '../../base/json.ts';
import type { DataSet } from '../../data/types.ts';
import type { Job } from '../../base/job.ts';
import type { Preprocess } from '../../data/preprocess.ts';
import { freezeDefaults, nameConstants } from '../../grad/named-constants.ts';
import type { Model } from '../../ir/model.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Stop } from '../document.ts';
import type { Parcel, RuntimePort } from '../ports.ts';
import { buildStep, planOf, type BuiltStep } from './build.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { encodeWeights } from '../../onnx/safetensors.ts';
import type { Artifacts } from '../artifacts.ts';
import type { CompareSide } from '../compare-types.ts';
import type { Place } from '../timed.ts';
import type { ApplyRequest, DocumentView } from '../types.ts';
import { TrainControl } from './control.ts';
import { openTrainData, type TrainFiles } from './files.ts';
import { dataHash, howOf } from './how.ts';
import { withoutZeros, zerosStep } from './keep.ts';
import { namedValues } from './named-values.ts';
import type { AccuracyDataView } from '../accuracy/data.ts';
import { shapesFor, train, type TrainInput, type TrainJob, type TrainOutcome } from './run.ts';
import { untrained } from './student.ts';
import { batchFree, Batches, type TrainData } from './samples.ts';
import type { NamedValue, SparseRequest, TrainAsk, TrainPlan, TrainResult } from './types.ts';

/** Data as they were opened and are fed. */
export interface PreparedData {
  readonly dataSet: DataSet;
  readonly preprocess: Preprocess;
  readonly notes: readonly string[];
}

/** A model that takes part in a training. */
interface Participant {
  readonly stop: Stop;
  readonly name: string;
  /** Tells its weights from others: of the file, and of the steps up to its stop. */
  readonly key: string;
}

/** Where the last training was made, and how. */
interface Learnt {
  readonly student: CompareSide;
  /** Of the student as it was. */
  readonly key: string;
  readonly how: JsonObject;
  readonly sparsity: SparseRequest | null;
}

/** What the desk needs of the studio that it stands in. */
interface Surroundings {
  readonly port: RuntimePort;
  readonly artifacts: Artifacts;
  placeOf(side: CompareSide): Place;
  apply(request: ApplyRequest, job: Job): Promise<DocumentView>;
  moveTo(cursor: number): DocumentView;
}

/** The data that an open model is trained on, the training at work, and what the last one came to. */
export class TrainDesk {
  private readonly around: Surroundings;
  private training: PreparedData | null = null;
  private judging: PreparedData | null = null;
  private control: TrainControl | null = null;
  private outcome: (TrainOutcome & Learnt) | null = null;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** Null: they are given back. */
  give(data: PreparedData | null, as: 'train' | 'judge'): void {
    if (as === 'train') this.training = data;
    else this.judging = data;
  }

  /** Opens files of samples, until another model is opened; null: they are given back. Throws as the readers do. */
  async open(files: TrainFiles | null, as: 'train' | 'judge'): Promise<AccuracyDataView | null> {
    const { document } = this.around.placeOf(0);
    const opened = files && (await openTrainData(files, as, document.stop(0).summary.inputs));
    this.give(opened && opened.data, as);
    return opened && opened.view;
  }

  /** Values inside a model that a hint may name, in running order. */
  valueNames(side: CompareSide): readonly NamedValue[] {
    const { document, index } = this.around.placeOf(side);
    const { model, analysis } = document.stop(index);
    return namedValues(model, analysis);
  }

  /** Tells a training from all others: a checkpoint of one that differs in models, data or request is none of it. */
  keyOf = async (ask: TrainAsk): Promise<string> => (await this.inputOf(ask)).key;

  forget(): void {
    this.training = null;
    this.judging = null;
    this.outcome = null;
  }

  /** What a run would do: which constants it moves, the terms of its loss, what memory it takes. */
  async plan(ask: TrainAsk): Promise<TrainPlan> {
    const { built, student } = await this.build(ask);
    return planOf(built, student, ask.request);
  }

  /** The training step itself, as a model that can be looked at: forward, loss and backward, on WebGPU the optimizer. */
  async graph(ask: TrainAsk, name: string): Promise<Parcel> {
    const { built } = await this.build(ask);
    return { name, bytes: writeModel(built.model) };
  }

  /** Runs a training; another one may begin only when it is over. Throws as `train` does. */
  async run(ask: TrainAsk, job: TrainJob, store: CheckpointStore | null = null): Promise<TrainResult> {
    if (this.control) throw new CodedError('bad-request', 'A training is at work already. Stop it first.');
    const control = new TrainControl();
    this.control = control;
    try {
      const input = await this.inputOf(ask);
      const outcome = await train(input, this.around.port, job, { control, store });
      const { name, count } = input.data.dataSet;
      const data = { name, count, sha256: await dataHash(input.data) };
      const how = howOf(ask.request, outcome.result, input.teacher?.name ?? null, data);
      const { key } = await this.participant(ask.student);
      this.outcome = { ...outcome, student: ask.student, key, how, sparsity: ask.request.sparsity };
      return outcome.result;
    } finally {
      this.control = null;
    }
  }

  /**
   * What the last training learnt becomes a step behind the stop that was trained, and zeros that it left another; steps
   * behind that stop are undone.
   *
   * @throws CodedError `bad-request` where the student is no stop of the recipe, or not the one any more that was trained
   */
  async keep(job: Job): Promise<DocumentView> {
    const { student, key } = this.last;
    if (student === 'second') {
      throw new CodedError(
        'bad-request',
        'The second file was trained: its weights fit no step of this recipe. Export the model instead.',
      );
    }
    const { document } = this.around.placeOf(0);
    const isThere = document.stops[student] !== undefined && (await this.participant(student)).key === key;
    if (!isThere) {
      throw new CodedError(
        'bad-request',
        `Step ${student} is not the one that was trained any more. Go back to it, or export the model.`,
      );
    }
    const { bytes, how } = this.learnt();
    const { sparsity } = this.last;
    const weights = await this.around.artifacts.keep(bytes);
    if (document.cursor !== student) this.around.moveTo(student);
    const learnt = await this.around.apply({ pass: 'recover', options: { weights, how }, off: [] }, job);
    const { document: now, index } = this.around.placeOf(learnt.cursor);
    const zeros = sparsity && zerosStep(now.stop(index), sparsity);
    return zeros ? this.around.apply(zeros, job) : learnt;
  }

  /** Of the training at work, if one is. */
  pause = (): void => this.control?.pause();
  resume = (): void => this.control?.resume();
  stop = (): void => this.control?.stop();

  /** The student of the last training, with its best weights; channels and heads that became zero are cut out of it. */
  async trained(name: string): Promise<Parcel> {
    const { model, sparsity } = this.last;
    return { name, bytes: writeModel(sparsity ? await withoutZeros(model, sparsity) : model) };
  }

  /** What a step of a recipe is made of: the weights as a safetensors file, and how they were learnt. */
  private learnt(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly how: JsonObject } {
    const { model, weights, how } = this.last;
    const named = [...model.graph.initializers].map(([id, tensor]) => [model.getValue(id).name, tensor] as const);
    return { bytes: encodeWeights(new Map(named.filter(([name]) => weights[name]))), how };
  }

  private get last() {
    if (!this.outcome) throw new CodedError('bad-request', 'Nothing was trained yet.');
    return this.outcome;
  }

  private get data(): PreparedData {
    if (this.training) return this.training;
    throw new CodedError('bad-request', 'There is nothing to train on: give samples first.');
  }

  private async build(ask: TrainAsk): Promise<{ readonly built: BuiltStep; readonly student: Model }> {
    const { student, teacher, data, request } = await this.inputOf(ask);
    const feeds = await new Batches(data, null).feeds([0], 0);
    return { built: await buildStep(student, teacher, request, shapesFor(feeds, request.batch)), student };
  }

  private async inputOf({ student, teacher, request }: TrainAsk): Promise<TrainInput> {
    const own = await this.participant(student);
    const theirs = teacher === null ? null : await this.participant(teacher);
    const start = withConstants(own.stop.model);
    // A state is the same wherever it comes from: what was begun on WASM may go on on WebGPU.
    const asked = { ...request, backend: null, threads: null };
    const data = (given: PreparedData | null) =>
      given && [given.dataSet.name, given.dataSet.count, given.dataSet.labels?.length ?? null, given.preprocess];
    return {
      student: request.fresh ? untrained(start, request.seed) : start,
      teacher: theirs && { model: withConstants(theirs.stop.model), name: theirs.name },
      data: trainData(this.data, own),
      ports: own.stop.summary.inputs,
      judges: this.judging && trainData(this.judging, own),
      request,
      key: JSON.stringify([own.key, theirs?.key ?? null, data(this.data), data(this.judging), asked]),
    };
  }

  private async participant(side: CompareSide): Promise<Participant> {
    const { document, index } = this.around.placeOf(side);
    const steps = Array.from({ length: index }, (_, i) => document.stop(i + 1).outcome?.step);
    const key = JSON.stringify([await document.sha256(), document.stop(index).bytes, steps]);
    return { stop: document.stop(index), name: index === 0 ? document.file.name : `Step ${index}`, key };
  }
}

function trainData({ dataSet, preprocess }: PreparedData, { stop }: Participant): TrainData {
  return { dataSet, preprocess, inputs: batchFree(stop.summary.inputs) };
}

/** As it is trained, and teaches. */
export function withConstants(model: Model): Model {
  const copy = model.clone();
  freezeDefaults(copy);
  nameConstants(copy);
  return copy;
}
