import { writeFileSync } from 'node:fs';
import { expect, test, type Locator, type Page } from './test.ts';
import { tensorFromBytes } from '../src/ir/tensor.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const inspectorOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Inspector' });
const tab = (page: Page, name: string): Locator => inspectorOf(page).getByRole('tab', { name, exact: true });
const section = (page: Page, name: string): Locator => inspectorOf(page).getByRole('region', { name, exact: true });

async function select(page: Page, query: string): Promise<void> {
  await page.getByLabel('Search nodes').fill(query);
  await page.keyboard.press('Enter');
  await expect(inspectorOf(page).getByRole('tab', { name: 'Passes' })).toBeVisible();
}

test('a convolution: attributes with defaults, neighbours, numbers, its kernels as a picture', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('MobileNetV2');
  await select(page, 'op:Conv');

  await test.step('attributes, written and by default, with their types', async () => {
    const attributes = section(page, 'Attributes');
    await expect(attributes).toContainText('kernel_shape ints');
    await expect(attributes.getByRole('button', { name: 'Copy kernel_shape: 3, 3' })).toBeVisible();
    await expect(attributes.locator('[data-standing=default]')).toContainText('auto_pad string');
    await expect(attributes.locator('[data-standing=default]')).toContainText('NOTSET');
    const link = inspectorOf(page).getByRole('link', { name: 'Documentation of Conv' });
    await expect(link).toHaveAttribute('href', 'https://onnx.ai/onnx/operators/onnx__Conv.html#l-onnx-op-conv-11');
    await expect(link).toHaveAttribute('rel', /noopener/);
  });

  await test.step('inputs by their names; what is left out is said; the reader is a link', async () => {
    await expect(section(page, 'Inputs')).toContainText('batch×3×224×224');
    await expect(section(page, 'Inputs')).toContainText('optional, left out');
    await section(page, 'Outputs').getByRole('button', { name: 'Go to BatchNormalization 1' }).click();
    await expect(inspectorOf(page).getByRole('heading', { name: 'BatchNormalization' })).toBeVisible();
    await section(page, 'Inputs').getByRole('button', { name: 'Go to Conv 1' }).click();
    await expect(inspectorOf(page).getByRole('heading', { name: 'Conv', exact: true })).toBeVisible();
  });

  await test.step('statistics, a logarithmic histogram and ranges of channels', async () => {
    await tab(page, 'Tensors').click();
    const weight = section(page, 'input W');
    await expect(weight).toContainText('Mean');
    await expect(weight).toContainText('32 on axis 0');
    await weight.getByRole('button', { name: 'log', exact: true }).click();
    await expect(weight.getByRole('button', { name: 'log', exact: true })).toHaveAttribute('aria-pressed', 'true');
  });

  await test.step('kernels in colour, then one input channel, read out by the arrow keys', async () => {
    const weight = section(page, 'input W');
    const picture = weight.getByRole('img', { name: /Kernels/ });
    await picture.scrollIntoViewIfNeeded();
    await expect(weight).toContainText('mid-grey is 0');
    await picture.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect(weight).toContainText(/output 0, place 0×1: R .*, G .*, B /);
    await weight.getByRole('spinbutton', { name: 'input' }).fill('1');
    await expect(weight).not.toContainText('mid-grey is 0');
    await picture.focus();
    await page.keyboard.press('ArrowDown');
    await expect(weight).toContainText(/output 0, place 0×0: −?[\d.]+/);
  });

  await test.step('the same as a table, from any element on', async () => {
    const weight = section(page, 'input W');
    await weight.getByRole('button', { name: 'Show as table' }).click();
    await expect(weight.getByRole('table', { name: 'Values' })).toContainText('[0, 0, 0, 0]');
    await weight.getByRole('spinbutton', { name: 'from element' }).fill('863');
    await expect(weight.getByRole('table', { name: 'Values' })).toContainText('[31, 2, 2, 2]');
  });

  await test.step('what each pass says here, and the way to a site', async () => {
    await tab(page, 'Passes').click();
    await expect(section(page, 'Applies here')).toContainText('Fold batch norm');
    await expect(section(page, 'About other operators')).toContainText(
      'Looks for Identity or Dropout; this node is Conv.',
    );
    await section(page, 'Applies here').getByRole('button', { name: 'Look at Fold batch norm here' }).click();
    await expect(studio.passBar('Fold batch norm')).toContainText('1 / 52');
    await expect(tab(page, 'Passes')).toHaveAttribute('aria-selected', 'true');
  });

  await test.step('a section stays folded, for the next node and the next visit', async () => {
    await tab(page, 'Node').click();
    await section(page, 'Attributes')
      .getByRole('button', { name: /^Attributes/ })
      .click();
    await expect(section(page, 'Attributes')).not.toContainText('kernel_shape');
    await select(page, 'op:Clip');
    await expect(section(page, 'Attributes').getByRole('button').first()).toHaveAttribute('aria-expanded', 'false');
  });
  expect(errors).toEqual([]);
});

