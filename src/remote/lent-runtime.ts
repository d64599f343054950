import { CodedError } from '../base/error.ts';
import type { Job, Progress } from '../base/job.ts';
import type { ModelParcel, RuntimeApi } from '../protocol/api.ts';
import { createClient, type Client } from '../protocol/client.ts';
import type { JoinMessage, WorkerLike } from '../protocol/host.ts';
import { buffersOf, type Handlers } from '../protocol/server.ts';
import type { RuntimeBackend } from '../runtime/types.ts';

/** What is asked of a lent device: whole jobs. Nothing stays loaded there between two of them. */
export type LentApi = Pick<
  RuntimeApi,
  'capabilities' | 'evaluate' | 'runs' | 'verify' | 'bench' | 'profile' | 'kernels' | 'optimizers'
>;
type Method = keyof LentApi & string;

/** What the device is at. */
export interface Doing {
  /** Names of the model, or of both. */
  readonly model: string;
  readonly what: string;
  readonly progress: Progress | null;
}

/** Work beyond this size leaves a heap behind that is worth giving back, bytes. */
const LARGE = 64 << 20;
/** A worker that does not hear a cancel for so long is ended, ms. */
const STUCK = 5000;

const WORDS: Readonly<Record<Method, string>> = {
  capabilities: 'looking at the device',
  evaluate: 'one run',
  runs: 'runs',
  verify: 'check',
  bench: 'benchmark',
  profile: 'profile',
  kernels: 'times of operators',
  optimizers: "the runtime's optimizers",
};

interface Running {
  readonly worker: WorkerLike;
  readonly client: Client<RuntimeApi>;
}

/**
 * The runtime workers of a lending page behind the calls of a studio: one call after the other, whatever its backend,
 * for nothing may run beside a benchmark.
 */
export class LentRuntime {
  private readonly workers = new Map<RuntimeBackend, Running>();
  private last: Promise<unknown> = Promise.resolve();
  private readonly start: (backend: RuntimeBackend) => WorkerLike;
  private readonly onDoing: (doing: Doing | null) => void;

  constructor(start: (backend: RuntimeBackend) => WorkerLike, onDoing: (doing: Doing | null) => void) {
    this.start = start;
    this.onDoing = onDoing;
  }

  readonly handlers: Handlers<LentApi> = {
    capabilities: (params, job) => this.inTurn('capabilities', 'wasm', params, [], job),
    evaluate: (params, job) => this.inTurn('evaluate', 'wasm', params, [params.model], job),
    runs: (params, job) => this.inTurn('runs', 'wasm', params, [params.model], job),
    verify: (params, job) => {
      const backend = params.request.backends.includes('webgpu') ? 'webgpu' : 'wasm';
      return this.inTurn('verify', backend, params, [params.a, params.b], job);
    },
    bench: (params, job) => {
      const models = params.b ? [params.a, params.b] : [params.a];
      return this.inTurn('bench', params.request.backend, params, models, job);
    },
    profile: (params, job) => this.inTurn('profile', params.request.backend, params, [params.model], job),
    kernels: (params, job) => this.inTurn('kernels', params.request.backend, params, [params.model], job),
    optimizers: (params, job) => this.inTurn('optimizers', params.request.backend, params, [params.model], job),
  };

  /** Ends every worker; what runs fails. */
  dispose(): void {
    const error = new CodedError('cancelled', 'The device no longer lends itself.');
    for (const backend of [...this.workers.keys()]) this.end(backend, error);
  }

  private inTurn<M extends Method>(
    method: M,
    backend: RuntimeBackend,
    params: LentApi[M]['params'],
    models: readonly ModelParcel[],
    job: Job,
  ): Promise<LentApi[M]['result']> {
    const turn = this.last.then(async () => {
      await job.checkpoint();
      return this.call(method, backend, params, models, job);
    });
    this.last = turn.catch(() => {});
    return turn;
  }

  private async call<M extends Method>(
    method: M,
    backend: RuntimeBackend,
    params: LentApi[M]['params'],
    models: readonly ModelParcel[],
    job: Job,
  ): Promise<LentApi[M]['result']> {
    const bytes = models.reduce((sum, model) => sum + model.bytes.byteLength, 0);
    const doing = { model: models.map(({ name }) => name).join(' · '), what: WORDS[method] };
    const tell = (progress: Progress | null): void => this.onDoing({ ...doing, progress });
    tell(null);
    const { client } = this.workerFor(backend);
    let stuck: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => {
      const error = new CodedError('cancelled', 'The job was cancelled.');
      stuck = setTimeout(() => this.end(backend, error), STUCK);
    };
    job.signal.addEventListener('abort', onAbort);
    try {
      return await client.call(method, params, {
        signal: job.signal,
        transfer: buffersOf(params),
        onProgress(progress) {
          tell(progress);
          job.progress(progress);
        },
      });
    } finally {
      clearTimeout(stuck);
      job.signal.removeEventListener('abort', onAbort);
      this.onDoing(null);
      // The heap of the runtime never shrinks: ending the worker gives the memory back.
      if (bytes > LARGE) this.end(backend, new CodedError('worker-died', 'The worker was ended.'));
    }
  }

  private workerFor(backend: RuntimeBackend): Running {
    const here = this.workers.get(backend);
    if (here) return here;
    const worker = this.start(backend);
    const { port1, port2 } = new MessageChannel();
    const running = { worker, client: createClient<RuntimeApi>(port2) };
    const died = (event: Event): void => {
      if (this.workers.get(backend) !== running) return;
      const why = 'message' in event && typeof event.message === 'string' ? event.message : 'no reason given';
      const cure = 'Memory is the usual cause: try a smaller model.';
      this.end(backend, new CodedError('worker-died', `The runtime on the device (${backend}) ended: ${why}. ${cure}`));
    };
    worker.addEventListener('error', died);
    worker.addEventListener('messageerror', died);
    worker.postMessage({ kind: 'join', port: port1 } satisfies JoinMessage, [port1]);
    this.workers.set(backend, running);
    return running;
  }

  private end(backend: RuntimeBackend, error: CodedError): void {
    const running = this.workers.get(backend);
    if (!running) return;
    this.workers.delete(backend);
    running.worker.terminate();
    running.client.fail(error);
  }
}
