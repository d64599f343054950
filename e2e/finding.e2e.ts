import { readFileSync } from 'node:fs';
import { expect, test, type Page } from './test.ts';
import { readModel } from '../src/onnx/read.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildSample } from '../src/samples/catalogue.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const cnn = { name: 'cnn.onnx', bytes: writeModel(buildSample('residual-cnn')) };
const search = (page: Page) => page.getByRole('combobox', { name: 'Search nodes' });
const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' });
/** What the canvas says of the selected node. */
const selected = (page: Page, label: string) => page.getByRole('main').getByText(new RegExp(`^${label}, `));
const messages = (page: Page) => page.getByRole('region', { name: 'Messages' });

/** Runs a command of the palette by its beginning. */
async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
  await page.keyboard.type(text);
  await expect(page.getByRole('option', { selected: true })).toContainText(text);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Commands' })).toBeHidden();
}

/** Presses Tab until a control of that name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => {
      const { activeElement: at } = document;
      const labels = at instanceof HTMLInputElement || at instanceof HTMLSelectElement ? at.labels : null;
      return at?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? at?.textContent ?? '';
    });
    if (name.test(text.trim())) return;
  }
  throw new Error(`Tab does not lead to ${name}.`);
}

test('the whole job is done by the keyboard alone', async ({ page }) => {
  test.setTimeout(240_000);
  const errors = watchForErrors(page);
  await page.addInitScript(() => {
    const seen = { count: 0 };
    Object.assign(window, { pointerUse: seen });
    for (const type of ['pointerdown', 'mousedown', 'touchstart']) {
      window.addEventListener(type, () => (seen.count += 1), true);
    }
  });
  const studio = new StudioPage(page);
  await studio.goto();

  await test.step('open a sample', async () => {
    await command(page, 'Open the sample Residual CNN');
    await expect(studio.canvas).toBeVisible();
    await expect(studio.pass('Fold batch norm')).toBeVisible();
  });

  await test.step('find a path, with a suggestion taken on the way', async () => {
    await page.keyboard.press('ControlOrMeta+f');
    await expect(search(page)).toBeFocused();
    await page.keyboard.type('Conv > BatchN');
    await expect(page.getByRole('option', { name: /BatchNormalization/ })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(search(page)).toHaveValue('Conv > BatchNormalization');
    await page.keyboard.type(' > Relu');
    await expect(page.getByText(/nodes on \d+ paths$/)).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(selected(page, 'Conv 1')).toBeAttached();
  });

  await test.step('walk along the edges, on the canvas and in the outline', async () => {
    await page.keyboard.press('F6');
    await expect(studio.canvas).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(selected(page, 'BatchNorm\\w* 1')).toBeAttached();
    await page.keyboard.press('Shift+F6');
    await tabTo(page, /^Outline$/);
    await page.keyboard.press('Alt+ArrowDown');
    await expect(selected(page, 'Relu 1')).toBeAttached();
    await expect(page.getByRole('treeitem', { selected: true })).toHaveAccessibleName(/^Relu 1, .*1 producer/);
    await page.keyboard.press('Shift+F10');
    await expect(page.getByRole('menuitem', { name: 'Producer BatchNormalization 1' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('tree', { name: 'Outline' })).toBeFocused();
  });

  await test.step('look at a pass, limit it to the matches, switch a site off, apply', async () => {
    await command(page, 'Fold batch norm');
    const bar = studio.passBar('Fold batch norm');
    await expect(bar).toContainText('15 of 15 sites on');
    await command(page, 'Only in what the search found');
    await expect(bar).not.toContainText('15 of 15');
    await command(page, 'Everywhere again');
    await expect(bar).toContainText('15 of 15 sites on');
    await page.keyboard.press('F6');
    await page.keyboard.press(']');
    await page.keyboard.press('Space');
    await expect(bar).toContainText('14 of 15 sites on');
    await page.keyboard.press('Enter');
    await expect(studio.stop(1)).toContainText('14 sites, 1 off');
    await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
  });

  await test.step('undo and redo', async () => {
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
  });

  await test.step('open the checks', async () => {
    await command(page, 'Dock: checks');
    await command(page, 'Check everything against the original');
    const check = page.getByRole('region', { name: /^Check of/ });
    await expect(check.getByRole('table')).toBeVisible({ timeout: 60_000 });
  });

  await test.step('benchmark', async () => {
    await command(page, 'Go to Bench');
    // The workspace is loaded when it is first wanted.
    await expect(page.getByLabel(/^Runs/).first()).toBeVisible();
    await page.keyboard.press('F6');
    await tabTo(page, /^Runs/);
    await page.keyboard.press('Home');
    // No longer than the runs that were asked for.
    await tabTo(page, /^Method/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Go on until/);
    await page.keyboard.press('Space');
    await tabTo(page, /^Run\b/);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('×', { timeout: 90_000 });
  });

  await test.step('export the model', async () => {
    const waiting = page.waitForEvent('download');
    await command(page, 'Save the model');
    const download = await waiting;
    expect(download.suggestedFilename()).toBe('residual-cnn.whittled.onnx');
    const bytes = new Uint8Array(readFileSync(await download.path()));
    expect(readModel(bytes).model.graph.nodes.size).toBe(39);
  });

  expect(await page.evaluate(() => (window as unknown as { pointerUse: { count: number } }).pointerUse.count)).toBe(0);
  expect(errors).toEqual([]);
});

test('panels are given another width by the keyboard, and their own again', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  for (const name of [
    'Width of the left panel',
    'Height of the outline',
    'Width of the inspector',
    'Height of the dock',
  ]) {
    const sash = page.getByRole('separator', { name });
    await sash.focus();
    const before = Number(await sash.getAttribute('aria-valuenow'));
    await page.keyboard.press('End');
    await expect(sash).toHaveAttribute('aria-valuenow', (await sash.getAttribute('aria-valuemax')) ?? '');
    await page.keyboard.press('Delete');
    await expect(sash).toHaveAttribute('aria-valuenow', String(before));
  }
});

test('a query that cannot be read says where, and a broken one hides no node', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await search(page).fill('Conv > cost:lots');
  await expect(search(page)).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText('At character 8:')).toBeAttached();
  await search(page).fill('op:Conv cost:>1%');
  await expect(search(page)).toHaveAttribute('aria-invalid', 'false');
  await expect(page.getByRole('button', { name: 'Next match' })).toBeEnabled();
});

test('a link brings back model, recipe, stop, node, colours and search', async ({ page, context }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await page.getByRole('radio', { name: 'MACs' }).click();
  await search(page).fill('op:MatMul');
  await search(page).press('Enter');
  await expect(selected(page, 'MatMul 1')).toBeAttached();
  await expect.poll(() => new URL(page.url()).hash).toContain('query=op%3AMatMul');
  await expect.poll(() => new URL(page.url()).hash).toContain('node=');
  const link = page.url();
  expect(link.length).toBeLessThan(2000);

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByRole('application', { name: 'Graph of 38 nodes' })).toBeVisible();
  await expect(selected(other, 'MatMul 1')).toBeAttached();
  await expect(inspector(other)).toContainText('/head/MatMul');
  await expect(other.getByRole('radio', { name: 'MACs' })).toBeChecked();
  await expect(search(other)).toHaveValue('op:MatMul');
});

test('a link to a file asks for it by its name; one that cannot be read says so', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto('./#v=1&file=cnn.onnx&node=nowhere');
  await expect(page.getByRole('heading', { name: 'This link shows nowhere of cnn.onnx' })).toBeVisible();
  await studio.drop([cnn]);
  await expect(studio.canvas).toBeVisible();
  await expect(messages(page)).toContainText('node nowhere');

  await page.goto('about:blank');
  await studio.goto('./#v=8&sample=residual-cnn');
  await expect(messages(page)).toContainText('version 8');
});

test('a session is there again after the page is loaded again', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await page.keyboard.press('Escape');
  await studio.reload();
  await expect(page.getByRole('application', { name: 'Graph of 38 nodes' })).toBeVisible();
  await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
});

test('a session on a file is offered by a new tab, and replayed on the file', async ({ page, context }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await page.close();

  const next = await context.newPage();
  const later = new StudioPage(next);
  await later.goto();
  const offer = next.getByRole('region', { name: 'Continue' });
  await expect(offer).toContainText('Continue with cnn.onnx, 1 step');
  const chooser = next.waitForEvent('filechooser');
  await offer.getByRole('button', { name: 'Continue' }).click();
  await (
    await chooser
  ).setFiles({ name: cnn.name, mimeType: 'application/octet-stream', buffer: Buffer.from(cnn.bytes) });
  await expect(next.getByRole('application', { name: 'Graph of 38 nodes' })).toBeVisible();
  await expect(later.stop(1)).toHaveAttribute('aria-current', 'step');
});

test('with consent a model is kept, opens again by a click with its recipe, and is cleared', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  const question = page.getByRole('region', { name: 'Keep opened models' });
  await question.getByRole('button', { name: 'Keep them' }).click();
  await expect(question).toBeHidden();
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');

  await studio.reload();
  await expect(page.getByRole('application', { name: 'Graph of 38 nodes' })).toBeVisible();

  await page.getByRole('button', { name: 'File cnn.onnx' }).click();
  await page.getByRole('menuitem', { name: 'Close, back to the start' }).click();
  const recent = page.getByRole('button', { name: /^cnn.onnx .*kept/ });
  await recent.click();
  await expect(page.getByRole('application', { name: 'Graph of 38 nodes' })).toBeVisible();

  await page.getByRole('button', { name: 'File cnn.onnx' }).click();
  await page.getByRole('menuitem', { name: 'Close, back to the start' }).click();
  await page.getByRole('button', { name: /^Clear all, frees/ }).click();
  await expect(messages(page)).toContainText('freed');
  await expect(page.getByText('No recipe yet.')).toBeVisible();
});

test('search, outline, palette, sheet and offers have no serious accessibility faults', async ({ page, context }) => {
  const check = async (place: string, on: Page = page): Promise<void> => {
    const faults = await seriousFaults(on);
    expect(faults.map((fault) => `${place}: ${fault}`)).toEqual([]);
  };
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await expect(page.getByRole('region', { name: 'Keep opened models' })).toBeVisible();
  await check('the question');
  await studio.look('Fold batch norm', 15);
  await search(page).fill('Conv > Ba');
  await expect(page.getByRole('listbox', { name: 'Suggestions' })).toBeVisible();
  await check('suggestions');
  await search(page).fill('Conv > cost:lots');
  await check('a broken query');
  await search(page).fill('Conv > BatchNormalization');
  await search(page).press('Enter');
  await page.getByRole('tree', { name: 'Outline' }).focus();
  await page.keyboard.press('Alt+ArrowDown');
  await check('the outline');
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menu')).toBeVisible();
  await check('its menu');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+k');
  await check('the palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await check('the sheet');
  await page.close();
  const next = await context.newPage();
  await new StudioPage(next).goto();
  await expect(next.getByRole('region', { name: 'Continue' })).toBeVisible();
  await check('the offer', next);
});
