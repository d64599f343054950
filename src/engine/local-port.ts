import type { Runtime, SessionSettings } from '../runtime/types.ts';
import { benchmark } from '../bench/benchmark.ts';
import { verifyModels, type VerifyOptions } from '../verify/verify.ts';
import type { RuntimePort } from './ports.ts';

const FOLDING: SessionSettings = { backend: 'wasm', level: 'disabled', threads: 1 };

/** The runtime in this thread: the command line's port, and what a runtime worker serves. */
export const localPort = (runtime: Runtime, options: VerifyOptions = {}): RuntimePort => ({
  capabilities: () => runtime.capabilities(),
  async evaluate(model, feeds, job) {
    const session = await runtime.createSession(model.bytes, FOLDING, job);
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  },
  verify: (a, b, request, job) => verifyModels(runtime, a.bytes, b.bytes, request, job, options),
  bench: (a, b, request, job) => benchmark(runtime, a.bytes, b?.bytes ?? null, request, job),
});
