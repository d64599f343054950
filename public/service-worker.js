/**
 * The studio's only service worker. It keeps the built files, so that the studio works with the network off, and gives
 * every answer the headers of cross-origin isolation (hosts that send none would cost WASM its threads) and of the
 * page's policy. It must lie at the root of the studio, since a service worker governs only its own folder.
 *
 * A version is served from what is kept only once all of it is there, each file held against its hash, so that no page
 * is ever made of two versions. A newer version waits until the page asks it to take over (`src/ui/offline.ts`); files
 * of the version before it stay for tabs that still run it. As it lies here it keeps nothing: the build fills in what
 * there is (`src/offline/files.ts`).
 */
const BUILD = { version: '', files: {}, headers: {} };

const SCOPE = self.registration.scope;
const NAME = `whittle ${SCOPE}`;
const PAGES = { '': 'index.html', lend: 'lend.html' };
/** Files are kept under their hashes, so that versions share what they have in common. */
const fileKey = (hash) => new URL(`kept/file/${hash}`, SCOPE).href;
/** A list of files by path; it is put last, and so says that all of them are there. */
const versionKey = (version) => new URL(`kept/version/${version}`, SCOPE).href;
/** `[serving, before]`: the version that pages get, and the one that older tabs may still run. */
const SERVING = new URL('kept/serving', SCOPE).href;

const json = (value) => new Response(JSON.stringify(value));
const read = async (store, key) => (await store.match(key))?.json() ?? null;

self.addEventListener('install', (event) => {
  // The first one serves at once and keeps later; another is whole before it is offered.
  event.waitUntil(self.registration.active ? keep() : self.skipWaiting());
});

self.addEventListener('activate', (event) => event.waitUntil(takeOver()));

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') event.waitUntil(self.skipWaiting());
  if (event.data === 'pause') pauses += 1;
  if (event.data === 'keep') {
    const answer = (state) => event.source?.postMessage(state);
    event.waitUntil(
      keep().then(
        (isKept) => answer(isKept ? 'kept' : 'not-kept'),
        () => answer('not-kept'),
      ),
    );
  }
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || request.method !== 'GET') return;
  // Browsers may ask the cache only on behalf of the page itself; a worker must not repeat such a request.
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  event.respondWith(answered(request, url));
});

async function takeOver() {
  await self.clients.claim();
  if (BUILD.version === '') return;
  const store = await caches.open(NAME);
  const [serving = null] = (await read(store, SERVING)) ?? [];
  if (serving === BUILD.version) return;
  await store.put(SERVING, json([BUILD.version, serving]));
  await forget(store, [BUILD.version, serving]);
}

/** Drops what no version of these has. */
async function forget(store, versions) {
  const wanted = new Set([SERVING]);
  for (const version of versions) {
    wanted.add(versionKey(version));
    const files = version === BUILD.version ? BUILD.files : await read(store, versionKey(version));
    for (const hash of Object.values(files ?? {})) wanted.add(fileKey(hash));
  }
  for (const { url } of await store.keys()) if (!wanted.has(url)) await store.delete(url);
}

let isWhole = null;
/** All files of this version are kept. */
async function whole() {
  if (BUILD.version === '') return false;
  isWhole ??= caches.open(NAME).then((store) => store.match(versionKey(BUILD.version)));
  if (await isWhole) return true;
  isWhole = null;
  return false;
}

/** How often a page has asked to fetch no more: it measures, and asks anew when it is through. */
let pauses = 0;

/**
 * Keeps what is not kept yet; true once this version is whole, false where a page has asked for a pause. Throws where the
 * host's files are not of this version.
 */
async function keep() {
  if (BUILD.version === '') return false;
  const before = pauses;
  if (await whole()) return true;
  const store = await caches.open(NAME);
  // One after the other: a page may be at work beside it.
  for (const [path, hash] of Object.entries(BUILD.files)) {
    if (pauses !== before) return false;
    if (!(await store.match(fileKey(hash)))) await store.put(fileKey(hash), await fetched(path, hash));
  }
  await store.put(versionKey(BUILD.version), json(BUILD.files));
  isWhole = null;
  return whole();
}

async function fetched(path, hash) {
  const response = await fetch(new URL(path, SCOPE), { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const bytes = await response.arrayBuffer();
  // Hosts write into pages (`npm start` marks its own), so these say themselves which version they are of.
  const isRight = path.endsWith('.html')
    ? new TextDecoder().decode(bytes).includes(`content="${BUILD.version}"`)
    : (await digest(bytes)) === hash;
  if (!isRight) throw new Error(`${path} is of another version.`);
  const type = response.headers.get('content-type');
  return new Response(bytes, {
    headers: { ...(type && { 'content-type': type }), 'content-length': bytes.byteLength },
  });
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function answered(request, url) {
  const kept = url.href.startsWith(SCOPE) && (await fromKept(url.pathname.slice(new URL(SCOPE).pathname.length)));
  const response = kept || (await fetch(request));
  // Opaque and redirected-away answers cannot be rebuilt, and carry no document.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(BUILD.headers)) headers.set(name, value);
  const bodyless = response.status === 204 || response.status === 304;
  return new Response(bodyless ? null : response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

async function fromKept(path) {
  if (!(await whole())) return null;
  const store = await caches.open(NAME);
  const hash = BUILD.files[PAGES[path] ?? path] ?? (await hashBefore(store, path));
  return hash ? store.match(fileKey(hash)) : null;
}

/** Of a file that a tab of the version before asks for: names in that folder carry hashes, so none stands for two. */
async function hashBefore(store, path) {
  if (!path.startsWith('assets/')) return null;
  const [, before = null] = (await read(store, SERVING)) ?? [];
  return before && ((await read(store, versionKey(before))) ?? {})[path];
}
