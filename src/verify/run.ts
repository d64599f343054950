import { CodedError } from '../base/error.ts';
import type { Exactness } from '../base/exactness.ts';
import type { Job } from '../base/job.ts';
import { isFloat } from '../ir/types.ts';
import type { OptimizationLevel, Runtime, RuntimeBackend, RuntimeSession, SessionSettings } from '../runtime/types.ts';
import type { InputCase } from './cases.ts';
import { compareTensors } from './compare.ts';
import { OutputRecord, relativeError } from './record.ts';
import { asOriginal, interfaceChange, namedAsOriginal, resultFeeds, shownName } from './ports.ts';
import type { Outputs, Reference } from './reference.ts';
import { allowedWith, classAt, ILL_CONDITIONED, toleranceOf } from './tolerance.ts';
import { ExpectedRecord } from './expected.ts';
import type { ExpectedRun, FailingInput, VerifyRun } from './types.ts';

/** Where a result runs, and as what it is judged. */
export interface Setting {
  readonly runtime: Runtime;
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  readonly exactness: Exactness;
  /** What the runtime itself changes here is a difference too. */
  readonly strict: boolean;
  readonly halfPrecision: boolean;
  /** Away from the reference's own ground no more inputs are begun after this, ms; one is always tried. */
  readonly budgetMs: number;
}

export interface RunReport {
  readonly run: VerifyRun;
  readonly failing: FailingInput | null;
  /** Why there is nothing to compare: the result does not load, does not run, or has other inputs. */
  readonly broken: string | null;
  /** The original does not run here either, so nothing is said about the result. */
  readonly impossible: string | null;
  /** Outputs that agree only with the original at this very setting: the runtime itself changed them. */
  readonly runtimesOwn: readonly string[];
  /** Inputs that were too sensitive to compare. */
  readonly skipped: readonly string[];
  /** How many inputs were tried before the time for this setting was up; null: all of them. */
  readonly tried: number | null;
  /** Against recorded outputs; null: there were none. */
  readonly expected: ExpectedRun | null;
}

interface Models {
  readonly original: Uint8Array;
  readonly result: Uint8Array;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const isHopeless = (error: unknown): boolean =>
  error instanceof CodedError && (error.code === 'cancelled' || error.code === 'out-of-memory');

/** Runs the result at one setting and compares it with the reference, input by input. */
export async function runAt(reference: Reference, models: Models, setting: Setting, job: Job): Promise<RunReport> {
  const own = new OwnOutputs(reference, models.original, setting, job);
  let session: RuntimeSession | null = null;
  try {
    session = await open(setting, models.result, job);
    const change = interfaceChange(reference.session, session, reference.ports);
    if (change) return broken(setting, change);
    return await compareAll(reference, session, setting, own, job);
  } catch (error) {
    if (isHopeless(error)) throw error;
    const why = textOf(error);
    const itself = await own.refusal();
    return itself === null ? broken(setting, why) : { ...broken(setting, why), broken: null, impossible: itself };
  } finally {
    await session?.release();
    await own.release();
  }
}

/**
 * A constant right operand of MatMul is packed on load and then summed in another order. A rewrite that turns a
 * computed weight into a constant would differ by that alone, so bit-exact comparisons run without packing.
 */
export const sessionSettings = (
  { backend, level, threads }: Pick<Setting, 'backend' | 'level' | 'threads'>,
  exactness: Exactness,
): SessionSettings => ({
  backend,
  level,
  threads,
  ...(classAt(exactness, level, backend) === 'bits' ? { config: { 'session.disable_prepacking': '1' } } : {}),
});

const open = (setting: Setting, model: Uint8Array, job: Job): Promise<RuntimeSession> =>
  setting.runtime.createSession(model, sessionSettings(setting, setting.exactness), job);

const broken = ({ level, backend }: Setting, why: string): RunReport => ({
  run: { level, backend, outputs: [], ok: false },
  failing: null,
  broken: why,
  impossible: null,
  runtimesOwn: [],
  skipped: [],
  tried: null,
  expected: null,
});

async function compareAll(
  reference: Reference,
  session: RuntimeSession,
  setting: Setting,
  own: OwnOutputs,
  job: Job,
): Promise<RunReport> {
  const { level, backend } = setting;
  const exactness = classAt(setting.exactness, level, backend);
  const tolerance = toleranceOf(exactness, setting.halfPrecision);
  const records = reference.names.map((name) => new OutputRecord(name, exactness, tolerance));
  const judge = new Judge(reference, exactness, tolerance, setting.strict ? null : own);
  const expected = new ExpectedRecord('result', level, backend);
  let failing: FailingInput | null = null;
  let tried = 0;
  const started = performance.now();
  for (const [index, input] of reference.cases.entries()) {
    await job.checkpoint();
    job.progress({ stage: `Running the result at ${level} on ${backend}`, done: index, total: reference.cases.length });
    if (own.isElsewhere && tried > 0 && performance.now() - started > setting.budgetMs) break;
    tried++;
    const feeds = resultFeeds(reference.ports, input.feeds(), reference.outputs[index] ?? {});
    const outputs = namedAsOriginal(reference.ports, await session.run(feeds));
    expected.add(input.expected, outputs);
    for (const record of records) {
      const ok = await judge.add(record, input, index, outputs);
      if (!ok) failing ??= { name: input.name, output: shownName(reference.ports, record.name), feeds };
    }
  }
  const outputs = records.map((record) => ({ ...record.result(), name: shownName(reference.ports, record.name) }));
  return {
    run: { level, backend, outputs, ok: outputs.every(({ ok }) => ok) },
    failing,
    broken: null,
    impossible: null,
    runtimesOwn: [...judge.runtimesOwn],
    skipped: [...judge.skipped],
    tried: tried < reference.cases.length ? tried : null,
    expected: expected.result(),
  };
}

/**
 * Decides about one output on one input, measuring the noise only where the class tolerance does not suffice. Integers,
 * booleans and strings have to be equal, unless the last bit of the input moves them.
 */
class Judge {
  readonly runtimesOwn = new Set<string>();
  readonly skipped = new Set<string>();
  private readonly reference: Reference;
  private readonly exactness: Exactness;
  private readonly tolerance: number;
  /** The original at the same setting; null: it excuses nothing. */
  private readonly own: OwnOutputs | null;

