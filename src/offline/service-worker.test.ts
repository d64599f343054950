import { createHash, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

const SCOPE = 'https://host.example/studio/';
const SOURCE = readFileSync(new URL('../../public/service-worker.js', import.meta.url), 'utf8');

class Store {
  readonly kept = new Map<string, Response>();
  readonly match = (key: string) => Promise.resolve(this.kept.get(key)?.clone());
  readonly put = (key: string, response: Response) => Promise.resolve(void this.kept.set(key, response));
}

type Heard = (event: object) => void;

/** The worker of a build with these files, on a host that counts what is asked of it. */
function worker(files: Readonly<Record<string, string>>) {
  const hashes = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, createHash('sha256').update(text).digest('hex')]),
  );
  const build = { version: 'v1', files: hashes, headers: {} };
  const source = SOURCE.replace(/^const BUILD = .*;$/m, `const BUILD = ${JSON.stringify(build)};`);
  const [store, heard, asked] = [new Store(), new Map<string, Heard>(), [] as string[]];
  let onFetch = (_path: string): void => {};
  runInNewContext(source, {
    self: { registration: { scope: SCOPE }, addEventListener: (type: string, each: Heard) => heard.set(type, each) },
    caches: { open: () => Promise.resolve(store) },
    fetch: (url: URL) => {
      const path = url.href.slice(SCOPE.length);
      asked.push(path);
      onFetch(path);
      return Promise.resolve(new Response(files[path]));
    },
    crypto: webcrypto,
    URL,
    Response,
  });
  /** What the page is answered; null for a message that has no answer. */
  const message = (data: string): Promise<string | null> =>
    new Promise((resolve) => {
      let waits = false;
      const waitUntil = (): void => void (waits = true);
      heard.get('message')?.({ data, source: { postMessage: resolve }, waitUntil });
      if (!waits) resolve(null);
    });
  return { asked, message, meanwhile: (work: typeof onFetch) => (onFetch = work) };
}

const FILES = { 'assets/a.js': 'a', 'assets/b.js': 'b', 'assets/c.js': 'c' };

describe('the service worker', () => {
  it('keeps every file of its build once, and says so', async () => {
    const { asked, message } = worker(FILES);
    expect(await message('keep')).toBe('kept');
    expect(await message('keep')).toBe('kept');
    expect(asked).toEqual(Object.keys(FILES));
  });

  it('fetches no more when the page asks for a pause, and goes on where it was', async () => {
    const { asked, message, meanwhile } = worker(FILES);
    meanwhile((path) => void (path === 'assets/b.js' && message('pause')));
    expect(await message('keep')).toBe('not-kept');
    expect(asked).toEqual(['assets/a.js', 'assets/b.js']);
    expect(await message('keep')).toBe('kept');
    expect(asked).toEqual(Object.keys(FILES));
  });

  it('does not keep what is of another build', async () => {
    const { message } = worker({ ...FILES, 'index.html': 'a page of another version' });
    expect(await message('keep')).toBe('not-kept');
  });
});
