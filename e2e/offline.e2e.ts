import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealBuild } from '../src/offline/files.ts';
import { plainHost } from './plain-host.ts';
import { serveStudio } from './served-studio.ts';
import { StudioPage } from './studio-page.ts';
import { expect, test, type Page } from './test.ts';

const port = Number(process.env['WHITTLE_E2E_PORT'] ?? 4319) + 80;

test.use({ serviceWorkers: 'allow' });

const kept = (page: Page) => page.getByText('Works without a network.');
const newer = (page: Page) => page.getByRole('listitem').filter({ hasText: 'A newer Whittle is ready' });

/** The main job on samples, none of which was opened before. */
async function work(studio: StudioPage): Promise<void> {
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await expect(studio.stop(1)).toContainText('agrees');
}

test('after one visit the studio works with the network off: samples, a pass, its check on WASM', async ({
  page,
  context,
}) => {
  const studio = new StudioPage(page);
  let asked = 0;
  context.on('requestfinished', (request) => (asked += request.serviceWorker() ? 1 : 0));
  await studio.goto();
  await expect(kept(page)).toBeVisible();
  expect(asked, 'what the service worker keeps, seen by the watch over origins too').toBeGreaterThan(50);
  asked = 0;
  await context.setOffline(true);
  await studio.reload();
  await work(studio);
  await page.goto('./');
  await studio.openSample('Digit CNN');
  await expect(page.getByRole('button', { name: /^Fold batch norm, \d+ sites?/ })).toBeVisible();
  expect(asked, 'what the service worker got of the network').toBe(0);
});

test('the studio of npm start works when its server has ended', async ({ page }) => {
  const served = await serveStudio(port, '--http');
  const studio = new StudioPage(page);
  await page.goto(served.studio);
  await expect(kept(page)).toBeVisible();
  const hasMark = () => page.evaluate(() => document.querySelector('meta[name="whittle-relay"]') !== null);
  expect(await hasMark()).toBe(true);
  served.end();
  await expect.poll(() => fetch(served.studio).then(String, () => 'ended')).toBe('ended');
  await studio.reload();
  expect(await hasMark()).toBe(true);
  expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  await work(studio);
});

/** Another version of a built folder: one part that is loaded later has another name. */
function rename(folder: string): { readonly from: string; readonly to: string } {
  const assets = join(folder, 'assets');
  const from = readdirSync(assets).find((name) => /^CompareWorkspace-.*\.js$/.test(name)) ?? '';
  const to = from.replace('CompareWorkspace-', 'CompareWorkspace-newer-');
  renameSync(join(assets, from), join(assets, to));
  for (const name of readdirSync(assets).filter((each) => each.endsWith('.js'))) {
    const path = join(assets, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
  }
  return { from, to };
}

const versionOf = (page: Page): Promise<string | null> =>
  page.locator('meta[name="whittle-version"]').getAttribute('content');

test('a newer version is offered once it is whole, loaded when asked for, and tabs of the older one go on', async ({
  page,
  context,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-site-'));
  cpSync('dist', folder, { recursive: true });
  const host = await plainHost('/studio/', folder);
  await page.goto(host.address);
  await page.waitForFunction(() => globalThis.crossOriginIsolated);
  await expect(kept(page)).toBeVisible();
  const older = await versionOf(page);
  const other = await context.newPage();
  await other.goto(host.address);
  await expect(kept(other)).toBeVisible();

  // Half of the newer version has reached the host: its worker, and not yet its files.
  const next = mkdtempSync(join(tmpdir(), 'whittle-next-'));
  cpSync(folder, next, { recursive: true });
  const { from, to } = rename(next);
  sealBuild(next);
  cpSync(join(next, 'service-worker.js'), join(folder, 'service-worker.js'));
  const failed = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update().catch(() => {});
    const worker = registration.installing;
    if (worker) await new Promise((resolve) => worker.addEventListener('statechange', resolve));
    return worker?.state ?? null;
  });
  expect(failed).toBe('redundant');
  await expect(newer(page)).toBeHidden();
  expect(await versionOf(page)).toBe(older);

  // All of it has.
  rmSync(folder, { recursive: true });
  cpSync(next, folder, { recursive: true });
  // The browser may join a request to the check that has just failed, so it is asked until it has looked anew.
  await expect(async () => {
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    await expect(newer(page)).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await page.reload();
  expect(await versionOf(page), 'a reload alone changes nothing').toBe(older);
  await newer(page).getByRole('button', { name: 'Load it' }).click();
  await expect.poll(() => versionOf(page).catch(() => null)).not.toBe(older);
  await expect(page.getByRole('button', { name: /Choose files/ })).toBeVisible();
  host.end();

  expect(await versionOf(other)).toBe(older);
  const status = (name: string): Promise<number> =>
    other.evaluate((path) => fetch(path).then((answer) => answer.status), `assets/${name}`);
  expect(await status(from), 'a part of the version that the other tab runs').toBe(200);
  expect(await status(to)).toBe(200);
  await other.reload();
  expect(await versionOf(other)).toBe(await versionOf(page));
  rmSync(folder, { recursive: true });
  rmSync(next, { recursive: true });
});

test('the studio can be installed, and opens the files that the system hands it', async ({
  page,
  context,
  baseURL,
}) => {
  const client = await context.newCDPSession(page);
  await page.addInitScript(() => {
    const handle = { getFile: async () => new File([new Uint8Array([8, 1])], 'handed.onnx') };
    const launchQueue = {
      setConsumer: (consumer: (launch: unknown) => void) => consumer({ files: [handle] }),
    };
    Object.defineProperty(window, 'launchQueue', { value: launchQueue });
  });
  await page.goto('./');
  await expect(page.getByRole('alert').filter({ hasText: 'handed.onnx' }).first()).toBeVisible();

  const { url, errors, data } = await client.send('Page.getAppManifest');
  expect(url).toBe(`${baseURL ?? ''}manifest.webmanifest`);
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data ?? '{}') as { file_handlers: { accept: Record<string, string[]> }[] };
  expect(Object.values(manifest.file_handlers[0]?.accept ?? {}).flat()).toContain('.onnx');
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  // A context of Playwright's is a private window, where nothing is installed.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);
});
