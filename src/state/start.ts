import { CodedError } from '../base/error.ts';
import { forecastOf } from '../prune/forecast.ts';
import type { Api, ModelsApi } from '../protocol/api.ts';
import { createClient, type Client } from '../protocol/client.ts';
import { createHost, type WorkerFactory, type WorkerLike } from '../protocol/host.ts';
import type { DevicesApi } from '../remote/devices-api.ts';
import { createApp, type App } from './app.ts';
import type { Platform } from './core.ts';
import type { DevicesAccess } from './devices.ts';

/** Calls to a worker that is started with the first of them; one that dies is replaced at the next. */
function lazyClient<A extends Api<A>>(start: () => WorkerLike, what: string): Client<A> {
  let client: Client<A> | null = null;
  const begin = (): Client<A> => {
    const worker = start();
    const fresh = createClient<A>(worker);
    worker.addEventListener('error', () => {
      client = null;
      fresh.fail(new CodedError('worker-died', `The worker that ${what} ended. Try again.`));
    });
    return fresh;
  };
  return {
    call: (method, params, options) => (client ??= begin()).call(method, params, options),
    fail: (error) => client?.fail(error),
    get pending() {
      return client?.pending ?? 0;
    },
  };
}

/** What only a browser can do, and workers: one keeps models where there is storage, one talks to lent devices. */
export type BrowserPlatform = Omit<Platform, 'models' | 'devices'> & {
  readonly modelsWorker: (() => WorkerLike) | null;
  readonly relay: (Omit<DevicesAccess, 'client'> & { readonly worker: () => WorkerLike }) | null;
};

function devicesAccess({ worker, ...relay }: NonNullable<BrowserPlatform['relay']>): DevicesAccess {
  return { ...relay, client: lazyClient<DevicesApi>(worker, 'talks to lent devices') };
}

/** The studio over workers of its own. */
export const startApp = (workers: WorkerFactory, { modelsWorker, relay, ...platform }: BrowserPlatform): App =>
  createApp(
    (onGraphDeath) => createHost(workers, onGraphDeath),
    {
      ...platform,
      models: modelsWorker && lazyClient<ModelsApi>(modelsWorker, 'keeps models'),
      ...(relay && { devices: devicesAccess(relay) }),
    },
    forecastOf,
  );
