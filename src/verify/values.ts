import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { isFloat } from '../ir/types.ts';
import { readFacts } from '../runtime/facts.ts';
import type { HostTensor, RuntimeSession } from '../runtime/types.ts';
import { perturb, type InputCase } from './cases.ts';
import { compareTensors, nonFiniteOf, type Difference } from './compare.ts';
import { asOriginal, resultFeeds } from './ports.ts';
import { OutputRecord, relativeError } from './record.ts';
import { casesFor, type Outputs } from './reference.ts';
import { sessionSettings } from './run.ts';
import { takeKept } from './slice.ts';
import { allowedWith, classAt, ILL_CONDITIONED, toleranceOf } from './tolerance.ts';
import type { NonFinite, ValueError, ValuePair, ValuesReport, ValuesRequest } from './values-types.ts';
import type { Runtimes } from './verify.ts';

/** Time for a setting other than `disabled` on WASM, after which no more inputs are begun, ms. */
const BUDGET = 30_000;

/**
 * Runs both models on the same inputs, one at a time, and compares the values that both give as outputs: nothing of an
 * input is kept when the next one runs, so that memory is bounded by what one run gives. Throws what either model throws.
 */
export async function compareValues(
  runtimes: Runtimes,
  a: Uint8Array,
  b: Uint8Array,
  request: ValuesRequest,
  job: Job,
): Promise<ValuesReport> {
  const { at, threads, ports, seeds, given } = request;
  const runtime = runtimes[at.backend];
  if (!runtime) throw new CodedError('unsupported', `There is no runtime for ${at.backend} here.`, { ...at });
  const facts = readFacts(a);
  const ground = { backend: 'wasm', level: 'disabled', threads } as const;
  const sessions: RuntimeSession[] = [];
  try {
    const reference = await runtimes.wasm.createSession(a, sessionSettings(ground, request.class), job);
    sessions.push(reference);
    const result = await runtime.createSession(b, sessionSettings({ ...at, threads }, request.class), job);
    sessions.push(result);
    const original = asOriginal(reference, ports ?? undefined);
    const cases = await casesFor(original, { facts, given, shapes: {}, seeds }, job);
    const half = facts.halfPrecision || reference.outputs.some(({ dtype }) => dtype === 'float16');
    return await new Comparison({ original, result, cases, half, request }, job).run();
  } finally {
    for (const session of sessions) await session.release();
  }
}

interface Subject {
  readonly original: RuntimeSession;
  readonly result: RuntimeSession;
  readonly cases: readonly InputCase[];
  readonly half: boolean;
  readonly request: ValuesRequest;
}

class Comparison {
  private readonly subject: Subject;
  private readonly job: Job;
  private readonly records: readonly ValueRecord[];
  private readonly tolerance: number;

  constructor(subject: Subject, job: Job) {
    this.subject = subject;
    this.job = job;
    const { class: exactness, at, pairs } = subject.request;
    const own = classAt(exactness, at.level, at.backend);
    this.tolerance = toleranceOf(own, subject.half);
    this.records = pairs.map((pair) => new ValueRecord(pair, own, this.tolerance));
  }

  async run(): Promise<ValuesReport> {
    const { cases, request } = this.subject;
    const isGround = request.at.backend === 'wasm' && request.at.level === 'disabled';
    const started = performance.now();
    let tried = 0;
    for (const input of cases) {
      await this.job.checkpoint();
      if (!isGround && tried > 0 && performance.now() - started > BUDGET) break;
      this.job.progress({ stage: 'Comparing intermediate values', done: tried, total: cases.length });
      await this.compare(input);
      tried++;
    }
    return {
      values: this.records.map((record) => record.result()),
      inputs: cases.slice(0, tried).map(({ name }) => name),
      untried: cases.length - tried,
      tolerance: this.tolerance,
    };
  }

