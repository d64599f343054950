import { test as base, type BrowserContext, type Request } from '@playwright/test';

export { expect, type Locator, type Page, type Worker } from '@playwright/test';

/** What a page and its workers said of the policy of the page, or asked of another origin; in words. */
export interface Trespasses {
  readonly seen: string[];
}

/** Names that tests give to this machine: pages may be opened from there, and from nowhere else. */
const OWN = /^(127\.0\.0\.1|localhost|\[::1\]|[\w-]+\.test)$/;
/** As Chromium words it for a page, a worker and a frame. */
const VIOLATION = /Content Security Policy/;

/** The place that asks: the frame's page, or the service worker; null: it is an opening of a page. */
function askerOf(request: Request): string | null {
  const worker = request.serviceWorker();
  if (worker) return worker.url();
  if (request.isNavigationRequest()) return null;
  return request.frame().page().url();
}

function trespass(request: Request): string | null {
  const url = new URL(request.url());
  if (!/^(https?|wss?):$/.test(url.protocol)) return null;
  const asker = askerOf(request);
  // A page that is being opened has no address yet.
  const isOwn =
    asker === null || asker === '' || asker === 'about:blank'
      ? OWN.test(url.hostname)
      : new URL(asker).origin === url.origin;
  return isOwn ? null : `${asker ?? 'An opening'} asked for ${url.href}`;
}

/** In a worker, whose violations the browser does not write to the console by itself: those before are told, too. */
function sayViolations(): void {
  const say = (reports: readonly Report[]): void =>
    reports.forEach(({ body }) => console.error(`Content Security Policy, in a worker: ${JSON.stringify(body)}`));
  new ReportingObserver(say, { types: ['csp-violation'], buffered: true }).observe();
}

function watch(context: BrowserContext, seen: string[]): void {
  context.on('request', (request) => {
    const found = trespass(request);
    if (found !== null) seen.push(found);
  });
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(page.url()).host)
        seen.push(`${page.url()} connected to ${socket.url()}`);
    });
    page.on('worker', (worker) => {
      // A worker that has ended meanwhile has nothing more to say.
      worker.evaluate(sayViolations).catch(() => {});
    });
  });
  context.on('console', (message) => {
    if (message.type() === 'error' && VIOLATION.test(message.text())) seen.push(message.text());
  });
}

/**
 * Playwright's `test`, which fails a test when a page, a worker or a service worker of any of its contexts asks another
 * origin than its own for anything, or does what the page's policy forbids.
 */
export const test = base.extend<{ trespasses: Trespasses }>({
  trespasses: [
    async ({ browser }, use) => {
      const seen: string[] = [];
      const listen = (context: BrowserContext): void => watch(context, seen);
      browser.on('context', listen);
      await use({ seen });
      browser.off('context', listen);
      if (seen.length > 0)
        throw new Error(`The page left its origin, or its policy:\n${[...new Set(seen)].join('\n')}`);
    },
    { auto: true },
  ],
});
