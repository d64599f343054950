import { expect, test, type Locator, type Page } from './test.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { tinyModel } from '../src/testing/tiny.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage } from './studio-page.ts';

const product = (size: number, count: number) =>
  writeModel(
    buildModel({}, (g) => {
      let x = g.input('x', [8, size]);
      for (let i = 0; i < count; i++) x = g.op('MatMul', [x, g.weight(`w${i}`, [size, size])]);
      g.output(x, 'y', { shape: [8, size] });
    }),
  );
const short = { name: 'short.onnx', bytes: product(128, 2) };
const long = { name: 'long.onnx', bytes: product(128, 12) };

const region = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

/** One round of few runs, whatever the interval: models this small are noisy, and what is shown is the same. */
async function shorten(page: Page, { rounds = '1', memory = false } = {}): Promise<void> {
  await page.getByLabel('Runs').selectOption('30');
  await page.getByRole('button', { name: 'Method' }).click();
  await page.getByLabel('Rounds').selectOption(rounds);
  await page.getByRole('checkbox', { name: /^Go on until/ }).uncheck();
  await page.getByRole('checkbox', { name: /^Measure the memory/ }).setChecked(memory);
}

async function openBench(page: Page, file: { name: string; bytes: Uint8Array }): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([file]);
  await expect(studio.canvas).toBeVisible();
  await studio.workspace('Bench');
  return studio;
}

async function noSeriousFaults(page: Page): Promise<void> {
  expect(await seriousFaults(page)).toEqual([]);
}

// What has just changed is tinted for a moment, and a colour on its way may lack contrast.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('a second file is timed beside the model, and a file that is none is refused in place', async ({ page }) => {
  await openBench(page, short);
  await shorten(page, { rounds: '3', memory: true });
  const files = page.getByLabel('Second model files');
  await files.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no model') });
  await expect(page.getByRole('alert').filter({ hasText: 'notes.txt' })).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await files.setInputFiles({ name: long.name, mimeType: 'application/octet-stream', buffer: Buffer.from(long.bytes) });
  await expect(page.getByLabel('with')).toHaveValue('second');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(region(page, 'Verdict')).toContainText('Slower', { timeout: 60_000 });
  await expect(region(page, 'History')).toContainText('Original against long.onnx');
  await expect(region(page, 'Time for one run')).toContainText(/\d rounds/);
  await expect(region(page, 'Time for one run').getByRole('row', { name: /^Peak memory/ })).toContainText('MB');
});

test('session options belong to one of the two, and settings take turns', async ({ page }) => {
  await openBench(page, long);
  await shorten(page);
  await page.getByLabel('with').selectOption('0');
  const method = region(page, 'Method');
  await method.getByLabel('Config entries of the second').fill('nonsense');
  await expect(method.getByRole('alert')).toContainText('KEY=VALUE');
  await method.getByLabel('Config entries of the second').fill('session.disable_prepacking=1');
  await expect(method.getByRole('alert')).toHaveCount(0);
  await noSeriousFaults(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(region(page, 'Verdict')).toContainText('second session.disable_prepacking=1', { timeout: 60_000 });
  await expect(region(page, 'History')).toContainText('Original against itself');

  await method.getByLabel('Config entries of the second').fill('');
  await page.getByLabel('with').selectOption('none');
  await method.getByRole('checkbox', { name: 'WASM, 1 thread' }).check();
  await method.getByRole('checkbox', { name: 'WASM, 2 threads' }).check();
  await page.getByRole('button', { name: 'Run again' }).click();
  const settings = region(page, 'Settings');
  await expect(settings.getByRole('row')).toHaveCount(3, { timeout: 60_000 });
  await expect(settings.getByRole('row', { name: /^WASM, 1 thread/ })).toContainText('the first');
  await expect(settings.getByRole('row', { name: /^WASM, 2 threads/ })).toContainText('×');
  await expect(page.getByRole('button', { name: 'Run again' })).toBeEnabled();
  await noSeriousFaults(page);
});

test('each step is timed against the one before', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'tiny.onnx', bytes: writeModel(tinyModel()) }]);
  await studio.look('Fold batch norm', 1);
  await studio.apply('Fold batch norm');
  await studio.workspace('Bench');
  await shorten(page);
  const gains = region(page, 'Gain by step');
  await expect(gains).toContainText('not timed');
  await gains.getByRole('button', { name: 'Time each step' }).click();
  await expect(gains.getByRole('row', { name: /Fold batch norm/ })).toContainText('×', { timeout: 60_000 });
});

test('a software WebGPU adapter gets no verdict', async ({ page }) => {
  await openBench(page, { name: 'tiny.onnx', bytes: writeModel(tinyModel()) });
  await shorten(page);
  await page.getByRole('radio', { name: 'WebGPU' }).click();
  await page.getByLabel('with').selectOption('0');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(region(page, 'Verdict')).toContainText('No verdict', { timeout: 90_000 });
  await expect(region(page, 'Verdict')).toContainText('This WebGPU adapter is software');
});

test('a tab that was hidden meanwhile is told with the result', async ({ page }) => {
  await openBench(page, long);
  await shorten(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(region(page, 'Benchmark at work')).toBeVisible();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(region(page, 'Verdict')).toContainText('The tab was hidden', { timeout: 60_000 });
});
