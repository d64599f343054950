import { expect, test, type Page } from './test.ts';
import { readFile } from 'node:fs/promises';
import { writeModel } from '../src/onnx/write.ts';
import { tinyModel } from '../src/testing/tiny.ts';
import { seriousFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const lab = async (studio: StudioPage): Promise<void> => {
  await studio.workspace('Bench');
  await studio.page.getByRole('radio', { name: 'Profile', exact: true }).click();
};
const profile = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: /^Profile( again)?$/ }).click();
  await expect(page.getByRole('region', { name: 'Profiled run' })).toBeVisible({ timeout: 120_000 });
};
const places = (page: Page) => page.getByRole('table', { name: 'Where the time goes' });

async function expectAccessible(page: Page): Promise<void> {
  expect(await seriousFaultsInBoth(page)).toEqual([]);
}

// What has just changed is tinted for a moment, and a colour on its way may lack contrast.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('MobileNetV2 before and after a step: table, roofline, scopes, and the way to the graph', async ({ page }) => {
  test.setTimeout(300_000);
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('MobileNetV2');
  await studio.look('Fold batch norm', /^Fold batch norm, \d+ sites/);
  await studio.apply('Fold batch norm');
  await lab(studio);
  await expect(page.getByRole('region', { name: 'Nothing profiled yet' })).toBeVisible();
  await profile(page);

  const table = places(page);
  await expect(table.getByRole('columnheader', { name: 'Before, ms' })).toBeVisible();
  await expect(table.getByRole('row', { name: /FusedConv 1×1 expand/ })).toBeVisible();
  await expect(table.getByRole('row', { name: /3×3 depthwise/ }).first()).toBeVisible();
  await expect(table.getByRole('row', { name: /Between operators/ })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('radio', { name: 'By block' }).click();
  await expect(table.getByRole('row', { name: /features\.2/ }).first()).toBeVisible();
  await page.getByRole('radio', { name: 'By node' }).click();
  await expect(table.getByRole('button', { name: /^Conv \d+/ }).first()).toBeVisible();
  await table.getByRole('button', { name: 'GFLOP/s' }).click();
  await expect(table.getByRole('columnheader', { name: 'GFLOP/s' })).toHaveAttribute('aria-sort', 'descending');

  await page.getByRole('button', { name: 'Measure the device' }).click();
  const roofline = page.getByRole('region', { name: 'Roofline' });
  await expect(roofline.getByText(/GFLOP\/s, measured peak/)).toBeVisible({ timeout: 120_000 });
  await roofline
    .getByRole('button', { name: /FLOP per byte, (?:memory|compute|dispatch)-bound/ })
    .first()
    .focus();
  await page.keyboard.press('ArrowLeft');
  await expect(roofline.getByText(/^Conv \d+.*-bound/)).toBeVisible();
  await expect(table.getByRole('cell', { name: /^compute \d/ }).first()).toBeVisible();
  await expectAccessible(page);
  await roofline.getByRole('button', { name: 'Show as table' }).click();
  await expect(roofline.getByRole('row', { name: /compute-bound/ }).first()).toBeVisible();

  const scopes = page.getByRole('region', { name: 'Time by scope' });
  await scopes.getByRole('button', { name: /^features\.2, / }).click();
  await expect(scopes.getByRole('button', { name: 'Back to mobilenet-v2.onnx' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(scopes.getByRole('button', { name: /^Back to/ })).toBeHidden();
  await scopes.getByRole('button', { name: 'Show as table' }).click();
  await expect(scopes.getByRole('row', { name: /features\.2/ }).first()).toBeVisible();

  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Chrome trace' }).click();
  const trace = JSON.parse(await readFile(await (await saved).path(), 'utf8')) as { traceEvents: object[] };
  expect(trace.traceEvents.length).toBeGreaterThan(50);

  await table
    .getByRole('button', { name: /^Conv \d+/ })
    .first()
    .click();
  await expect(studio.canvas).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('Conv');
  await studio.workspace('Bench');
  await page.getByRole('button', { name: 'Show on the graph' }).click();
  await expect(page.getByText(/From the profile: time on the processor/)).toBeVisible();
  expect(errors).toEqual([]);
});

test('a profile on WebGPU is GPU time by timestamp queries, and a software adapter is named', async ({ page }) => {
  test.setTimeout(180_000);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'tiny.onnx', bytes: writeModel(tinyModel()) }]);
  await expect(studio.canvas).toBeVisible();
  await lab(studio);
  await page.getByRole('radio', { name: 'WebGPU' }).click();
  await profile(page);
  const run = page.getByRole('region', { name: 'Profiled run' });
  await expect(run).toContainText('GPU time by timestamp queries');
  await expect(run).toContainText('adapter is software');
  await expect(places(page).getByRole('row', { name: /^Conv/ }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Measure the device' }).click();
  await expect(
    page.getByRole('region', { name: 'Benchmark' }).getByText(/its ceilings say nothing about a graphics card/),
  ).toBeVisible();
});

test('a profile can be cancelled', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('MobileNetV2');
  await lab(studio);
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  await page.getByRole('region', { name: 'Benchmark at work' }).getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('region', { name: 'Benchmark at work' })).toBeHidden();
  await expect(page.getByRole('region', { name: 'Nothing profiled yet' })).toBeVisible();
});
