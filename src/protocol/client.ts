import { CodedError, fromErrorRecord } from '../base/error.ts';
import type { Progress } from '../base/job.ts';
import type { Api } from './api.ts';
import type { Endpoint, ToClient, ToServer } from './wire.ts';

export interface CallOptions<P extends Progress = Progress> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: P) => void;
  readonly transfer?: Transferable[];
}

export interface Client<A extends Api<A>> {
  call<M extends keyof A & string>(
    method: M,
    params: A[M]['params'],
    options?: CallOptions<A[M]['progress']>,
  ): Promise<A[M]['result']>;
  /** Fails every open call: the other side has died or was ended. */
  fail(error: CodedError): void;
  /** Calls that have not ended. */
  readonly pending: number;
}

interface Open {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Typed calls over an endpoint. A cancel is sent as a message; the promise ends when the other side answers. */
export function createClient<A extends Api<A>>(endpoint: Endpoint): Client<A> {
  const open = new Map<number, Open>();
  let nextId = 1;
  endpoint.addEventListener('message', (event) => {
    const message = event.data as ToClient;
    const call = open.get(message.id);
    if (!call) return;
    if (message.kind === 'progress') {
      call.onProgress?.(message.progress);
      return;
    }
    open.delete(message.id);
    if (message.kind === 'result') call.resolve(message.result);
    else call.reject(fromErrorRecord(message.error));
  });
  endpoint.start?.();
  return {
    call(method, params, options = {}) {
      if (options.signal?.aborted) return Promise.reject(new CodedError('cancelled', 'The job was cancelled.'));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const onAbort = () => endpoint.postMessage({ kind: 'cancel', id } satisfies ToServer);
        const end = () => options.signal?.removeEventListener('abort', onAbort);
        open.set(id, {
          resolve: (result) => (end(), resolve(result)),
          reject: (error) => (end(), reject(error)),
          onProgress: options.onProgress,
        });
        options.signal?.addEventListener('abort', onAbort);
        endpoint.postMessage({ kind: 'call', id, method, params } satisfies ToServer, options.transfer ?? []);
      });
    },
    fail(error) {
      const calls = [...open.values()];
      open.clear();
      for (const call of calls) call.reject(error);
    },
    get pending() {
      return open.size;
    },
  };
}
