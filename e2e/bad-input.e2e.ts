import { expect, test } from '@playwright/test';
import { badFiles } from '../src/testing/bad-files.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildSample } from '../src/samples/catalogue.ts';
import { StudioPage } from './studio-page.ts';

const cnn = { name: 'cnn.onnx', bytes: writeModel(buildSample('residual-cnn')) };
const refused = badFiles().filter(({ opens }) => !opens);

test(`each of ${refused.length} bad files says what is wrong and where, and the page goes on working`, async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.goto();
  expect(refused.length).toBeGreaterThanOrEqual(20);
  for (const { name, files, message } of refused) {
    await test.step(name, async () => {
      await studio.drop(files);
      await expect(page.getByRole('alert').filter({ hasText: message })).toBeVisible();
    });
  }
  await studio.drop([cnn]);
  await expect(page.getByRole('application', { name: 'Graph of 53 nodes' })).toBeVisible();
});

test('a bad file does not touch the model that is open', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  const [bad] = refused;
  await studio.drop(bad!.files);
  await expect(page.getByRole('alert').filter({ hasText: bad!.message })).toBeVisible();
  await expect(studio.stops()).toHaveCount(2);
  await expect(studio.canvas).toBeVisible();
});

test('missing external data is listed by name; the structure opens all the same', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  const opening = badFiles().find(({ opens }) => opens)!;
  await studio.drop(opening.files);
  await expect(studio.canvas).toBeVisible();
  await expect(page.getByRole('region', { name: 'Missing data' })).toContainText('weights.bin');
});