test('a fused node: the step that made it, its ancestors in the original, what became of each value', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await select(page, 'op:Conv');
  await tab(page, 'History').click();
  await expect(section(page, 'Made by')).toContainText('Fold batch norm');
  await expect(section(page, 'Values in the opened file')).toContainText('scaled');
  await section(page, 'Stands for')
    .getByRole('button', { name: /^Show BatchNormalization/ })
    .click();
  await expect(inspectorOf(page).getByRole('heading', { name: 'BatchNormalization' })).toBeVisible();
  await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
});

test('a near miss: its reason at the node, and the way to its place on the canvas', async ({ page }) => {
  const model = buildModel({}, (g) => {
    const y = g.op('Conv', [g.input('x', [1, 3, 8, 8]), g.weight('w', [4, 3, 3, 3])]);
    const statistics = ['scale', 'bias', 'mean', 'variance'].map((name) => g.floats(name, [4], 1));
    g.output(g.op('BatchNormalization', [y, ...statistics]), 'z');
    g.output(y, 'features');
  });
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'near.onnx', bytes: writeModel(model) }]);
  await select(page, 'op:Conv');
  await tab(page, 'Passes').click();
  await expect(section(page, 'Near misses')).toContainText('The result of Conv conv is a graph output.');
  await section(page, 'Near misses').getByRole('button', { name: 'Look at the near miss of Fold batch norm' }).click();
  await expect(studio.passBar('Fold batch norm')).toBeVisible();
  await expect(page.getByRole('dialog')).toContainText('The result of Conv conv is a graph output.');
});

test('a large constant is computed with progress, and can be stopped', async ({ page }) => {
  const model = buildModel({ opset: 21 }, (g) => {
    const rows = g.input('rows', ['N'], 'int64');
    // Two elements a byte, both 7.
    const table = g.tensor('table', tensorFromBytes('int4', [6000, 10_000], new Uint8Array(30e6).fill(0x77)));
    g.output(g.op('Gather', [table, rows]), 'y');
  });
  const file = test.info().outputPath('large.onnx');
  writeFileSync(file, writeModel(model));
  const studio = new StudioPage(page);
  await studio.goto();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /Choose files/ }).click();
  await (await choosing).setFiles(file);
  await expect(studio.canvas).toBeVisible();
  await select(page, 'op:Gather');
  await tab(page, 'Tensors').click();
  const weight = section(page, 'input data');
  await weight.getByRole('button', { name: 'Cancel' }).first().click();
  await expect(weight).toContainText('Statistics: stopped.');
  await weight.getByRole('button', { name: 'Compute' }).first().click();
  await expect(weight).toContainText('60 000 000'.replaceAll(' ', '\u202f'));
  await expect(weight).toContainText('Mean7', { timeout: 60_000 });
});

test('every tab of the inspector is free of serious accessibility faults', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('MobileNetV2');
  await select(page, 'op:Gemm');
  for (const name of ['Node', 'Tensors', 'Passes', 'History']) {
    await tab(page, name).click();
    if (name === 'Tensors') {
      await inspectorOf(page).getByRole('button', { name: 'Show as table' }).first().click();
      await expect(
        inspectorOf(page)
          .getByRole('img', { name: /Matrix/ })
          .first(),
      ).toBeVisible();
    }
    const faults = await seriousFaultsInBoth(page, 'aside[aria-label=Inspector]');
    expect(faults.map((fault) => `${name}: ${fault}`)).toEqual([]);
  }
});