  private async compare(input: InputCase): Promise<void> {
    const { original, result, request } = this.subject;
    const feeds = input.feeds();
    const expected = await original.run(feeds);
    const outputs = await result.run(resultFeeds(request.ports ?? undefined, feeds, expected));
    const doubtful = this.records.filter((record) => !record.add(input.name, expected, outputs));
    if (doubtful.length === 0) return;
    const moved = original.inputs.some(({ dtype }) => isFloat(dtype)) ? await original.run(perturb(feeds, 1)) : null;
    for (const record of doubtful) record.settle(expected, outputs, moved);
  }
}

/** One value over all inputs. */
class ValueRecord {
  private readonly pair: ValuePair;
  private readonly record: OutputRecord;
  private readonly exactness: ReturnType<typeof classAt>;
  private readonly tolerance: number;
  private widest = 0;
  private skipped = 0;
  private mismatch: string | null = null;
  private readonly nonFinite: { original: NonFinite | null; result: NonFinite | null } = {
    original: null,
    result: null,
  };

  constructor(pair: ValuePair, exactness: ReturnType<typeof classAt>, tolerance: number) {
    this.pair = pair;
    this.exactness = exactness;
    this.tolerance = tolerance;
    this.record = new OutputRecord(pair.name, exactness, tolerance);
  }

  /** False: whether it holds depends on how much the original moves by itself; ask `settle`. */
  add(input: string, expected: Outputs, outputs: Outputs): boolean {
    const [a, b] = this.pick(expected, outputs);
    this.nonFinite.original ??= nonFiniteIn(a, input);
    this.nonFinite.result ??= nonFiniteIn(b, input);
    const difference = this.difference(a, b);
    const rel = relativeError(difference, this.widest);
    const allowed = this.allowedAt(a, 0);
    if (rel > allowed && difference.mismatch === null && this.exactness !== 'bits') return false;
    this.mismatch ??= difference.mismatch;
    this.record.add(difference, rel, allowed);
    return true;
  }

  /** @param moved the original's values where every float of the input moved by its last bit; null: none can */
  settle(expected: Outputs, outputs: Outputs, moved: Outputs | null): void {
    const [a, b] = this.pick(expected, outputs);
    const difference = this.difference(a, b);
    const own = moved && a ? compareTensors(a, this.pick(moved, outputs)[0]) : null;
    const noise = own ? relativeError(own, this.widest) : 0;
    if (noise > (a && !isFloat(a.dtype) ? 0 : ILL_CONDITIONED)) this.skipped += 1;
    else this.record.add(difference, relativeError(difference, this.widest), this.allowedAt(a, noise));
  }

  result(): ValueError {
    const { skipped, mismatch, nonFinite } = this;
    return { ...this.record.result(), skipped, mismatch, ...nonFinite };
  }

  private pick(expected: Outputs, outputs: Outputs): [HostTensor | undefined, HostTensor | undefined] {
    const { name, source, slice } = this.pair;
    const [a, b] = [expected[source], outputs[name]];
    const part = (tensor: HostTensor | undefined) => (tensor && slice ? (takeKept(tensor, slice) ?? tensor) : tensor);
    return slice?.of === 'original' ? [part(a), b] : [a, part(b)];
  }

  private difference(a: HostTensor | undefined, b: HostTensor | undefined): Difference {
    if (!a) throw new CodedError('runtime', `The original gives no value "${this.pair.source}".`);
    const difference = compareTensors(a, b);
    this.widest = Math.max(this.widest, difference.scale);
    return difference;
  }

  private allowedAt(a: HostTensor | undefined, noise: number): number {
    return a && !isFloat(a.dtype) ? 0 : allowedWith(this.exactness, this.tolerance, noise);
  }
}

/** NaN, or else an infinity, among the elements of a float tensor. */
function nonFiniteIn(tensor: HostTensor | undefined, input: string): NonFinite | null {
  const kind = tensor && isFloat(tensor.dtype) ? nonFiniteOf(tensor) : null;
  return kind && { kind, input };
}