  constructor(reference: Reference, exactness: Exactness, tolerance: number, own: OwnOutputs | null) {
    this.reference = reference;
    this.exactness = exactness;
    this.tolerance = tolerance;
    this.own = own;
  }

  async add(record: OutputRecord, input: InputCase, index: number, outputs: Outputs): Promise<boolean> {
    const { name } = record;
    const expected = this.reference.outputs[index]?.[name];
    if (!expected) return true;
    const widest = this.reference.widestOf(name);
    const exact = this.exactness !== 'approximation' && !isFloat(expected.dtype);
    const allowedAt = (noise: number): number => (exact ? 0 : allowedWith(this.exactness, this.tolerance, noise));
    const difference = compareTensors(expected, outputs[name]);
    const rel = relativeError(difference, widest);
    const isFinal = difference.mismatch !== null || this.exactness === 'bits';
    if (rel <= allowedAt(0) || isFinal) return record.add(difference, rel, allowedAt(0));
    const noise = (await this.reference.noise(input)).get(name) ?? 0;
    if (noise > (exact ? 0 : ILL_CONDITIONED)) {
      this.skipped.add(input.name);
      return true;
    }
    const allowed = allowedAt(noise);
    const itself = rel > allowed && this.own?.isElsewhere ? (await this.own.at(index))?.[name] : undefined;
    const again = itself && compareTensors(itself, outputs[name]);
    if (!again || relativeError(again, widest) > allowed) return record.add(difference, rel, allowed);
    this.runtimesOwn.add(name);
    return record.add(again, relativeError(again, widest), allowed);
  }
}

/** The original at the setting of a run; opened only when a result is in doubt there. */
class OwnOutputs {
  /** Whether the setting is another one than the reference's own. */
  readonly isElsewhere: boolean;
  private readonly reference: Reference;
  private readonly setting: Setting;
  private readonly model: Uint8Array;
  private readonly job: Job;
  private session: Promise<RuntimeSession> | null = null;

  constructor(reference: Reference, model: Uint8Array, setting: Setting, job: Job) {
    this.reference = reference;
    this.model = model;
    this.setting = setting;
    this.job = job;
    this.isElsewhere = setting.backend !== 'wasm' || setting.level !== 'disabled';
  }

  async at(index: number): Promise<Outputs | null> {
    const input = this.reference.cases[index];
    if (!input) return null;
    try {
      return await (await this.open()).run(input.feeds());
    } catch (error) {
      if (isHopeless(error)) throw error;
      return null;
    }
  }

  /** Why the original does not run at this setting; null where it does. */
  async refusal(): Promise<string | null> {
    if (!this.isElsewhere) return null;
    try {
      await (await this.open()).run(this.reference.cases[0]?.feeds() ?? {});
      return null;
    } catch (error) {
      if (isHopeless(error)) throw error;
      return textOf(error);
    }
  }

  private open(): Promise<RuntimeSession> {
    this.session ??= open(this.setting, this.model, this.job).then((own) => asOriginal(own, this.reference.ports));
    return this.session;
  }

  async release(): Promise<void> {
    await this.session?.then((session) => session.release()).catch(() => {});
  }
}
