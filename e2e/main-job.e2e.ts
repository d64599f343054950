import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from './test.ts';
import { readModel } from '../src/onnx/read.ts';
import { writeFiles, writeModel } from '../src/onnx/write.ts';
import { buildSample } from '../src/samples/catalogue.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const cnn = { name: 'cnn.onnx', bytes: writeModel(buildSample('residual-cnn')) };

test('drop, inspect, fuse, switch a site off, prune by slider, undo, verify, benchmark, download, open the report', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();

  await test.step('drop a model and see it', async () => {
    await studio.drop([cnn]);
    await expect(page.getByRole('application', { name: 'Graph of 53 nodes' })).toBeVisible();
    await expect(studio.stops()).toHaveCount(1);
  });

  await test.step('inspect a node', async () => {
    await page.getByRole('combobox', { name: 'Search nodes' }).fill('op:Gemm');
    await page.getByRole('combobox', { name: 'Search nodes' }).fill('op:MatMul');
    await page.keyboard.press('Enter');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect(inspector.getByRole('heading', { name: /MatMul/ })).toBeVisible();
    await inspector.getByRole('tab', { name: 'Tensors' }).click();
    await expect(inspector.getByRole('img').first()).toBeVisible();
    await page.keyboard.press('Escape');
  });

  await test.step('fold batch norm with one site switched off', async () => {
    await studio.look('Fold batch norm', 15);
    await studio.canvas.focus();
    await page.keyboard.press(']');
    await page.keyboard.press('Space');
    await expect(studio.passBar('Fold batch norm')).toContainText('14 of 15 sites on');
    const tick = studio.canvas.getByRole('checkbox', { checked: true }).first();
    await tick.click();
    await expect(studio.passBar('Fold batch norm')).toContainText('13 of 15 sites on');
    await page.keyboard.press('Space');
    await expect(studio.passBar('Fold batch norm')).toContainText('14 of 15 sites on');
    await studio.apply('Fold batch norm');
    await expect(studio.stop(1)).toContainText('14 sites, 1 off');
    await expect(studio.stop(1)).toContainText('agrees');
  });

  await test.step('prune by a slider, whose forecast follows at once', async () => {
    await studio.pass('Prune channels').click();
    const forecast = page.getByRole('table', { name: 'Forecast of the pruned model' });
    const before = await forecast.innerText();
    const slider = page.getByRole('slider', { name: /^Width of/ }).first();
    await slider.focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowLeft');
    await expect(forecast).not.toHaveText(before);
    const bar = page.getByRole('group', { name: 'Prune channels', exact: true });
    await bar.getByRole('button', { name: /^Apply/ }).click();
    await expect(studio.stops()).toHaveCount(3);
    await expect(studio.chip('MACs')).toContainText('−');
  });

  await test.step('undo and redo by the keyboard', async () => {
    await expect(studio.stop(2)).toHaveAttribute('aria-current', 'step');
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
    await expect(studio.stop(2)).toContainText('undone');
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await expect(studio.stop(2)).toHaveAttribute('aria-current', 'step');
  });

  await test.step('verify the whole recipe', async () => {
    await page.getByRole('tab', { name: /Checks/ }).click();
    const check = page.getByRole('region', { name: /^Check of/ });
    await page.getByRole('button', { name: /^Check( again)?$/ }).click();
    await expect(check.getByRole('table')).toBeVisible({ timeout: 60_000 });
    await expect(check).toContainText('cosine');
  });

  await test.step('benchmark on WASM', async () => {
    await studio.workspace('Bench');
    await page.getByLabel('Runs').selectOption({ index: 0 });
    await page.getByRole('button', { name: 'Method' }).click();
    await page.getByRole('checkbox', { name: /^Go on until/ }).uncheck();
    await page.getByRole('button', { name: /^Run/ }).first().click();
    await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('×', { timeout: 90_000 });
    await expect(page.getByRole('table', { name: 'Times' })).toContainText('Median');
  });

  await test.step('download model, recipe and report', async () => {
    const download = async (item: string) => {
      await page.getByRole('button', { name: 'Export' }).click();
      const waiting = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: new RegExp(`^${item}(?!,)`) }).click();
      const file = await waiting;
      // Kept under its own name: a browser knows a page by its ending.
      const path = test.info().outputPath(file.suggestedFilename());
      await file.saveAs(path);
      return { name: file.suggestedFilename(), path };
    };
    const model = await download('Model');
    expect(model.name).toBe('cnn.whittled.onnx');
    const bytes = new Uint8Array(readFileSync(model.path));
    expect(bytes.byteLength).toBeLessThan(cnn.bytes.byteLength);
    expect(readModel(bytes).model.graph.nodes.size).toBe(39);

    const recipe = await download('Recipe');
    const steps = (JSON.parse(readFileSync(recipe.path, 'utf8')) as { steps: { pass: string }[] }).steps;
    expect(steps.map(({ pass }) => pass)).toEqual(['fold-batch-norm', 'prune-channels']);

    const report = await download('Report, HTML');
    const opened = await page.context().newPage();
    const requests: string[] = [];
    opened.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(report.path).href;
    await opened.goto(url);
    await expect(opened.getByRole('heading', { level: 1 })).toContainText('cnn');
    await expect(opened.locator('body')).toContainText('Fold batch norm');
    expect(requests.filter((each) => each !== url && !each.startsWith('data:'))).toEqual([]);
    await opened.close();
  });

  expect(errors).toEqual([]);
});

test('a model with its weights in a file beside it is dropped with that file, rewritten and checked', async ({
  page,
}) => {
  const { model, external } = writeFiles(buildSample('residual-cnn'), {
    externalData: { location: 'weights.bin', threshold: 1024 },
  });
  const weights = Buffer.concat([...external!.chunks()]);
  expect(weights.byteLength).toBeGreaterThan(2e6);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([
    { name: 'weights.bin', bytes: weights },
    { name: 'cnn.onnx', bytes: model },
  ]);
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await expect(studio.stop(1)).toContainText('agrees');
});

test('a preset is one click, and its recipe replays when it is dropped on the model', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await page.getByRole('button', { name: 'All that pays on WASM' }).click();
  await expect(studio.stops().last()).toContainText(/Fuse convolution/);
  const stops = await studio.stops().count();
  const recipe = JSON.stringify({ whittle: 1, steps: [{ pass: 'fold-batch-norm', options: {}, sites: 'all' }] });
  await studio.drop([{ name: 'recipe.json', bytes: new TextEncoder().encode(recipe) }]);
  await expect(studio.stops()).toHaveCount(2);
  expect(stops).toBeGreaterThan(2);
});

test('the original is kept: moving to the first stop exports the file as it was', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await studio.stop(0).click();
  await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
  await page.getByRole('button', { name: 'Export' }).click();
  const waiting = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /^Model(?!,)/ }).click();
  const path = await (await waiting).path();
  expect(readFileSync(path).equals(Buffer.from(cnn.bytes))).toBe(true);
});
