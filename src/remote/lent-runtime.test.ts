import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createJob, type Job } from '../base/job.ts';
import type { RuntimeApi } from '../protocol/api.ts';
import type { JoinMessage, WorkerLike } from '../protocol/host.ts';
import { serve, type Handlers } from '../protocol/server.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import { LentRuntime, type Doing } from './lent-runtime.ts';

/** Workers that count what they do; `profile` never ends and hears no cancel. */
function make() {
  const started: RuntimeBackend[] = [];
  const ended: RuntimeBackend[] = [];
  const doing: (Doing | null)[] = [];
  const workers: { fail(message: string): void }[] = [];
  let running = 0;
  let most = 0;
  const handlers = {
    bench: async (_: unknown, job: Job) => {
      most = Math.max(most, ++running);
      job.progress({ stage: 'Timing', done: 1, total: 2 });
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { message: 'done' };
    },
    profile: () => new Promise(() => {}),
  } satisfies Partial<Record<keyof RuntimeApi, unknown>> as unknown as Handlers<RuntimeApi>;
  const start = (backend: RuntimeBackend): WorkerLike => {
    started.push(backend);
    const failures: ((event: Event) => void)[] = [];
    workers.push({
      fail: (message) => failures.forEach((listener) => listener(Object.assign(new Event('error'), { message }))),
    });
    return {
      postMessage: (message: unknown) => {
        const { port } = message as JoinMessage & { kind: 'join' };
        ports.push(port);
        serve<RuntimeApi>(port, handlers);
      },
      addEventListener: (type: string, listener: (event: Event) => void) => {
        if (type === 'error') failures.push(listener);
      },
      removeEventListener: () => {},
      terminate: () => void ended.push(backend),
    } as unknown as WorkerLike;
  };
  const runtime = new LentRuntime(start, (each) => doing.push(each));
  const bench = (backend: RuntimeBackend, bytes = 8) =>
    runtime.handlers.bench(
      {
        a: { name: 'a.onnx', bytes: new Uint8Array(bytes) },
        b: null,
        request: { backend, level: 'all', threads: 1, runs: 1, budgetMs: 1 },
      },
      createJob(new AbortController().signal, () => {}),
    );
  return { started, ended, doing, workers, runtime, bench, most: () => most };
}

const ports: MessagePort[] = [];
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  vi.useRealTimers();
  for (const port of ports.splice(0)) port.close();
});

const profile = (runtime: LentRuntime, signal: AbortSignal) =>
  runtime.handlers.profile(
    {
      model: { name: 'a.onnx', bytes: new Uint8Array(8) },
      request: { backend: 'wasm', level: 'all', threads: 1, runs: 1, budgetMs: 1 },
    },
    createJob(signal, () => {}),
  );

describe('the runtime of a lent device', () => {
  test('does one thing after the other, whatever the backend, and says what it is at', async () => {
    const { bench, started, doing, most } = make();
    await Promise.all([bench('wasm'), bench('webgpu'), bench('wasm')]);
    expect(started).toEqual(['wasm', 'webgpu']);
    expect(most()).toBe(1);
    expect(doing[0]).toEqual({ model: 'a.onnx', what: 'benchmark', progress: null });
    expect(doing[1]?.progress).toEqual({ stage: 'Timing', done: 1, total: 2 });
    expect(doing.at(-1)).toBeNull();
  });

  test('gives the memory of a large model back', async () => {
    const { bench, started, ended } = make();
    await bench('wasm', (64 << 20) + 1);
    expect(ended).toEqual(['wasm']);
    await bench('wasm');
    expect(started).toEqual(['wasm', 'wasm']);
  });

  test('ends a worker that hears no cancel for five seconds, and works on with another one', async () => {
    const { runtime, bench, doing, ended } = make();
    const controller = new AbortController();
    const stuck = Promise.resolve(profile(runtime, controller.signal)).catch((error: unknown) => error);
    await vi.waitUntil(() => doing.length > 0);
    controller.abort();
    await vi.advanceTimersByTimeAsync(4900);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(await stuck).toMatchObject({ code: 'cancelled' });
    expect(ended).toEqual(['wasm']);
    expect(await bench('wasm')).toEqual({ message: 'done' });
  });

  test('says why a worker died', async () => {
    const { runtime, doing, workers } = make();
    const call = Promise.resolve(profile(runtime, new AbortController().signal)).catch((error: unknown) => error);
    await vi.waitUntil(() => doing.length > 0);
    workers[0]?.fail('out of memory');
    expect(await call).toMatchObject({
      code: 'worker-died',
      message: expect.stringContaining('(wasm) ended: out of memory.') as string,
    });
  });

  test('that is given up fails what runs', async () => {
    const { runtime, doing } = make();
    const call = Promise.resolve(profile(runtime, new AbortController().signal)).catch((error: unknown) => error);
    await vi.waitUntil(() => doing.length > 0);
    runtime.dispose();
    expect(await call).toMatchObject({ code: 'cancelled' });
    expect(doing.at(-1)).toBeNull();
  });
});
