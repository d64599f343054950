/**
 * Adds the headers of cross-origin isolation on hosts that do not send them, so that WASM may use threads. It keeps
 * nothing: every request goes to the network. Registered by `src/ui/isolation.ts`; it must lie at the root of the
 * studio, since a service worker governs only its own folder.
 */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const isOurs = new URL(request.url).origin === self.location.origin;
  // Browsers may ask the cache only on behalf of the page itself; a worker must not repeat such a request.
  if (!isOurs || (request.cache === 'only-if-cached' && request.mode !== 'same-origin')) return;
  event.respondWith(isolated(request));
});

async function isolated(request) {
  const response = await fetch(request);
  // Opaque and redirected-away answers cannot be rebuilt, and carry no document.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const bodyless = response.status === 204 || response.status === 304;
  return new Response(bodyless ? null : response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}
