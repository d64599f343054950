/** Beside the page: it also keeps the studio for times without a network (`offline.ts`). */
export const SERVICE_WORKER = 'service-worker.js';

/** What became of it: the page is isolated, is about to load again, or has to do without. */
export type Isolation = 'isolated' | 'reloading' | 'unavailable';

/** Set before the one reload, so that a browser that still does not isolate the page is not reloaded for ever. */
const TRIED = 'whittle-isolation-tried';

/** A blocked registration may neither succeed nor fail; the page does not wait for it longer than this, ms. */
const PATIENCE = 3000;
const late = (): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the service worker did not start')), PATIENCE);
  });

/** The parts of the page that are needed; tests give their own. */
export interface IsolationScope {
  readonly crossOriginIsolated: boolean;
  readonly isSecureContext: boolean;
  readonly navigator: { readonly serviceWorker?: ServiceWorkerContainer };
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly document: { readonly baseURI: string };
  readonly location: { reload(): void };
}

/**
 * On a host that does not send the isolation headers, lets a service worker add them and loads the page once more.
 * Without isolation everything works, with one WASM thread. Call it before anything else is started.
 */
export async function ensureIsolation(scope: IsolationScope = window): Promise<Isolation> {
  if (scope.crossOriginIsolated) return 'isolated';
  const workers = scope.navigator.serviceWorker;
  if (!scope.isSecureContext || !workers) return 'unavailable';
  try {
    if (scope.sessionStorage.getItem(TRIED)) return 'unavailable';
    scope.sessionStorage.setItem(TRIED, 'yes');
    await workers.register(new URL(SERVICE_WORKER, scope.document.baseURI));
    await Promise.race([workers.ready, late()]);
  } catch {
    // Refused by the browser's settings or by the host: the page works on without threads.
    return 'unavailable';
  }
  scope.location.reload();
  return 'reloading';
}
