import { SERVICE_WORKER } from './isolation.ts';

/** What the page hears of its being kept. */
export interface OfflineListener {
  /** All of this version is kept: the studio works with the network off. */
  kept(): void;
  /** A newer version is whole and waits; `use` loads it. Told once. */
  newer(use: () => void): void;
}

/** Measurements of the page, which need the device for themselves. */
export interface Measurements {
  isRunning(): boolean;
  /** Calls `listener` whenever one may have begun or ended. */
  onChange(listener: () => void): void;
}

/** The parts of the page that are needed; tests give their own. */
export interface OfflineScope {
  readonly isSecureContext: boolean;
  readonly navigator: { readonly serviceWorker?: ServiceWorkerContainer };
  readonly document: { readonly baseURI: string };
  readonly location: { reload(): void };
}

/**
 * Lets the service worker keep the studio, but not while the page measures, and says when a newer version can be had.
 * Nothing is loaded anew by itself: work in this tab would be lost. False: this browser or page has no service workers, and
 * needs the network.
 */
export async function keepOffline(
  listener: OfflineListener,
  measurements: Measurements,
  scope: OfflineScope = window,
): Promise<boolean> {
  const workers = scope.navigator.serviceWorker;
  if (!scope.isSecureContext || !workers) return false;
  let isKept = false;
  workers.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data !== 'kept') return;
    isKept = true;
    listener.kept();
  });
  workers.startMessages();
  let registration: ServiceWorkerRegistration;
  try {
    registration = await workers.register(new URL(SERVICE_WORKER, scope.document.baseURI));
    await workers.ready;
  } catch {
    // Refused by the browser's settings or by the host.
    return false;
  }
  let said = '';
  const say = (): void => {
    const wanted = measurements.isRunning() ? 'pause' : 'keep';
    if (isKept || wanted === said) return;
    said = wanted;
    registration.active?.postMessage(wanted);
  };
  say();
  measurements.onChange(say);
  let isOffered = false;
  const offer = (): void => {
    const { waiting } = registration;
    if (!waiting || isOffered) return;
    isOffered = true;
    listener.newer(() => {
      // Only the tab that asked: others go on with the version that they run.
      workers.addEventListener('controllerchange', () => scope.location.reload(), { once: true });
      waiting.postMessage('take-over');
    });
  };
  offer();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', offer);
  });
  return true;
}
