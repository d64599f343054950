import { readFileSync } from 'node:fs';
import { expect, test, type Page } from './test.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

/** Saves a picture by the dialog, with the choices that are named. */
async function savePicture(page: Page, choices: readonly string[]): Promise<{ name: string; bytes: Buffer }> {
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: /^Picture/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Save a picture' });
  for (const choice of choices) await dialog.getByRole('radio', { name: choice, exact: true }).click();
  const waiting = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  const file = await waiting;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

test('the view is saved as PNG, the whole graph as SVG with every node in it', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');

  const png = await savePicture(page, ['The view', 'PNG', '2×']);
  expect(png.name).toBe('residual-cnn.png');
  expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
  const box = (await studio.canvas.boundingBox())!;
  // Width and height stand at bytes 16 and 20; the legend adds 40 px below.
  expect(png.bytes.readUInt32BE(16)).toBe(Math.round(box.width) * 2);
  expect(png.bytes.readUInt32BE(20)).toBe((Math.round(box.height) + 40) * 2);

  const svg = await savePicture(page, ['The whole graph', 'SVG', 'Light, as for print']);
  expect(svg.name).toBe('residual-cnn.svg');
  const text = svg.bytes.toString('utf8');
  const found = await page.evaluate((source) => {
    const { documentElement: root } = new DOMParser().parseFromString(source, 'image/svg+xml');
    const words = [...root.querySelectorAll('text')].map((each) => each.textContent);
    return { root: root.nodeName, convs: words.filter((word) => word === 'Conv').length, words };
  }, text);
  expect(found.root).toBe('svg');
  expect(found.convs).toBe(15);
  expect(found.words).toContain('residual-cnn.onnx');
  expect(found.words).toContain('convolution');
  expect(text).toContain('#f1f2f5');
  expect(errors).toEqual([]);
});

test('a picture that is too large for one canvas is saved in parts', async ({ page }) => {
  const model = buildModel({}, (graph) => {
    let value = graph.input('x', [1, 4]);
    for (let i = 0; i < 900; i++) value = graph.op('Relu', [value]);
    graph.output(value, 'y');
  });
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'deep.onnx', bytes: writeModel(model) }]);
  await expect(studio.canvas).toBeVisible();
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByPlaceholder('What should be done').fill('picture');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Save a picture' });
  await dialog.getByRole('radio', { name: 'The whole graph' }).click();
  await expect(dialog.getByRole('status')).not.toContainText('parts');
  await dialog.getByRole('radio', { name: '4×' }).click();
  await expect(dialog.getByRole('status')).toContainText(/parts in one archive/);
  await dialog.getByRole('radio', { name: 'SVG' }).click();
  await expect(dialog.getByRole('status')).not.toContainText('parts');
  expect(await seriousFaults(page, '[role=dialog]')).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('P lights the path through the selection, and says how far it reaches', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.canvas.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('p');
  const said = page.locator('.gc-live');
  await expect(said).toContainText('Path: 1 upstream, 51 downstream.');
  await page.keyboard.press('p');
  await expect(said).not.toContainText('Path');
});

test('the canvas stays sharp when the page is shown at another pixel ratio', async ({ browser, baseURL }) => {
  const page = await browser.newPage({ deviceScaleFactor: 2, viewport: { width: 1280, height: 800 } });
  const studio = new StudioPage(page);
  await studio.goto(baseURL);
  await studio.openSample('Residual CNN');
  const sharp = await page.locator('canvas.gc-painted').evaluate((canvas: HTMLCanvasElement) => ({
    device: canvas.width,
    css: canvas.getBoundingClientRect().width,
  }));
  expect(sharp.device).toBe(Math.round(sharp.css * 2));
  await page.close();
});

test('groups fold and unfold in place: by key, by button, by double click, alone and with all that are alike', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('MobileNetV2');
  const said = page.locator('.gc-live');
  const boxes = page.locator('.gc-group');
  await studio.canvas.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('f');
  await expect(page.locator('.gc-node.gc-selected')).toBeVisible();

  await test.step('E folds the group of the selected node, and unfolds it again', async () => {
    await page.keyboard.press('e');
    await expect(said).toContainText(/^Folded group .+, \d+ nodes/);
    await expect(page.getByRole('group', { name: /^Group / })).toBeVisible();
    await page.keyboard.press('e');
    await expect(boxes).toHaveCount(0);
    await page.keyboard.press('e');
    await expect(boxes).toHaveCount(1);
  });

  await test.step('a double click on the box unfolds it; its corner stays where it is', async () => {
    const box = boxes.first();
    await expect(page.locator('.gc[data-moving]')).toHaveCount(0);
    const name = await box.locator('.gc-op').innerText();
    const place = (await box.boundingBox())!;
    await page.mouse.dblclick(place.x + place.width / 2, place.y + place.height / 2);
    const fold = page.getByRole('button', { name: `Fold ${name}`, exact: true }).first();
    await expect(fold).toBeVisible();
    await expect(page.locator('.gc[data-moving]')).toHaveCount(0);
    const button = (await fold.boundingBox())!;
    expect(Math.abs(button.x - place.x)).toBeLessThan(20);
    expect(Math.abs(button.y - place.y)).toBeLessThan(20);
    await fold.click();
    // The button is gone: keys go to the graph.
    await expect(studio.canvas).toBeFocused();
    await expect(boxes).toHaveCount(1);
  });

  await test.step('all groups fold at once, and a copy unfolds together with those that are alike', async () => {
    const command = async (words: string): Promise<void> => {
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByPlaceholder('What should be done').fill(words);
      await page.keyboard.press('Enter');
      await expect(page.getByPlaceholder('What should be done')).toBeHidden();
    };
    await command('unfold all groups');
    await command('fold all groups');
    await studio.canvas.focus();
    await page.keyboard.press('0');
    const many = page.getByRole('button', { name: /^Unfold all \d+ like / });
    await expect(many.first()).toBeVisible();
    const before = await many.count();
    const label = (await many.first().getAttribute('aria-label'))!;
    const copies = Number(/all (\d+)/.exec(label)![1]);
    expect(before).toBeGreaterThan(copies);
    await many.first().click();
    await expect(page.getByRole('button', { name: label })).toHaveCount(0);
  });

  await test.step('what a search finds in a folded group is unfolded and brought into view', async () => {
    await page.getByRole('combobox', { name: 'Search nodes' }).fill('features.18');
    await page.keyboard.press('Enter');
    await expect(page.locator('.gc-node.gc-selected .gc-op')).toHaveText('Conv');
  });
  expect(errors).toEqual([]);
});
