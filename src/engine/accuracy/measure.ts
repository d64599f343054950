import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import { numbersOf as dataNumbers } from '../../data/elements.ts';
import { shuffled } from '../../data/data-set.ts';
import { feedsOf } from '../../data/feeds.ts';
import type { Preprocess } from '../../data/preprocess.ts';
import type { DataSet, InputPort, Sample } from '../../data/types.ts';
import { parseFormula } from '../../prune/importance/formula.ts';
import type { Feeds } from '../../runtime/types.ts';
import type { HeldModel, Parcel, RuntimePort } from '../ports.ts';
import { findAnswer, rowsOf, type Answer } from './answer.ts';
import { Classified, Regressed, type Verdict } from './collect.ts';
import { Pair } from './pair.ts';
import type { AccuracyProgress, AccuracyRequest, AccuracyResult, ModelAccuracy } from './types.ts';

/** A model whose accuracy is asked for. */
export interface AccuracySubject {
  readonly name: string;
  readonly inputs: readonly InputPort[];
  parcel(): Parcel;
}

/** Data that are ready to be fed, with what the answers should be. */
export interface AccuracyData {
  readonly dataSet: DataSet;
  readonly preprocess: Preprocess;
  readonly notes: readonly string[];
  /** Values that each sample's answer is held against, in place of classes; null: none. */
  readonly targets: DataSet | null;
}

/** Samples a run, where the model leaves its batch free: more saves nothing on a processor, and takes memory. */
const BATCH = 8;
/** The draw of samples where not all are asked for. */
const SEED = 1;

type AccuracyJob = Omit<Job, 'progress'> & { progress(progress: AccuracyProgress): void };

/**
 * What a model gets right on labelled data, and a second one beside it: samples are decoded, run and counted batch by
 * batch, so that memory does not grow with them.
 *
 * Throws `bad-request` where labels, samples and outputs do not fit, `unsupported` where no output can be counted, and as
 * the runtime and the readers of data do.
 */
export async function measureAccuracy(
  [first, second]: readonly [AccuracySubject, AccuracySubject | null],
  data: AccuracyData,
  request: AccuracyRequest,
  port: RuntimePort,
  job: AccuracyJob,
): Promise<AccuracyResult> {
  const started = performance.now();
  const subjects = second ? [first, second] : [first];
  const indices = chosen(data.dataSet.count, request.samples);
  requireTruth(data, second !== null);
  const { backend, level, threads } = request;
  const held: HeldModel[] = [];
  const tally = new Tally(subjects, data, request);
  try {
    for (const subject of subjects) {
      job.progress({ stage: `Loading ${subject.name}` });
      held.push(await port.hold(subject.parcel(), { backend, level, threads }, job));
    }
    let done = 0;
    const inputs = second ? commonInputs(first, second) : first.inputs;
    for await (const batch of feedsOf(data.dataSet, indices, inputs, data.preprocess, BATCH)) {
      job.progress({ stage: 'Running samples', done, total: indices.length, right: tally.right });
      await job.checkpoint();
      const answers = [];
      for (const [which, model] of held.entries()) {
        const feeds = which === 0 ? batch.feeds : renamed(batch.feeds, first, subjects[which] ?? first);
        const [outputs] = await model.run([feeds], job);
        answers.push(tally.rows(outputs ?? {}, batch.indices.length, rowsIn(batch.feeds, first.inputs)));
      }
      await tally.add(batch.indices, answers);
      done += batch.indices.length;
    }
  } finally {
    for (const model of held) await model.release();
  }
  const { webgpu } = await port.capabilities();
  const software = backend === 'webgpu' && webgpu?.software === true;
  return { ...tally.result(indices.length), request, software, ms: performance.now() - started };
}

/** All samples in their order, or some of them, drawn by a fixed seed, in their order. */
const chosen = (count: number, samples: number | null): number[] =>
  samples === null || samples >= count
    ? Array.from({ length: count }, (_, index) => index)
    : shuffled(count, SEED)
        .slice(0, samples)
        .sort((a, b) => a - b);

