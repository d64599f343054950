import { CodedError } from '../base/error.ts';
import { createClient, type CallOptions, type Client } from './client.ts';
import type { GraphApi, HostRequest } from './api.ts';
import type { Endpoint } from './wire.ts';
import type { RuntimeBackend } from '../runtime/types.ts';

/** The part of `Worker` that the host needs; tests give their own. */
export interface WorkerLike extends Endpoint {
  terminate(): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
}

export interface WorkerFactory {
  graph(): WorkerLike;
  runtime(backend: RuntimeBackend): WorkerLike;
  /** Lets a lent device be called at this port. */
  device?(device: number, port: MessagePort): void;
}

/** Messages outside the calls: the page joins the two workers by a port of their own. */
export type JoinMessage =
  | { readonly kind: 'join'; readonly port: MessagePort }
  | { readonly kind: 'runtime'; readonly backend: RuntimeBackend; readonly port: MessagePort }
  | { readonly kind: 'device'; readonly device: number; readonly port: MessagePort }
  | { readonly kind: 'runtime-died'; readonly backend: RuntimeBackend; readonly message: string };

const reasonOf = (event: Event): string =>
  'message' in event && typeof event.message === 'string' ? event.message : 'no reason given';

export interface Host {
  readonly client: Client<GraphApi>;
  /** Ends both workers at once: the hard stop. Open calls fail with `worker-died`. */
  restart(): void;
  dispose(): void;
}

/**
 * Owns the workers. The graph worker is started at once; a runtime worker when the graph worker asks for it, and it is
 * ended again after a large job, since its heap never shrinks. A worker that dies fails its open calls; `onGraphDeath`
 * tells the page to open the document again and replay its recipe.
 */
export function createHost(factory: WorkerFactory, onGraphDeath: (error: CodedError) => void): Host {
  let graph: WorkerLike;
  let client: Client<GraphApi>;
  const runtimes = new Map<RuntimeBackend, WorkerLike>();

  const endRuntime = (backend: RuntimeBackend): void => {
    runtimes.get(backend)?.terminate();
    runtimes.delete(backend);
  };

  const startRuntime = (backend: RuntimeBackend): void => {
    endRuntime(backend);
    const worker = factory.runtime(backend);
    const { port1, port2 } = new MessageChannel();
    const died = (event: Event): void => {
      if (runtimes.get(backend) !== worker) return;
      endRuntime(backend);
      const message = reasonOf(event);
      graph.postMessage({ kind: 'runtime-died', backend, message } satisfies JoinMessage);
    };
    worker.addEventListener('error', died);
    worker.addEventListener('messageerror', died);
    worker.postMessage({ kind: 'join', port: port1 } satisfies JoinMessage, [port1]);
    graph.postMessage({ kind: 'runtime', backend, port: port2 } satisfies JoinMessage, [port2]);
    runtimes.set(backend, worker);
  };

  const joinDevice = (device: number): void => {
    const { port1, port2 } = new MessageChannel();
    factory.device?.(device, port1);
    graph.postMessage({ kind: 'device', device, port: port2 } satisfies JoinMessage, [port2]);
  };

  const startGraph = (): void => {
    const worker = factory.graph();
    graph = worker;
    client = createClient<GraphApi>(worker);
    worker.addEventListener('message', (event: MessageEvent) => {
      const request = event.data as HostRequest;
      if (request.kind === 'need-runtime') startRuntime(request.backend);
      if (request.kind === 'need-device') joinDevice(request.device);
      if (request.kind === 'release-runtime') endRuntime(request.backend);
    });
    worker.addEventListener('error', (event) => {
      if (graph !== worker) return;
      const error = new CodedError(
        'worker-died',
        `The worker that holds the graph ended: ${reasonOf(event)}. The model is opened again and the recipe replayed.`,
      );
      respawn(error);
      onGraphDeath(error);
    });
  };

  const respawn = (error: CodedError): void => {
    const old = client;
    graph.terminate();
    for (const backend of [...runtimes.keys()]) endRuntime(backend);
    startGraph();
    old.fail(error);
  };

  startGraph();
  return {
    client: {
      call: <M extends keyof GraphApi & string>(method: M, params: GraphApi[M]['params'], options?: CallOptions) =>
        client.call(method, params, options),
      fail: (error) => client.fail(error),
      get pending() {
        return client.pending;
      },
    },
    restart: () => respawn(new CodedError('worker-died', 'The work was stopped.')),
    dispose() {
      graph.terminate();
      for (const backend of [...runtimes.keys()]) endRuntime(backend);
    },
  };
}
