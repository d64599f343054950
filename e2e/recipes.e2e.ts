import { readFileSync } from 'node:fs';
import { expect, test, type Page } from './test.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildSample } from '../src/samples/catalogue.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const cnn = { name: 'cnn.onnx', bytes: writeModel(buildSample('residual-cnn')) };
const other = { name: 'edge.onnx', bytes: writeModel(buildSample('edge-cnn')) };
const asFile = (name: string, content: unknown) => ({ name, bytes: new TextEncoder().encode(JSON.stringify(content)) });
const pruned = asFile('half.json', {
  whittle: 1,
  steps: [{ pass: 'fold-batch-norm' }, { pass: 'prune-channels', options: { ratio: 0.5 } }],
});

/** The sheet of recipes at one of its parts. */
async function sheet(page: Page, tab?: 'Difference' | 'Branches' | 'Sweep') {
  await page.getByRole('button', { name: 'Recipes', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Recipes' });
  if (tab) await dialog.getByRole('tab', { name: tab }).click();
  return dialog;
}

async function openPruned(page: Page): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await expect(studio.canvas).toBeVisible();
  await studio.drop([pruned]);
  await expect(studio.stops()).toHaveCount(3);
  return studio;
}

test('a recipe is saved, outlives a reload, is applied to another model, renamed, deleted and brought back', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const studio = await openPruned(page);
  let dialog = await sheet(page);
  await dialog.getByRole('textbox', { name: 'Name of the recipe' }).fill('Half');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('list', { name: 'Saved recipes' })).toContainText('Half');
  expect(await seriousFaults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Recipes', exact: true })).toBeFocused();

  await studio.reload();
  await studio.drop([other]);
  await expect(page.getByRole('heading', { name: 'edge.onnx' }).first()).toBeAttached();
  dialog = await sheet(page);
  await dialog.getByRole('button', { name: 'Use Half' }).click();
  await expect(studio.stops()).toHaveCount(3);
  // Decided anew: what was decided for the first model fits no other.
  await expect(page.getByText('Half, decided anew: 2 steps replayed', { exact: true })).toBeVisible();
  await expect(studio.stop(2)).toContainText(/Prune channels.*cosine/);

  dialog = await sheet(page);
  await dialog.getByRole('button', { name: 'Rename Half' }).click();
  await dialog.getByRole('textbox', { name: 'New name of Half' }).fill('Halved');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Delete Halved' }).click();
  await expect(dialog.getByText('None yet.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('list', { name: 'Saved recipes' })).toContainText('Halved');
  expect(errors).toEqual([]);
});

test('two recipes are compared step by step, and a step that is not known here is marked', async ({ page }) => {
  const studio = await openPruned(page);
  await studio.drop([
    asFile('later.json', {
      whittle: 1,
      steps: [
        { pass: 'fold-batch-norm' },
        { pass: 'from-the-future', spin: 1 },
        { pass: 'prune-channels', options: { ratio: 0.25 } },
      ],
    }),
  ]);
  await expect(studio.stop(2)).toContainText('skipped');
  await expect(studio.stop(3)).toContainText('Prune channels');
  const dialog = await sheet(page);
  await dialog
    .getByLabel('Recipe files and reports')
    .setInputFiles({ name: 'half.json', mimeType: 'application/json', buffer: Buffer.from(pruned.bytes) });
  await expect(dialog.getByRole('list', { name: 'Saved recipes' })).toContainText('half');
  await dialog.getByRole('button', { name: 'What differs in half' }).click();
  const table = dialog.getByRole('table', { name: 'Steps of both recipes' });
  await expect(table.getByRole('row', { name: /removed 2 from-the-future/ })).toBeVisible();
  await expect(table.getByRole('row', { name: /changed 3 2 Prune channels/ })).toContainText('ratio 0.25 → 0.5');
  await expect(dialog.getByRole('status')).toContainText('1 step removed, 1 step changed');
  expect(await seriousFaults(page)).toEqual([]);
  // What is written back is what was read.
  await page.keyboard.press('Escape');
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save recipe' }).click();
  const { steps } = JSON.parse(readFileSync(await (await waiting).path(), 'utf8')) as { steps: unknown[] };
  expect(steps[1]).toEqual({ pass: 'from-the-future', options: {}, sites: 'all', spin: 1 });
});

test('a branch begins at a stop, goes on by itself, and the other one is as it was', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = await openPruned(page);
  await expect(studio.stop(2)).toContainText('cosine');
  let dialog = await sheet(page, 'Branches');
  await dialog.getByLabel('Begin a branch after').selectOption({ index: 1 });
  await dialog.getByRole('textbox', { name: 'Name of the branch' }).fill('Fused');
  await page.keyboard.press('Enter');
  const table = dialog.getByRole('table', { name: 'Branches' });
  await expect(table.getByRole('row', { name: /Fused at work/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(studio.stops()).toHaveCount(2);
  await studio.look('Fuse convolution and activation', /^Fuse convolution and activation, \d+ sites/);
  await studio.apply('Fuse convolution and activation');
  await expect(studio.stops()).toHaveCount(3);
  await page.keyboard.press('ControlOrMeta+z');
  await expect(studio.stop(2)).toContainText('undone');

  dialog = await sheet(page, 'Branches');
  await expect(table.getByRole('row', { name: /^Main/ })).toContainText('cosine');
  expect(await seriousFaults(page)).toEqual([]);
  await table.getByRole('button', { name: 'Go to Main' }).click();
  await expect(table.getByRole('row', { name: /Main at work/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(studio.stop(2)).toContainText('Prune channels');
  await expect(studio.stop(2)).toContainText('cosine');
  await expect(studio.stop(2)).toHaveAttribute('aria-current', 'step');

  dialog = await sheet(page, 'Branches');
  await table.getByRole('button', { name: 'Go to Fused' }).click();
  await expect(table.getByRole('row', { name: /Fused at work/ })).toContainText('1 undone');
  await page.keyboard.press('Escape');
  await expect(studio.stop(2)).toContainText('undone');
  await page.keyboard.press('ControlOrMeta+Shift+z');
  await expect(studio.stop(2)).toHaveAttribute('aria-current', 'step');

  dialog = await sheet(page, 'Branches');
  await table.getByRole('button', { name: /^Compare the models, Main/ }).click();
  await expect(page.getByRole('tab', { name: 'Compare' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('combobox').filter({ hasText: 'Main.onnx' }).last()).toHaveValue('second');
  expect(errors).toEqual([]);
});

test('a sweep is cancelled and keeps what it found, runs through, and a value is taken into the recipe', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const studio = await openPruned(page);
  const dialog = await sheet(page, 'Sweep');
  await dialog.getByLabel(/^Values/).fill('0.1..0.9:60');
  await dialog.getByLabel('Check each').check();
  await dialog.getByRole('button', { name: 'Run 60 values' }).click();
  const table = dialog.getByRole('table', { name: 'Sweep' });
  await expect(table.getByRole('row')).not.toHaveCount(0);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog.getByText(/^Cancelled after \d+ of 60 values/)).toBeVisible();

  await dialog.getByLabel('Check each').uncheck();
  await dialog.getByLabel(/^Values/).fill('0.2..0.6:3');
  await dialog.getByRole('button', { name: 'Run 3 values' }).click();
  await expect(table.getByRole('row')).toHaveCount(4);
  await expect(dialog.getByRole('img', { name: /^Size by/ })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  const row = table.getByRole('row', { name: /^0.2/ });
  const size = await row.getByRole('cell').first().innerText();
  await row.getByRole('button', { name: 'Take 0.2' }).click();
  await expect(row.getByRole('button', { name: 'In the recipe' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(studio.chip('Size')).toContainText(size.split(/\s/)[0]!);
  expect(errors).toEqual([]);
});

/** The report of what is shown, as a file. */
async function reportFile(page: Page, kind: 'HTML' | 'JSON') {
  await page.getByRole('button', { name: 'Export' }).click();
  const waiting = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: `Report, ${kind}` }).click();
  const file = await waiting;
  return { name: file.suggestedFilename(), bytes: new Uint8Array(readFileSync(await file.path())) };
}

test('a report that is dropped brings its recipe, and says when it was made for another model', async ({ page }) => {
  const studio = await openPruned(page);
  const report = await reportFile(page, 'HTML');
  await studio.drop([other]);
  await expect(page.getByRole('heading', { name: 'edge.onnx' }).first()).toBeAttached();
  await studio.drop([report]);
  const messages = page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
  await expect(messages.filter({ hasText: 'Recipe of cnn.report.html' })).toContainText('Made for cnn.onnx: 2 steps');
  const otherModel = messages.filter({ hasText: 'Another model' });
  await expect(otherModel).toContainText(/The recipe was made for cnn.onnx \(SHA-256/);
  await expect(studio.stops()).toHaveCount(3);
  await expect(studio.stop(2)).toContainText('failed');
  await otherModel.getByRole('button', { name: 'Decide anew' }).click();
  await expect(studio.stop(2)).toContainText(/Prune channels.*cosine/);
});

test('a link that was cut short says so once, and the page goes on working', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto('./#v=2&sample=residual-cnn&recipe=q1YqL0');
  await expect(page.getByRole('listitem').filter({ hasText: 'The link cannot be read' })).toHaveText(
    /The link was not followed: it was cut short on its way. Open the model by hand./,
  );
  await studio.openSample('Residual CNN');
});

test('a link with a report is read without the model, asks for it, and replays once it is there', async ({
  page,
  context,
  browser,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openPruned(page);
  await page.getByRole('tab', { name: 'Report' }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Link with the report copied', { exact: true })).toBeVisible();
  const url = await page.evaluate(() => navigator.clipboard.readText());
  expect(url).toContain('#v=2');
  expect(url.length).toBeLessThan(24_000);

  const stranger = await (await browser.newContext({ baseURL: new URL('/', url).href })).newPage();
  const errors = watchForErrors(stranger);
  const studio = new StudioPage(stranger);
  await studio.goto(url);
  const report = stranger.getByRole('region', { name: 'Report of cnn.onnx' });
  await expect(report).toContainText('2.81 → 0.71');
  await expect(report.getByRole('table', { name: 'Steps of the report' })).toContainText('Prune channels');
  await expect(stranger.getByRole('heading', { name: 'This link shows a report of cnn.onnx' })).toBeVisible();
  await expect(stranger.getByText(/Drop that file \(SHA-256 [0-9a-f]{12}…\)/)).toBeVisible();
  expect(await seriousFaults(stranger)).toEqual([]);

  await test.step('another file of the same name is told from it', async () => {
    await studio.drop([{ ...other, name: 'cnn.onnx' }]);
    const told = stranger.getByRole('listitem').filter({ hasText: 'Another model' });
    await expect(told).toContainText(/The report is of cnn.onnx \(SHA-256/);
    await expect(studio.stops()).toHaveCount(1);
  });

  await test.step('the file itself, under any name, is replayed on', async () => {
    const again = await stranger.context().newPage();
    const fresh = new StudioPage(again);
    await fresh.goto(url);
    await fresh.drop([{ ...cnn, name: 'renamed.onnx' }]);
    // The link shows the report of it, as it was copied.
    await expect(again.getByRole('tab', { name: 'Report' })).toHaveAttribute('aria-selected', 'true');
    await fresh.workspace('Studio');
    await expect(fresh.stops()).toHaveCount(3);
    await expect(fresh.stop(2)).toContainText('Prune channels');
  });
  expect(errors).toEqual([]);
});
