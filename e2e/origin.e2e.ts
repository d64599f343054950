import { expect, test } from './test.ts';
import { StudioPage } from './studio-page.ts';

const FOREIGN = 'http://elsewhere.example/';

/** What the fixture saw, taken out of it: here it is what is wanted. */
const taken = (seen: string[]): string => seen.splice(0).join('\n');

test('the fixture of these tests reports a page, an image and a worker that ask elsewhere, and the policy stops them', async ({
  page,
  trespasses: { seen },
}) => {
  await new StudioPage(page).goto();
  expect(seen).toEqual([]);

  const fetched = await page.evaluate((url) => fetch(url).then(String, String), FOREIGN);
  expect(fetched).toContain('Failed to fetch');
  await expect.poll(() => seen.join('\n')).toContain('connect-src');
  taken(seen);

  await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const image = new Image();
        image.addEventListener('error', resolve);
        image.src = `${url}pixel.png`;
      }),
    FOREIGN,
  );
  await expect.poll(() => seen.join('\n')).toContain('img-src');
  taken(seen);

  // The studio starts its worker when there is work, perhaps only now.
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  const inWorker = await worker.evaluate((url) => fetch(url).then(String, String), FOREIGN);
  expect(inWorker).toContain('Failed to fetch');
  await expect.poll(() => seen.join('\n')).toMatch(/in a worker.*connect-src/);
  taken(seen);
});

test('the policy stops a script that stands in the page, and text that is made into code', async ({
  page,
  trespasses: { seen },
}) => {
  await new StudioPage(page).goto();
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.wasRun = true';
    document.head.append(script);
  });
  expect(await page.evaluate(() => 'wasRun' in globalThis)).toBe(false);
  await expect.poll(() => seen.join('\n')).toContain('script-src');
  taken(seen);
  // In a task of the page's own: what a debugger evaluates may be exempt.
  const made = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        setTimeout(() => {
          try {
            resolve(typeof Reflect.construct(globalThis['Function'], ['return 1']));
          } catch (error) {
            resolve((error as Error).name);
          }
        });
      }),
  );
  expect(made).toBe('EvalError');
  taken(seen);
});

test('a request that no policy stops is reported too: one from a page without a policy', async ({
  page,
  baseURL,
  trespasses: { seen },
}) => {
  const bare = `${baseURL ?? ''}bare.html`;
  await page.route(bare, (route) => route.fulfill({ body: '<p>Bare', contentType: 'text/html' }));
  await page.goto(bare);
  expect(seen).toEqual([]);
  await page.route(FOREIGN, (route) => route.fulfill({ body: '', headers: { 'access-control-allow-origin': '*' } }));
  await page.evaluate((url) => fetch(url, { mode: 'no-cors' }).then(String, String), FOREIGN);
  expect(taken(seen)).toContain('elsewhere.example');
  await page.evaluate((url) => {
    const source = `fetch('${url}', { mode: 'no-cors' }).then(String, String).then(postMessage)`;
    const worker = new Worker(URL.createObjectURL(new Blob([source])));
    return new Promise((resolve) => worker.addEventListener('message', resolve));
  }, FOREIGN);
  expect(taken(seen)).toContain('elsewhere.example');
});
