import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from './test.ts';
import { unzipSync } from 'fflate';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

/** Two convolutions and a dense layer for drawn digits. */
const model = {
  name: 'digits.onnx',
  bytes: writeModel(
    buildModel({ seed: 7 }, (g) => {
      const conv = { strides: [2, 2], pads: [1, 1, 1, 1] };
      const x = g.input('image', ['N', 1, 28, 28]);
      const a = g.op('Relu', [g.op('Conv', [x, g.weight('a.weight', [8, 1, 3, 3]), g.floats('a.bias', [8], 0)], conv)]);
      const b = g.op('Relu', [g.op('Conv', [a, g.weight('b.weight', [8, 8, 3, 3]), g.floats('b.bias', [8], 0)], conv)]);
      const dense = g.op('Gemm', [
        g.op('Flatten', [b]),
        g.weight('dense.weight', [392, 10]),
        g.floats('dense.bias', [10], 0),
      ]);
      g.output(dense, 'scores', { shape: ['N', 10] });
    }),
  ),
};

const status = (page: Page) => page.getByRole('main').getByRole('status').first();

async function set(page: Page, label: string, value: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(value);
  await field.press('Enter');
}

test('what pruning cost is trained back: a step of the recipe, there again after a reload, and in its export', async ({
  page,
  browser,
}, info) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([model]);
  await expect(studio.canvas).toBeVisible();
  await studio.pass('Prune channels').click();
  await page.getByRole('spinbutton', { name: 'Target' }).fill('50');
  await studio
    .passBar('Prune channels')
    .getByRole('button', { name: /^Apply/ })
    .click();
  await expect(studio.passBar('Prune channels')).toBeHidden();
  await expect(studio.stops()).toHaveCount(2);

  await test.step('the original teaches what is left of it', async () => {
    await page.getByRole('tab', { name: 'Checks' }).click();
    await page.getByRole('button', { name: 'Recover by training', exact: true }).click();
    await expect(page.getByLabel('Teacher, frozen')).toHaveValue('0');
    await expect(page.getByLabel('Student, trained')).toHaveValue('1');
    await page.getByRole('button', { name: 'Pick on the graphs' }).click();
    const bar = page.getByRole('region', { name: 'Pairs for the loss' });
    await page.getByRole('region', { name: 'Table of changes' }).getByRole('row').nth(1).click();
    await expect(bar).toContainText(/Teacher \S+ .*Student \S+/);
    await bar.getByRole('button', { name: 'Add the pair' }).click();
    await expect(bar.getByRole('status')).toHaveText('1 pair');
    expect(await seriousFaults(page)).toEqual([]);
    await page.screenshot({ path: info.outputPath('picking.png') });
    await bar.getByRole('button', { name: 'Back to training' }).click();
    await expect(page.getByRole('group', { name: 'Hint pair 1' })).toBeVisible();
    await page
      .getByRole('region', { name: 'Data', exact: true })
      .getByRole('button', { name: /^Drawn digits/ })
      .click();
    await set(page, 'Steps', '20');
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await expect(status(page)).toHaveText('done', { timeout: 60_000 });
    expect(await seriousFaults(page)).toEqual([]);
    await page.screenshot({ path: info.outputPath('done.png') });
  });

  await test.step('the training step is a graph in a tab of its own', async () => {
    const opened = page.context().waitForEvent('page');
    await page.getByRole('button', { name: 'Show the training step' }).click();
    const tab = await opened;
    await expect(tab.getByRole('application', { name: /^Graph of/ })).toBeVisible();
    await expect(tab.getByRole('button', { name: 'File digits.training-step.onnx' })).toBeVisible();
    await tab.screenshot({ path: info.outputPath('step.png') });
    await tab.close();
  });

  await test.step('what was learnt is a step, which is taken back and put forth again', async () => {
    await page.getByRole('button', { name: 'Use in the recipe' }).click();
    await expect(studio.stops()).toHaveCount(3);
    await expect(studio.stop(2)).toContainText('Recover from digits.onnx, 20 steps');
    await page.keyboard.press('Control+z');
    await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
    await page.keyboard.press('Control+Shift+z');
    await expect(studio.stop(2)).toHaveAttribute('aria-current', 'step');
  });

  const archive = await test.step('it is saved with what was learnt', async () => {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: /^Recipe/ }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe('digits.recipe.zip');
    return readFile(await saved.path());
  });

  const inside = unzipSync(archive);
  const json = { name: 'digits.recipe.json', bytes: inside['digits.recipe.json'] ?? new Uint8Array() };
  await test.step('the recipe alone is enough after a reload: this browser kept the weights', async () => {
    await studio.reload();
    await studio.drop([model]);
    await expect(studio.canvas).toBeVisible();
    await studio.drop([json]);
    await expect(studio.stops()).toHaveCount(3);
    await expect(studio.stop(2)).toContainText('Recover from');
    await expect(studio.stop(2)).not.toContainText('failed');
  });

  await test.step('another browser misses the weights, says which, and takes the archive', async () => {
    const context = await browser.newContext();
    const other = new StudioPage(await context.newPage());
    await other.goto(info.project.use.baseURL ?? './');
    await other.drop([model, json]);
    await expect(other.page.getByText(/learnt weights of this step are not here/).first()).toBeVisible();
    await expect(other.stop(2)).toContainText('failed');
    await other.drop([{ name: 'digits.recipe.zip', bytes: archive }]);
    await expect(other.stop(2)).not.toContainText('failed');
    await expect(other.stop(2)).toContainText('Recover from');
    await context.close();
  });
  expect(errors).toEqual([]);
});
