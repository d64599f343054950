import { expect, test, type Page } from './test.ts';
import type { Model } from '../src/ir/model.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { writeNpy } from '../src/verify/npz.ts';
import { allFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

/** Six scores that are the input itself, and `bias` on the first of them. */
const scores = (bias = 0): Model =>
  buildModel({ seed: 1 }, (g) => {
    const x = g.input('x', ['N', 6]);
    g.output(g.op('Add', [x, g.floats('bias', [6], [bias, 0, 0, 0, 0, 0])]), 'scores', { shape: ['N', 6] });
  });

const COUNT = 60;
const rows = (): Uint8Array => {
  const data = new Float32Array(6 * COUNT);
  for (let i = 0; i < COUNT; i++) data[6 * i + (i % 5)] = 3;
  return writeNpy({ dtype: 'float32', shape: [COUNT, 6], data });
};
const labels = (count = COUNT): Uint8Array =>
  writeNpy({ dtype: 'int32', shape: [count], data: Int32Array.from({ length: count }, (_, i) => i % 5) });

const file = (name: string, bytes: Uint8Array) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(bytes),
});

async function openLab(page: Page): Promise<void> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'scores.onnx', bytes: writeModel(scores()) }]);
  await expect(studio.canvas).toBeVisible();
  await studio.workspace('Bench');
  await page.getByRole('radio', { name: 'Accuracy' }).click();
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('the accuracy lab holds a second file against the first on labelled rows', async ({ page }, info) => {
  const errors = watchForErrors(page);
  await openLab(page);
  expect(await allFaultsInBoth(page)).toEqual([]);
  await page.getByLabel('Samples', { exact: true }).first().setInputFiles(file('rows.npy', rows()));
  const data = page.getByRole('region', { name: 'Labelled data' });
  await expect(data).toContainText('60 samples');
  await page.getByLabel('Labels file').setInputFiles(file('labels.npy', labels()));
  await expect(data).toContainText('5 classes, 12 samples each');
  await page.getByLabel('Second model files').setInputFiles(file('second.onnx', writeModel(scores(5))));
  await expect(page.getByLabel('and', { exact: true })).toHaveValue('second');
  await page.getByRole('button', { name: 'Run', exact: true }).click();

  const headline = page.getByRole('region', { name: 'Accuracy', exact: true });
  // All are taken for class 0: twelve stay right, 48 break, none is fixed.
  await expect(headline).toContainText(/100.0\s%\s→\s20.0\s%/, { timeout: 60_000 });
  await expect(headline).toContainText('Worse');
  await expect(headline).toContainText('48 only before');
  await expect(page.getByRole('region', { name: 'Samples that changed' })).toContainText('48 broken, 0 fixed');
  const confusion = page.getByRole('region', { name: 'Confusion', exact: true });
  await expect(confusion.getByRole('region', { name: 'Confusion matrix' })).toBeVisible();
  expect(await allFaultsInBoth(page)).toEqual([]);
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: info.outputPath(`accuracy-${width}.png`) });
  }

  await confusion.getByRole('button', { name: 'Show as table' }).click();
  await expect(confusion.getByRole('table').getByRole('row')).toHaveCount(5);
  const csv = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV of changes' }).click();
  expect((await csv).suggestedFilename()).toBe('changed.csv');
  expect(errors).toEqual([]);
});

test('labels that are too few are refused where they were given', async ({ page }) => {
  await openLab(page);
  await page.getByLabel('Samples', { exact: true }).first().setInputFiles(file('rows.npy', rows()));
  const data = page.getByRole('region', { name: 'Labelled data' });
  await expect(data).toContainText('60 samples');
  await page.getByLabel('Labels file').setInputFiles(file('labels.npy', labels(7)));
  await expect(data).toContainText(/7 labels/);
});
