import { CodedError } from '../../base/error.ts';
import type { DataSet, InputPort } from '../../data/types.ts';
import type { Preprocess } from '../../data/preprocess.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Stop } from '../document.ts';
import type { Parcel, RuntimePort } from '../ports.ts';
import { buildStep, planOf } from './build.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { TrainControl } from './control.ts';
import { train, type TrainInput, type TrainJob, type TrainOutcome } from './run.ts';
import { batchFree, Batches, type TrainData } from './samples.ts';
import type { TrainPlan, TrainRequest, TrainResult } from './types.ts';

/** A model that takes part in a training. */
export interface Participant {
  readonly stop: Stop;
  readonly name: string;
  /** Tells its weights from others: of the file, and of the steps up to its stop. */
  readonly key: string;
}

/** Data as they were opened and are fed. */
export interface PreparedData {
  readonly dataSet: DataSet;
  readonly preprocess: Preprocess;
  readonly notes: readonly string[];
}

/** Who trains whom, and how. */
export interface Training {
  readonly student: Participant;
  readonly teacher: Participant | null;
  readonly request: TrainRequest;
}

/** The data that an open model is trained on, the training at work, and what the last one came to. */
export class TrainDesk {
  private training: PreparedData | null = null;
  private judging: PreparedData | null = null;
  private control: TrainControl | null = null;
  private outcome: TrainOutcome | null = null;

  /** Null: they are given back. */
  give(data: PreparedData | null, as: 'train' | 'judge'): void {
    if (as === 'train') this.training = data;
    else this.judging = data;
  }

  forget(): void {
    this.training = null;
    this.judging = null;
    this.outcome = null;
  }

  /** What a run would do: which constants it moves, the terms of its loss, what memory it takes. */
  async plan({ student, teacher, request }: Training): Promise<TrainPlan> {
    const data = trainData(this.data, student);
    const feeds = await new Batches(data, null).feeds([0], 0);
    const shapes = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape }]) => [name, [request.batch, ...shape.slice(1)]]),
    );
    const theirs = teacher && { model: teacher.stop.model, name: teacher.name };
    return planOf(await buildStep(student.stop.model, theirs, request, shapes));
  }

  /** Runs a training; another one may begin only when it is over. Throws as `train` does. */
  async run(training: Training, port: RuntimePort, job: TrainJob, store: CheckpointStore | null): Promise<TrainResult> {
    if (this.control) throw new CodedError('bad-request', 'A training is at work already. Stop it first.');
    const control = new TrainControl();
    this.control = control;
    try {
      this.outcome = await train(this.inputOf(training), port, job, { control, store });
      return this.outcome.result;
    } finally {
      this.control = null;
    }
  }

  /** Of the training at work, if one is. */
  pause = (): void => this.control?.pause();
  resume = (): void => this.control?.resume();
  stop = (): void => this.control?.stop();

  /** The student of the last training, with its best weights. */
  trained(name: string): Parcel {
    if (!this.outcome) throw new CodedError('bad-request', 'Nothing was trained yet.');
    return { name, bytes: writeModel(this.outcome.model) };
  }

  private get data(): PreparedData {
    if (this.training) return this.training;
    throw new CodedError('bad-request', 'There is nothing to train on: give samples first.');
  }

  /** Of models, data and request: a checkpoint of a run that differs in any of them is none of this one. */
  keyOf({ student, teacher, request }: Training): string {
    const data = (given: PreparedData | null) =>
      given && [given.dataSet.name, given.dataSet.count, given.dataSet.labels?.length ?? null, given.preprocess];
    return JSON.stringify([student.key, teacher?.key ?? null, data(this.data), data(this.judging), request]);
  }

  private inputOf(training: Training): TrainInput {
    const { student, teacher, request } = training;
    return {
      student: student.stop.model,
      teacher: teacher && { model: teacher.stop.model, name: teacher.name },
      data: trainData(this.data, student),
      ports: student.stop.summary.inputs,
      judges: this.judging && trainData(this.judging, student),
      request,
      key: this.keyOf(training),
    };
  }
}

function trainData({ dataSet, preprocess }: PreparedData, { stop }: Participant): TrainData {
  const inputs: readonly InputPort[] = batchFree(stop.summary.inputs);
  return { dataSet, preprocess, inputs };
}
