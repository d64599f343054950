import { CodedError, toErrorRecord } from '../base/error.ts';
import { createJob, type Job } from '../base/job.ts';
import type { Api } from './api.ts';
import type { Endpoint, ToClient, ToServer } from './wire.ts';

/** What a handler gives back when parts of its result are to be transferred instead of copied. */
export class Transferred<T> {
  readonly result: T;
  readonly transfer: Transferable[];
  constructor(result: T, transfer: Transferable[]) {
    this.result = result;
    this.transfer = transfer;
  }
}

export type Handlers<A extends Api<A>> = {
  readonly [M in keyof A & string]: (
    params: A[M]['params'],
    job: Job,
  ) => Promise<A[M]['result'] | Transferred<A[M]['result']>> | A[M]['result'] | Transferred<A[M]['result']>;
};

/** Serves calls on an endpoint until the other side is gone. Errors cross as `{code, message, data}`. */
export function serve<A extends Api<A>>(endpoint: Endpoint, handlers: Handlers<A>): void {
  const running = new Map<number, AbortController>();
  const send = (message: ToClient, transfer: Transferable[] = []) => endpoint.postMessage(message, transfer);

  async function answer(id: number, method: string, params: unknown, controller: AbortController): Promise<void> {
    try {
      const handler = (handlers as Record<string, (params: never, job: Job) => unknown>)[method];
      if (!handler) throw new CodedError('bad-request', `There is no call named ${method}.`);
      const job = createJob(controller.signal, (progress) => send({ kind: 'progress', id, progress }));
      const result = await handler(params as never, job);
      if (result instanceof Transferred) send({ kind: 'result', id, result: result.result }, result.transfer);
      else send({ kind: 'result', id, result });
    } catch (error) {
      send({ kind: 'error', id, error: toErrorRecord(error) });
    } finally {
      running.delete(id);
    }
  }

  endpoint.addEventListener('message', (event) => {
    const message = event.data as ToServer;
    if (message.kind === 'cancel') running.get(message.id)?.abort();
    else if (message.kind === 'call') {
      const controller = new AbortController();
      running.set(message.id, controller);
      void answer(message.id, message.method, message.params, controller);
    }
  });
  endpoint.start?.();
}

/** The distinct buffers of every typed array in a plain value: what to transfer with it. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    if (typeof value[0] === 'object') for (const each of value) buffersOf(each, found);
  } else if (value !== null && typeof value === 'object') {
    for (const each of Object.values(value)) buffersOf(each, found);
  }
  return [...found];
}
