import { expect, test } from './test.ts';
import { badFiles } from '../src/testing/bad-files.ts';
import { cyclicChain, truncatedChain, withoutItsData } from '../src/testing/large-bad-files.ts';
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

test('a file of 4 000 nodes that breaks off names the byte and the field', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  const bytes = truncatedChain(4000);
  await studio.drop([{ name: 'chain.onnx', bytes }]);
  const alert = page.getByRole('alert').filter({ hasText: 'ends early' });
  await expect(alert).toContainText(/ModelProto\.graph|graph/);
  await expect(alert).toContainText(/byte [\d\s\u202f]+/);
  await expect(alert.getByRole('button', { name: 'Choose another file' })).toBeVisible();
});

test('a cycle among 4 000 nodes is named by its nodes', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'cycle.onnx', bytes: cyclicChain(4000) }]);
  await expect(page.getByRole('alert').filter({ hasText: 'The graph has a cycle: ' })).toContainText('Add add2000');
});

test('a model whose 2 GB of weights are missing opens at once, and lists the file with a place to give it', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'large.onnx', bytes: withoutItsData(2e9) }]);
  await expect(page.getByRole('application', { name: 'Graph of 477 nodes' })).toBeVisible();
  const missing = page.getByRole('region', { name: 'Missing data' });
  await expect(missing).toContainText('weights.bin');
  await expect(missing.getByRole('button', { name: 'Choose weights.bin' })).toBeVisible();
});
