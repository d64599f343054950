import type { Job } from '../../base/job.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Model } from '../../ir/model.ts';
import type { DataFeeds, InputPort } from '../../data/types.ts';
import type { HostTensor } from '../../runtime/types.ts';
import type { HeldModel, RuntimePort } from '../ports.ts';
import { numbersOf } from '../host-numbers.ts';
import { giving, type AnswerOf } from './answers.ts';
import { inTurn, type TrainData } from './samples.ts';
import type { Evaluation } from './types.ts';

/** Samples a run where the batch is free: more saves nothing on a processor. */
const BATCH = 16;

/** log softmax of a row of scores. */
function logProbabilities(scores: Float64Array): Float64Array {
  let largest = -Infinity;
  for (const each of scores) largest = Math.max(largest, each);
  let sum = 0;
  for (const each of scores) sum += Math.exp(each - largest);
  const log = largest + Math.log(sum);
  return scores.map((each) => each - log);
}

function topOf(row: Float64Array): number {
  let top = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[top]!) top = i;
  return top;
}

/** What a model says of held-out samples, row by row: kept of a teacher, which says the same every time. */
export interface Said {
  readonly rows: readonly Float64Array[];
}

/** The same with the tokens of a text, that it was asked about. */
export interface Answered {
  readonly said: Said;
  readonly tokens: readonly Int32Array[];
}

/** Which sample gives which rows, and what each should be. */
export interface HeldOut {
  readonly data: TrainData;
  readonly indices: readonly number[];
  readonly ports: readonly InputPort[];
  /** Whether the model answers with next tokens: [N, T, V]. */
  readonly text: boolean;
}

/** A model that is asked about held-out samples. */
export interface Asked {
  readonly model: Model;
  readonly answer: AnswerOf;
  /** Feeds under the names of its own inputs. */
  readonly named?: (feeds: DataFeeds) => DataFeeds;
}

/** Runs the held-out samples through a model. Throws as the runtime does. */
export async function said(
  { model, answer, named = (feeds) => feeds }: Asked,
  heldOut: HeldOut,
  port: RuntimePort,
  threads: number,
  job: Job,
): Promise<Answered> {
  const bytes = writeModel(giving(model, [answer.logits]));
  const held: HeldModel = await port.hold(
    { name: 'evaluated', bytes },
    { backend: 'wasm', level: 'all', threads },
    job,
  );
  const rows: Float64Array[] = [];
  const tokens: Int32Array[] = [];
  try {
    for await (const { feeds, indices } of inTurn({ ...heldOut.data, inputs: heldOut.ports }, heldOut.indices, BATCH)) {
      await job.checkpoint();
      const [outputs] = await held.run([named(feeds)], job);
      const tensor = outputs?.[answer.logits];
      if (!tensor) continue;
      rows.push(...rowsOf(tensor, indices.length));
      if (heldOut.text) tokens.push(...tokensOf(feeds, indices.length));
    }
  } finally {
    await held.release();
  }
  return { said: { rows }, tokens };
}

function rowsOf(tensor: HostTensor, samples: number): Float64Array[] {
  const numbers = numbersOf(tensor);
  const batch = Math.max(samples, tensor.shape[0] ?? 1);
  const size = numbers.length / batch;
  return Array.from({ length: samples }, (_, row) => numbers.slice(row * size, (row + 1) * size));
}

/** The first input of whole numbers holds them. */
function tokensOf(feeds: Readonly<Record<string, HostTensor>>, samples: number): Int32Array[] {
  const ids = Object.values(feeds).find(({ dtype }) => dtype === 'int64' || dtype === 'int32');
  if (!ids) return [];
  const numbers = numbersOf(ids);
  const length = numbers.length / Math.max(samples, ids.shape[0] ?? 1);
  return Array.from({ length: samples }, (_, row) => Int32Array.from(numbers.slice(row * length, (row + 1) * length)));
}

/** Puts together what held-out samples say of a student, beside its teacher where there is one. */
export function evaluation(
  step: number,
  heldOut: HeldOut,
  student: Said,
  teacher: Said | null,
  tokens: readonly Int32Array[],
): Evaluation {
  const none = { top1: null, agreement: null, crossEntropy: null, divergence: null, perplexity: null, error: null };
  const base = { ...none, step, samples: heldOut.indices.length };
  if (heldOut.text) return { ...base, ...textMetrics(student, teacher, tokens) };
  const width = student.rows[0]?.length ?? 0;
  const { labels } = heldOut.data.dataSet;
  if (width < 2) return { ...base, error: teacher && meanError(student, teacher) };
  const chosen = heldOut.indices.map((index) => labels?.[index] ?? -1);
  const logs = student.rows.map(logProbabilities);
  const right = chosen.filter((label, i) => label >= 0 && topOf(logs[i]!) === label).length;
  const entropy = chosen.reduce((sum, label, i) => sum - (label >= 0 ? (logs[i]![label] ?? 0) : 0), 0);
  const count = heldOut.indices.length;
  return {
    ...base,
    ...(labels ? { top1: right / count, crossEntropy: entropy / count } : {}),
    ...(teacher ? besides(logs, teacher) : {}),
  };
}

function besides(logs: readonly Float64Array[], teacher: Said): Pick<Evaluation, 'agreement' | 'divergence'> {
  let [same, divergence] = [0, 0];
  logs.forEach((log, i) => {
    const theirs = logProbabilities(teacher.rows[i]!);
    if (topOf(log) === topOf(theirs)) same += 1;
    theirs.forEach((each, at) => (divergence += Math.exp(each) * (each - log[at]!)));
  });
  return { agreement: same / logs.length, divergence: divergence / logs.length };
}

function meanError(student: Said, teacher: Said): number {
  let [sum, count] = [0, 0];
  student.rows.forEach((row, i) => {
    row.forEach((each, at) => (sum += (each - teacher.rows[i]![at]!) ** 2));
    count += row.length;
  });
  return sum / Math.max(1, count);
}

/** Of every token but the first: what the model thought of it at the place before. */
function textMetrics(student: Said, teacher: Said | null, tokens: readonly Int32Array[]) {
  let [entropy, right, same, divergence, count] = [0, 0, 0, 0, 0];
  student.rows.forEach((row, sample) => {
    const ids = tokens[sample] ?? new Int32Array(0);
    const words = row.length / ids.length;
    for (let place = 0; place + 1 < ids.length; place++) {
      const at = (rows: Said): Float64Array =>
        logProbabilities(rows.rows[sample]!.subarray(place * words, (place + 1) * words));
      const log = at(student);
      const next = ids[place + 1]!;
      entropy -= log[next] ?? 0;
      if (topOf(log) === next) right += 1;
      count += 1;
      if (!teacher) continue;
      const theirs = at(teacher);
      if (topOf(log) === topOf(theirs)) same += 1;
      theirs.forEach((each, word) => (divergence += Math.exp(each) * (each - log[word]!)));
    }
  });
  const mean = (sum: number): number => sum / Math.max(1, count);
  return {
    perplexity: Math.exp(mean(entropy)),
    crossEntropy: mean(entropy),
    top1: mean(right),
    ...(teacher ? { agreement: mean(same), divergence: mean(divergence) } : {}),
  };
}
