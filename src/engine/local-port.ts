import { CodedError } from '../base/error.ts';
import type { Runtime, RuntimeBackend, SessionSettings } from '../runtime/types.ts';
import { benchmark } from '../bench/benchmark.ts';
import { kernelSamples } from '../bench/kernel-samples.ts';
import { measureOptimizers } from '../bench/optimizers.ts';
import { profile } from '../bench/profile.ts';
import { textRuntime, type TextCheck } from '../generate/as-session.ts';
import { openSession } from '../generate/open.ts';
import { keptOutputs, ResidentStepper } from '../train/resident-stepper.ts';
import { Stepper } from '../train/stepper.ts';
import { verifyModels, type Runtimes } from '../verify/verify.ts';
import { compareValues } from '../verify/values.ts';
import { runEach, runMany } from '../runtime/run-many.ts';
import type { RuntimePort } from './ports.ts';

const FOLDING: SessionSettings = { backend: 'wasm', level: 'disabled', threads: 1 };

/** The runtime in this thread: what a runtime worker serves, and the command line's port. */
export const localPort = (runtimes: Runtimes): RuntimePort => ({
  capabilities: () => runtimes.wasm.capabilities(),
  async evaluate(model, feeds, job) {
    const session = await runtimes.wasm.createSession(model.bytes, FOLDING, job);
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  },
  runs: (model, inputs, job) => runMany(runtimes.wasm, model.bytes, inputs, FOLDING, job),
  async hold(model, settings, job) {
    const session = await runtimeFor(runtimes, settings.backend).createSession(model.bytes, settings, job);
    return { run: (inputs, running) => runEach(session, inputs, running), release: () => session.release() };
  },
  async train(step, setup, settings, job) {
    const runtime = runtimeFor(runtimes, settings.backend);
    const { resident } = setup;
    if (!resident) return new Stepper(await runtime.createSession(step.bytes, settings, job), setup);
    if (!runtime.createKeeping) throw new CodedError('unsupported', 'The runtime here holds no weights between steps.');
    const session = await runtime.createKeeping(step.bytes, settings, keptOutputs(resident), job);
    return new ResidentStepper(session, setup, resident);
  },
  decode: async (model, setup, settings, job) =>
    openSession(runtimeFor(runtimes, settings.backend), model.bytes, setup, settings, job),
  verify(a, b, { text, ...request }, job) {
    const used = text ? textRuntimes(runtimes, text, a.bytes) : runtimes;
    return verifyModels(used, a.bytes, b.bytes, request, job);
  },
  values: (a, b, request, job) => compareValues(runtimes, a.bytes, b.bytes, request, job),
  bench: async (a, b, request, job) =>
    benchmark(runtimeFor(runtimes, request.backend), a.bytes, b?.bytes ?? null, request, job),
  profile: async (model, request, job) => profile(runtimeFor(runtimes, request.backend), model.bytes, request, job),
  kernels: async (model, request, job) =>
    kernelSamples(runtimeFor(runtimes, request.backend), model.bytes, request, job),
  optimizers: async (model, request, job) =>
    measureOptimizers(runtimeFor(runtimes, request.backend), model.bytes, request, job),
});

/** Both models are asked what they say of a text. */
function textRuntimes(runtimes: Runtimes, text: TextCheck, before: Uint8Array): Runtimes {
  const asText = (runtime: Runtime): Runtime => textRuntime(runtime, text, (model) => model === before);
  return Object.fromEntries(
    Object.entries(runtimes).map(([name, runtime]) => [name, runtime && asText(runtime)]),
  ) as unknown as Runtimes;
}

function runtimeFor(runtimes: Runtimes, backend: RuntimeBackend): Runtime {
  const runtime = runtimes[backend];
  if (!runtime) throw new CodedError('unsupported', `There is no runtime for ${backend} here.`);
  return runtime;
}
