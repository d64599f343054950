import { CodedError } from '../base/error.ts';
import { forecastOf } from '../prune/forecast.ts';
import type { ModelsApi } from '../protocol/api.ts';
import { createClient, type Client } from '../protocol/client.ts';
import { createHost, type WorkerFactory, type WorkerLike } from '../protocol/host.ts';
import { createApp, type App } from './app.ts';
import type { Platform } from './core.ts';

/** Calls to a worker that is started with the first of them; one that dies is replaced at the next. */
function lazyClient(start: () => WorkerLike): Client<ModelsApi> {
  let client: Client<ModelsApi> | null = null;
  const begin = (): Client<ModelsApi> => {
    const worker = start();
    const fresh = createClient<ModelsApi>(worker);
    worker.addEventListener('error', () => {
      client = null;
      fresh.fail(new CodedError('worker-died', 'The worker that keeps models ended. Try again.'));
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

/** What only a browser can do, and the worker that keeps models where it has storage for them. */
export type BrowserPlatform = Omit<Platform, 'models'> & { readonly modelsWorker: (() => WorkerLike) | null };

/** The studio over workers of its own. */
export const startApp = (workers: WorkerFactory, { modelsWorker, ...platform }: BrowserPlatform): App =>
  createApp(
    (onGraphDeath) => createHost(workers, onGraphDeath),
    { ...platform, models: modelsWorker && lazyClient(modelsWorker) },
    forecastOf,
  );
