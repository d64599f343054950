import { plainHost } from './plain-host.ts';
import { StudioPage } from './studio-page.ts';
import { expect, test } from './test.ts';

test.use({ serviceWorkers: 'allow' });

test('the built folder works on a plain static host below any path, cross-origin isolated, and without it afterwards', async ({
  page,
}) => {
  const host = await plainHost('/tools/whittle/');
  const studio = new StudioPage(page);
  await page.goto(host.address);
  await page.waitForFunction(() => globalThis.crossOriginIsolated);
  await expect(page.getByRole('button', { name: /Choose files/ })).toBeVisible();
  await expect(page.getByText('Works without a network.')).toBeVisible();
  host.end();

  await studio.reload();
  expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await expect(studio.stop(1)).toContainText('agrees');
});
