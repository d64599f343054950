import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from './test.ts';
import { readModel } from '../src/onnx/read.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { set } from './train-page.ts';

const card = (page: Page) => page.getByRole('region', { name: 'Supernet training' });
const section = (page: Page) => page.getByRole('region', { name: 'Supernet', exact: true });
const status = (page: Page) => card(page).getByRole('status');

async function setUp(page: Page, steps: number): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Digit CNN');
  await studio.workspace('Search');
  await page.getByText('Supernet', { exact: true }).click();
  await expect(section(page)).toContainText('drop samples on Samples');
  await page.getByRole('button', { name: 'Drawn digits, search' }).click();
  await expect(page.getByRole('region', { name: 'Samples', exact: true })).toContainText('1000 samples · 10 classes');
  await set(page, 'Training steps', String(steps));
  await set(page, 'Batch', '4');
  await section(page).getByText('More settings').click();
  await set(page, 'Held out, at most', '20');
  return studio;
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('a model is trained as a supernet, saved and opened, and its space knows of it', async ({
  page,
  context,
}, info) => {
  const errors = watchForErrors(page);
  await setUp(page, 8);
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Train as a supernet' }).click();
  await expect(card(page).getByRole('progressbar', { name: /of 8$/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Search( again)?$/ })).toBeVisible();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  const chart = card(page).getByRole('img', { name: /Top class right.* step 8: largest .*, middle .*, smallest / });
  await expect(chart).toBeVisible();
  await expect(card(page).getByRole('row', { name: /^Smallest( \d+\.\d.%){3}$/ })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('done-1440.png') });

  const download = page.waitForEvent('download');
  await card(page).getByRole('button', { name: 'Save…' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('digit-cnn.supernet.onnx');
  const { model } = readModel(new Uint8Array(await readFile(await file.path())));
  const told = JSON.parse(model.extras.metadataProps?.get('whittle.supernet') ?? 'null') as unknown;
  expect(told).toMatchObject({ version: 1, widths: 'first' });

  const opening = context.waitForEvent('page');
  await card(page).getByRole('button', { name: 'Open the supernet' }).click();
  const tab = await opening;
  const opened = new StudioPage(tab);
  await expect(opened.canvas).toBeVisible();
  await opened.workspace('Search');
  await expect(section(tab)).toContainText('This model is a supernet');
  expect(errors).toEqual([]);
});

test('a training is paused, keeps other models out, and is stopped with what it learnt', async ({ page }) => {
  const errors = watchForErrors(page);
  await setUp(page, 4000);
  await page.getByRole('button', { name: 'Train as a supernet' }).click();
  await expect(card(page).getByRole('progressbar', { name: /^Step [1-9]/ })).toBeVisible({ timeout: 60_000 });
  await card(page).getByRole('button', { name: 'Pause' }).click();
  await expect(status(page)).toHaveText('paused');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByText('The search has to wait', { exact: true })).toBeVisible();
  await card(page).getByRole('button', { name: 'Resume' }).click();
  await card(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(status(page)).toHaveText('cancelled', { timeout: 20_000 });
  await expect(page.getByRole('button', { name: /^Go on from step \d+$/ })).toBeVisible();
  expect(errors).toEqual([]);
});
