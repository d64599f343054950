import { expect, test } from './test.ts';
import { tinyModel } from '../src/testing/tiny.ts';
import { writeModel } from '../src/onnx/write.ts';
import { StudioPage } from './studio-page.ts';

test.describe('WebGPU, on the software adapter', () => {
  test('a tiny model is verified and timed', async ({ page }) => {
    const studio = new StudioPage(page);
    await studio.goto();
    await studio.drop([{ name: 'tiny.onnx', bytes: writeModel(tinyModel()) }]);
    await studio.look('Fold batch norm', 1);
    await studio.apply('Fold batch norm');

    await page.getByRole('tab', { name: /Checks/ }).click();
    await page.getByRole('checkbox', { name: /WebGPU/ }).check();
    await page.getByRole('button', { name: /^Check( again)?$/ }).click();
    const check = page.getByRole('region', { name: /^Check of/ });
    await expect(check.getByRole('table')).toContainText('WebGPU', { timeout: 90_000 });
    await expect(check).not.toContainText('differs');

    await studio.workspace('Bench');
    await page.getByRole('radio', { name: 'WebGPU' }).click();
    await page.getByLabel('Runs').selectOption({ index: 0 });
    await page.getByRole('button', { name: 'Method' }).click();
    await page.getByRole('checkbox', { name: /^Go on until/ }).uncheck();
    await page.getByRole('button', { name: /^Run/ }).first().click();
    await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('×', { timeout: 90_000 });
  });
});

test.describe('without WebGPU', () => {
  test('the page says so plainly, and works on WASM', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
    });
    const studio = new StudioPage(page);
    await studio.goto();
    await studio.openSample('Residual CNN');
    await studio.workspace('Bench');
    await expect(page.getByRole('radio', { name: 'WASM' })).toBeChecked();
  });
});
