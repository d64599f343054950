import { benchmark } from '../bench/benchmark.ts';
import type { RuntimeApi } from '../protocol/api.ts';
import type { JoinMessage } from '../protocol/host.ts';
import { buffersOf, serve, Transferred, type Handlers } from '../protocol/server.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import { verifyModels, type Runtimes } from '../verify/verify.ts';

/** Calls one after the other: nothing may run beside a benchmark, and models would crowd each other's memory. */
type Queue = <T>(work: () => Promise<T>) => Promise<T>;
function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
}

/**
 * What a runtime worker answers with. It keeps no model between calls: bytes arrive transferred, sessions are released.
 * `runtimes.wasm` gives every check its reference; `bundle` says which of the runtimes is timed here.
 */
export function runtimeHandlers(runtimes: Runtimes, bundle: RuntimeBackend): Handlers<RuntimeApi> {
  const inTurn = createQueue();
  const runtime = runtimes[bundle] ?? runtimes.wasm;
  return {
    capabilities: () => runtime.capabilities(),
    evaluate: ({ model, feeds }, job) =>
      inTurn(async () => {
        const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
        const session = await runtime.createSession(model.bytes, settings, job);
        try {
          const outputs = await session.run(feeds);
          return new Transferred(outputs, buffersOf(outputs));
        } finally {
          await session.release();
        }
      }),
    verify: ({ a, b, request }, job) =>
      inTurn(async () => {
        await job.checkpoint();
        return verifyModels(runtimes, a.bytes, b.bytes, request, job);
      }),
    bench: ({ a, b, request }, job) =>
      inTurn(async () => {
        await job.checkpoint();
        return benchmark(runtime, a.bytes, b?.bytes ?? null, request, job);
      }),
  };
}

/** A worker's global scope, or what stands for it in tests. */
interface Scope {
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** Serves every port that the page hands over; all share the runtimes and one queue. */
export function serveRuntime(scope: Scope, runtimes: Runtimes, bundle: RuntimeBackend): void {
  const handlers = runtimeHandlers(runtimes, bundle);
  scope.addEventListener('message', (event) => {
    const message = event.data as JoinMessage;
    if (message.kind === 'join') serve<RuntimeApi>(message.port, handlers);
  });
}
