import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { readFacts, type ModelFacts } from '../runtime/facts.ts';
import type { Runtime, RuntimeBackend } from '../runtime/types.ts';
import { verifyMessage } from './message.ts';
import { runsAlone } from './alone.ts';
import { asOriginal, shownName } from './ports.ts';
import { worstOf } from './record.ts';
import { Reference } from './reference.ts';
import { runAt, sessionSettings, type RunReport, type Setting } from './run.ts';
import { ILL_CONDITIONED } from './tolerance.ts';
import type { Verdict, VerifyRequest, VerifyResult } from './types.ts';

/** WASM is always there: the reference runs on it. */
export type Runtimes = { readonly wasm: Runtime } & Partial<Record<RuntimeBackend, Runtime | undefined>>;

interface VerifyOptions {
  /** Fixed shapes, by input, where the model leaves them free. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Time for each setting other than `disabled` on WASM, ms; default 30 s. A slow adapter then sees fewer inputs. */
  readonly budgetMs?: number;
}

const DEFAULT_BUDGET = 30_000;

/**
 * Runs the original `a` and the result `b` on the same inputs and says whether they agree to the class of the rewrite.
 * The reference is `a` at `disabled` on WASM; `b` runs at each asked level on each asked backend.
 *
 * Throws `runtime` or `unsupported` when the *original* cannot be run, `cancelled`, `out-of-memory`. A result that does
 * not run is no error: it `differs`.
 */
export async function verifyModels(
  runtimes: Runtimes,
  a: Uint8Array,
  b: Uint8Array,
  request: VerifyRequest,
  job: Job,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const started = performance.now();
  const { shapes = {} } = options;
  const { ports, given = [] } = request;
  checkRequest(request, given.length);
  if (ports?.outputs.length === 0) return runsAlone(runtimes, b, request, job, started);
  const facts = readFacts(a);
  job.progress({ stage: 'Loading the original' });
  const ground = { backend: 'wasm', level: 'disabled', threads: request.threads } as const;
  const settings = sessionSettings(ground, request.class);
  const session = await runtimes.wasm.createSession(a, settings, job);
  try {
    const reference = await Reference.run(
      asOriginal(session, ports),
      { seeds: request.seeds, given, shapes, facts, ports },
      job,
    );
    const reports: RunReport[] = [];
    for (const setting of settingsOf(
      runtimes,
      request,
      halfPrecision(session, facts),
      options.budgetMs ?? DEFAULT_BUDGET,
    )) {
      reports.push(await runAt(reference, { original: a, result: b }, setting, job));
    }
    return await conclude(reference, reports, request, facts, started);
  } finally {
    await session.release();
  }
}

function checkRequest({ seeds, backends, levels }: VerifyRequest, given: number): void {
  if (backends.length === 0 || levels.length === 0) {
    throw new CodedError('bad-request', 'A verification needs at least one backend and one level.');
  }
  if (!Number.isInteger(seeds) || seeds < (given > 0 ? 0 : 1)) {
    throw new CodedError(
      'bad-request',
      `The number of seeds must be 1 or more, not ${seeds}; 0 only where inputs are given.`,
    );
  }
}

const halfPrecision = (session: { outputs: Reference['session']['outputs'] }, facts: ModelFacts): boolean =>
  facts.halfPrecision || session.outputs.some(({ dtype }) => dtype === 'float16');

function settingsOf(runtimes: Runtimes, request: VerifyRequest, half: boolean, budgetMs: number): Setting[] {
  return request.backends.flatMap((backend) => {
    const runtime = runtimes[backend];
    if (!runtime) throw new CodedError('unsupported', `There is no runtime for ${backend} here.`, { backend });
    return request.levels.map((level) => ({
      runtime,
      backend,
      level,
      threads: request.threads,
      exactness: request.class,
      strict: request.strict === true,
      halfPrecision: half,
      budgetMs,
    }));
  });
}

async function conclude(
  reference: Reference,
  reports: readonly RunReport[],
  request: VerifyRequest,
  facts: ModelFacts,
  started: number,
): Promise<VerifyResult> {
  const checked = reports.filter(({ impossible }) => impossible === null);
  const outputs = worstOf(checked.map(({ run }) => run.outputs));
  const noise = request.class === 'approximation' ? { output: '', size: 0 } : await largestNoise(reference);
  const constant = reference.constantOutputs(facts).map((name) => shownName(request.ports, name));
  const verdict = decide(request, checked, noise.size, constant);
  const deciding = checked.find(({ run }) => !run.ok) ?? checked[0] ?? reports[0];
  const failing = checked.find((report) => report.failing)?.failing;
  const expected = [...reference.expected(), ...checked.flatMap((report) => report.expected ?? [])];
  return {
    ok: verdict === 'agrees',
    verdict,
    class: request.class,
    message: verifyMessage({
      verdict,
      class: request.class,
      reports,
      outputs,
      inputs: reference.cases.length,
      constant,
      uncompared: reference.uncompared,
      noise,
      notes: request.ports?.notes ?? [],
    }),
    outputs,
    runs: checked.map(({ run }) => run),
    level: deciding?.run.level ?? 'disabled',
    backend: deciding?.run.backend ?? 'wasm',
    inputs: reference.cases.map(({ name }) => name),
    ms: performance.now() - started,
    ...(failing ? { failing } : {}),
    ...(expected.length > 0 ? { expected } : {}),
  };
}

function decide(
  request: VerifyRequest,
  reports: readonly RunReport[],
  noise: number,
  constant: readonly string[],
): Verdict {
  if (reports.some(({ run }) => !run.ok)) return 'differs';
  // Nothing could be run, or nothing could be told from it.
  if (reports.length === 0 || constant.length > 0) return 'uninformative';
  // Equal bits need no tolerance, so that noise cannot hide anything.
  const exact =
    request.class === 'bits' && reports.some(({ run }) => run.level === 'disabled' && run.backend === 'wasm');
  return noise > ILL_CONDITIONED && !exact ? 'ill-conditioned' : 'agrees';
}

/**
 * The most that an ordinary input's last bit moves any output, over the first one and those that were looked at closer.
 * Real inputs, where given, stand for the made ones: a model may be well-conditioned on images and not on noise.
 */
async function largestNoise(reference: Reference): Promise<{ output: string; size: number }> {
  const ordinary = reference.cases.filter((input) => input.ordinary);
  const given = ordinary.filter((input) => input.given);
  const looked = ordinary.filter((input, index) => index === 0 || reference.hasNoise(input));
  let largest = { output: '', size: 0 };
  for (const input of given.length > 0 ? given : looked) {
    for (const [output, size] of await reference.noise(input)) if (size > largest.size) largest = { output, size };
  }
  return largest;
}
