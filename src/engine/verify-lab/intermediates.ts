import { analyze, type Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Exactness } from '../../base/exactness.ts';
import { formatShape } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import { BITS, sizeOf, type NodeId, type ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { declarable } from '../../passes/edit/declare.ts';
import { label } from '../../rewrite/graphs.ts';
import type { NamedFeeds } from '../../verify/cases.ts';
import type { PortMap } from '../../verify/ports.ts';
import type { ValueError, ValuePair } from '../../verify/values-types.ts';
import type { Parcel, RuntimePort } from '../ports.ts';
import type { Intermediates, LabValue, Place } from './types.ts';
import type { End, Pair, Pairing } from './values.ts';

/** What the values of one run may take, in each of the models; and how many there may be, for sizes may be free. */
const BATCH_BYTES = 64e6;
const BATCH_VALUES = 256;

export interface Inside {
  readonly a: End;
  readonly b: End;
  readonly pairing: Pairing;
  readonly class: Exactness;
  readonly seeds: number;
  readonly threads: number;
  readonly given: readonly NamedFeeds[];
  readonly ports: PortMap | null;
  /** Values of A that B is fed with, or that its outputs are compared with. */
  readonly reveal: readonly ValueId[];
  readonly at: Place;
}

export interface Compared extends Intermediates {
  /** By value, as the runtime told it. */
  readonly errors: readonly ValueError[];
}

/** The class that values are held to: where values change on purpose, the question is which change at all. */
export const heldTo = (exactness: Exactness): Exactness => (exactness === 'approximation' ? 'order' : exactness);

/** Runs both models with the values that both compute shown as outputs, a bounded part of them at a time. */
export async function compareInside(inside: Inside, port: RuntimePort, job: Job): Promise<Compared> {
  const { a, b, pairing, seeds, threads, given, ports, at } = inside;
  const exactness = heldTo(inside.class);
  const errors: ValueError[] = [];
  let [inputs, untried, tolerance]: [readonly string[], number, number] = [[], 0, 0];
  for (const batch of batchesOf(pairing.pairs, sizesOf(a, given))) {
    await job.checkpoint();
    const sides = [
      shown(a, [...inside.reveal, ...batch.map((pair) => pair.a)], 'a'),
      shown(
        b,
        batch.map((pair) => pair.b),
        'b',
      ),
    ] as const;
    const pairs = batch.map((pair): ValuePair => ({
      source: sides[0].name(pair.a),
      name: sides[1].name(pair.b),
      slice: pair.slice,
    }));
    const request = { class: exactness, seeds, threads, given, ports, pairs, at };
    const told = batchJob(job, errors.length, batch.length, pairing.pairs.length);
    const report = await port
      .values(sides[0].parcel, sides[1].parcel, request, told)
      .catch(withPlace(errors.length, batch.length));
    errors.push(...report.values);
    inputs = report.inputs;
    untried = Math.max(untried, report.untried);
    tolerance = report.tolerance;
  }
  const values = pairing.pairs.map((pair, index) => labValue(inside, pair, errors[index], inputs.length));
  const uncompared = pairing.unpaired.map(({ b: id, reason }) => ({ ...whereOf(b, id), reason }));
  return { at, class: exactness, tolerance, values, uncompared, inputs, untried, errors };
}

/** Memory is short where values are: the error says which, and what takes less. */
const withPlace =
  (from: number, count: number) =>
  (error: unknown): never => {
    if (!(error instanceof CodedError) || error.code !== 'out-of-memory') throw error;
    throw new CodedError(
      error.code,
      `${error.message} It was while values ${from + 1} to ${from + count} were compared. Compare outputs alone, or inputs of a smaller batch.`,
      error.data,
    );
  };

/** The count of values, over the inputs of one batch after the other. */
const batchJob = (job: Job, from: number, size: number, total: number): Job => ({
  signal: job.signal,
  checkpoint: () => job.checkpoint(),
  progress: ({ done = 0, total: inputs = 1 }) =>
    job.progress({ stage: 'Comparing intermediate values', done: Math.floor(from + (size * done) / inputs), total }),
});

interface Shown {
  readonly parcel: Parcel;
  name(id: ValueId): string;
}

/** The model with these values as outputs. Names are labels: where two are alike, the later one gets another. */
function shown({ model, analysis }: End, values: readonly ValueId[], side: 'a' | 'b'): Shown {
  const copy = model.clone();
  const { inputs, outputs } = copy.graph;
  const taken = new Set([...inputs, ...outputs].map((id) => copy.getValue(id).name));
  const known = new Set(outputs);
  for (const id of values) {
    if (known.has(id)) continue;
    known.add(id);
    const value = copy.getValue(id);
    if (value.name === '' || taken.has(value.name)) value.name = `${value.name}#${id}`;
    taken.add(value.name);
    value.type ??= declarable(analysis.type(id));
    outputs.push(id);
  }
  return {
    parcel: { name: `${side}.onnx`, bytes: writeModel(copy) },
    name: (id) => copy.getValue(id).name,
  };
}

/** Bytes of a value, with the sizes that the given inputs have where the model leaves them free. */
function sizesOf({ model, analysis }: End, given: readonly NamedFeeds[]): (id: ValueId) => number {
  const bound = analysis.symbols.length > 0 && given.length > 0 ? bindings(model, analysis, given) : {};
  const known = Object.keys(bound).length > 0 ? analyze(model, { bind: bound }) : analysis;
  return (id) => {
    const type = known.assumedType(id);
    if (type?.kind !== 'tensor') return 0;
    return (sizeOf((type.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))) * BITS[type.dtype]) / 8;
  };
}

function bindings(model: Model, analysis: Analysis, [first]: readonly NamedFeeds[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const id of model.graph.inputs) {
    const sizes = first?.feeds[model.getValue(id).name]?.shape ?? [];
    analysis.shape(id)?.forEach((dim, axis) => {
      const size = sizes[axis];
      if (typeof dim === 'string' && size !== undefined) found[dim] = size;
    });
  }
  return found;
}

function* batchesOf(pairs: readonly Pair[], bytesOf: (id: ValueId) => number): Generator<readonly Pair[]> {
  let batch: Pair[] = [];
  let bytes = 0;
  for (const pair of pairs) {
    const size = bytesOf(pair.a);
    if (batch.length > 0 && (bytes + size > BATCH_BYTES || batch.length >= BATCH_VALUES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(pair);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** A value's name and the node that gives it, as a person finds both. */
function whereOf({ model }: End, id: ValueId): { name: string; producer: string; node: number } {
  const { name, producer } = model.getValue(id);
  const node = producer?.node ?? (0 as NodeId);
  return { name, producer: producer ? label(model, model.getNode(node)) : '', node };
}

function labValue({ a, b }: Inside, pair: Pair, error: ValueError | undefined, inputs: number): LabValue {
  if (!error) throw new CodedError('internal', `Nothing was told of the value ${b.model.getValue(pair.b).name}.`);
  const { name, producer, node } = whereOf(b, pair.b);
  const before = whereOf(a, pair.a);
  const { maxAbs, maxRel, cosine, sqnr, top1, allowed, ok, mismatch, skipped } = error;
  return {
    name,
    source: before.name,
    nodeA: before.node,
    nodeB: node,
    producer,
    shape: formatShape(b.analysis.shape(pair.b)),
    relation: pair.slice ? 'sliced' : 'same',
    maxAbs,
    maxRel,
    cosine,
    sqnr,
    top1,
    allowed,
    ok,
    mismatch,
    tooSensitive: ok && 2 * skipped > inputs,
  };
}