function requireTruth({ dataSet, targets }: AccuracyData, isPair: boolean): void {
  if (targets && targets.count !== dataSet.count) {
    throw new CodedError(
      'bad-request',
      `${targets.name} has ${targets.count} targets, ${dataSet.name} has ${dataSet.count} samples. Give the targets of this data set.`,
    );
  }
  if (dataSet.labels || targets || isPair) return;
  throw new CodedError(
    'bad-request',
    `${dataSet.name} has no labels. Give a file of classes or of target values, sort the images into a folder for each class, or choose a second model to hold it against.`,
  );
}

/** Inputs of the first, with the sizes that only the second fixes: one may leave its batch free, the other not. */
const commonInputs = (first: AccuracySubject, second: AccuracySubject): readonly InputPort[] =>
  first.inputs.map((input, place) => {
    const other = second.inputs.find(({ name }) => name === input.name) ?? second.inputs[place];
    if (!input.shape || input.shape.length !== other?.shape?.length) return input;
    const { shape } = other;
    return { ...input, shape: input.shape.map((dim, axis) => (typeof dim === 'number' ? dim : (shape[axis] ?? dim))) };
  });

/** The same inputs under the names that the second model has for them. */
function renamed(feeds: Feeds, from: AccuracySubject, to: AccuracySubject): Feeds {
  if (to.inputs.every(({ name }) => feeds[name] !== undefined)) return feeds;
  if (to.inputs.length !== from.inputs.length) {
    throw new CodedError(
      'bad-request',
      `${to.name} takes other inputs than ${from.name}: ${to.inputs.map(({ name }) => name).join(', ')}. Measure it by itself.`,
    );
  }
  const entries = to.inputs.flatMap(({ name }, place) => {
    const feed = feeds[from.inputs[place]?.name ?? ''];
    return feed ? [[name, feed] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** Rows of the first axis of what is fed: more than samples where a fixed batch was filled up. */
const rowsIn = (feeds: Feeds, [input]: readonly InputPort[]): number => feeds[input?.name ?? '']?.shape[0] ?? 1;

/** What is counted over all batches. */
class Tally {
  private readonly subjects: readonly AccuracySubject[];
  private readonly data: AccuracyData;
  private readonly request: AccuracyRequest;
  private answer: Answer | null = null;
  private readonly classified: Classified[] = [];
  private readonly regressed: Regressed[] = [];
  private readonly pair: Pair | null;

  constructor(subjects: readonly AccuracySubject[], data: AccuracyData, request: AccuracyRequest) {
    this.subjects = subjects;
    this.data = data;
    this.request = request;
    this.pair = subjects.length > 1 ? new Pair(request.labelOffset, data.dataSet) : null;
  }

  get right(): readonly number[] {
    return this.classified.map((each) => each.rightSoFar);
  }

  /** A row of the answer for each sample. */
  rows(outputs: Parameters<typeof rowsOf>[0], samples: number, fed: number): Float64Array[] {
    // A batch that was filled up gives more rows than there are samples.
    const known = this.answer?.output ?? this.request.output;
    const name = known !== null && outputs[known] ? known : this.answer ? null : this.request.output;
    const answer = findAnswer(outputs, [fed, samples, 1], name);
    if (this.answer && answer.width !== this.answer.width) {
      const { output, width } = this.answer;
      throw new CodedError(
        'bad-request',
        `The answers differ in size: ${width} elements of ${output}, ${answer.width} of ${answer.output}.`,
      );
    }
    this.answer ??= answer;
    return rowsOf(outputs, answer).slice(0, samples);
  }

  async add(indices: readonly number[], answers: readonly (readonly Float64Array[])[]): Promise<void> {
    if (this.classified.length + this.regressed.length === 0) this.begin();
    for (const [row, index] of indices.entries()) {
      const rows = answers.map((each) => each[row] ?? new Float64Array(0));
      const verdicts = this.classify(index, rows);
      if (this.regressed.length > 0) await this.regress(index, rows);
      this.pair?.add(index, rows, verdicts);
    }
  }

  result(samples: number): Omit<AccuracyResult, 'request' | 'software' | 'ms'> {
    const { dataSet, notes } = this.data;
    const { output, width } = this.answer ?? { output: '', width: 0 };
    const models = this.subjects.map(({ name }, which): ModelAccuracy => {
      const gathered = this.classified[which] ?? this.regressed[which];
      return { name, metrics: gathered?.metrics() ?? { kind: 'agreement' } };
    });
    return {
      data: dataSet.name,
      samples,
      count: dataSet.count,
      output,
      width,
      labelNames: dataSet.labelNames ?? null,
      labelOffset: this.request.labelOffset,
      models,
      pair: this.pair?.result(dataSet.labels !== undefined && !this.data.targets) ?? null,
      notes: [...notes, ...this.offsetNotes(width)],
    };
  }

  /** Once the first answer is known. */
  private begin(): void {
    const { formula, labelOffset } = this.request;
    const { dataSet, targets } = this.data;
    const width = this.answer?.width ?? 0;
    for (const _ of this.subjects) {
      if (targets) this.regressed.push(new Regressed(formula === null ? null : ownError(formula)));
      else if (dataSet.labels) this.classified.push(new Classified(width, labelOffset));
    }
    if (formula !== null && !targets) {
      throw new CodedError('bad-request', 'An error of your own needs target values: give a file of them.');
    }
    if (!targets && dataSet.labels) this.requireClasses(dataSet.labels, width);
  }

  private requireClasses(labels: Int32Array, width: number): void {
    const { labelOffset } = this.request;
    const at = labels.findIndex((label) => label + labelOffset >= width || label + labelOffset < 0);
    if (at < 0) return;
    const { dataSet } = this.data;
    const where = dataSet.files?.[at] ?? `sample ${at}`;
    throw new CodedError(
      'bad-request',
      `${where} has the label ${labels[at]}${labelOffset === 0 ? '' : ` (offset ${labelOffset})`}, but the output ${this.answer?.output} has ${width} classes, 0 to ${width - 1}. Give the labels of this model's classes, or set the label offset.`,
      { sample: at },
    );
  }

  private classify(index: number, rows: readonly Float64Array[]): readonly Verdict[] {
    const label = this.data.dataSet.labels?.[index];
    return label === undefined
      ? []
      : this.classified.map((each, which) => each.add(rows[which] ?? new Float64Array(0), label));
  }

  private async regress(index: number, rows: readonly Float64Array[]): Promise<void> {
    const { targets } = this.data;
    if (!targets) return;
    const target = targetOf(await targets.sample(index), this.answer?.output ?? '', targets.name);
    for (const [which, gathered] of this.regressed.entries()) {
      const row = rows[which] ?? new Float64Array(0);
      if (row.length !== target.length) {
        throw new CodedError(
          'bad-request',
          `Target ${index} of ${targets.name} has ${target.length} values, the answer ${row.length}. Give as many as ${this.answer?.output} has.`,
        );
      }
      gathered.add(row, target);
    }
  }

  private offsetNotes(width: number): string[] {
    const better = this.classified[0]?.betterOffset();
    if (!better) return [];
    const share = `${(100 * better.share).toFixed(1)} %`;
    return [
      `At a label offset of ${better.offset}, ${share} would be right: are the ${width} classes of the model counted as those of the labels? It is not applied unless you set it.`,
    ];
  }
}

/** `mean(abs(y - t))` of a sample; where it comes to many numbers, their mean. */
function ownError(formula: string): (y: Float64Array, t: Float64Array) => number {
  const parsed = parseFormula(formula, ['y', 't']);
  return (y, t) => {
    const value = parsed.evaluate((name) => (name === 'y' ? y : t));
    return typeof value === 'number' ? value : value.reduce((sum, each) => sum + each, 0) / value.length;
  };
}

function targetOf(sample: Sample, output: string, name: string): Float64Array {
  const tensor =
    sample.kind === 'array'
      ? sample.tensor
      : sample.kind === 'feeds'
        ? (sample.tensors[output] ?? Object.values(sample.tensors)[0])
        : undefined;
  if (tensor && tensor.dtype !== 'string') return Float64Array.from(dataNumbers(tensor.dtype, tensor.data));
  throw new CodedError('bad-request', `${name} holds no numbers to compare with. Give .npy, .npz, CSV or output_N.pb.`);
}
