import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from './test.ts';
import type { Model } from '../src/ir/model.ts';
import { readModel } from '../src/onnx/read.ts';
import { DIGIT_CNN, digitCnn } from '../src/samples/digit-cnn.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { set, status } from './train-page.ts';

const front = (page: Page) => page.getByRole('list', { name: 'Networks on the front' });
const chart = (page: Page) => page.getByRole('application', { name: /networks, \d+ on the front/ });
const start = (page: Page) => page.getByRole('button', { name: /^Search( again)?$/ });

async function openSearch(page: Page): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Digit CNN');
  await studio.workspace('Search');
  await expect(page.getByRole('region', { name: 'Space' })).toContainText('networks');
  return studio;
}

/** Digits that the page draws, and a search that is over in seconds. */
async function setUp(page: Page, evaluations: number): Promise<void> {
  await page.getByRole('button', { name: 'Drawn digits, search' }).click();
  await expect(page.getByRole('region', { name: 'Samples', exact: true })).toContainText('1000 samples · 10 classes');
  await set(page, 'Networks judged', String(evaluations));
  await set(page, 'Population', '8');
  await set(page, 'Samples, at most', '60');
  await page.getByText('More', { exact: true }).click();
  await set(page, 'Timed whole', '1');
}

/** Numbers in all weights. */
const weightsOf = ({ graph }: Model): number =>
  [...graph.initializers.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );

async function inBothSchemes(page: Page, look: (scheme: string) => Promise<unknown>): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFaults(page)).toEqual([]);
    await look(colorScheme);
  }
}

async function exportModel(page: Page): Promise<Uint8Array> {
  await page.keyboard.press('Control+e');
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /Model/ }).first().click();
  return new Uint8Array(await readFile(await (await download).path()));
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('the search workspace says what is lacking, shows the space, and narrows it gene by gene', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  const studio = await openSearch(page);
  const space = page.getByRole('region', { name: 'Space' });
  await expect(page.getByRole('region', { name: 'What is lacking' })).toContainText('nothing to judge networks by');
  await expect(start(page)).toBeDisabled();
  await expect(page.getByRole('region', { name: 'The smallest network' })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('empty-1440.png') });

  await setUp(page, 24);
  await space.getByText('Genes').click();
  const before = await space.getByRole('heading').innerText();
  const genes = page.getByRole('list', { name: 'Genes' });
  await expect(genes.getByText(/^Spared: /).first()).toBeVisible();
  const searched = genes.getByRole('checkbox', { name: /^Search / });
  await genes.getByRole('group').first().getByRole('button').first().click();
  await expect(space.getByRole('heading')).not.toHaveText(before);
  await searched.first().uncheck();
  await searched.first().check();
  await genes
    .getByRole('checkbox', { name: /^Let .* go$/ })
    .first()
    .check();
  await expect(start(page)).toBeEnabled();
  await inBothSchemes(page, (scheme) => page.screenshot({ path: info.outputPath(`ready-${scheme}.png`) }));

  // The nodes of a gene on the graph, and back again.
  await genes
    .getByRole('button', { name: /^Show .* on the graph$/ })
    .first()
    .click();
  await expect(studio.canvas).toBeVisible();
  await studio.workspace('Search');
  await expect(page.getByLabel('Networks judged')).toHaveValue('24');
  expect(errors).toEqual([]);
});

test('a search is paused, resumed, stopped early, and what was judged is not judged again', async ({ page }, info) => {
  const errors = watchForErrors(page);
  await openSearch(page);
  await setUp(page, 200);
  // Without latency nothing has to be timed.
  await page.getByRole('button', { name: 'Size', exact: true }).click();
  await page.getByRole('button', { name: 'Latency', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Latency', exact: true })).toContainText('plays no part');
  await start(page).click();
  const bar = page.getByRole('progressbar', { name: /networks$/ });
  // What was learnt is told while it runs, once a dozen networks are judged.
  const learnt = page.getByRole('region', { name: 'What was learnt' });
  await expect(learnt.getByRole('listitem').first()).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(status(page)).toHaveText('paused');
  await expect(chart(page)).toBeVisible();
  await page.screenshot({ path: info.outputPath('paused-1440.png') });
  expect(await seriousFaults(page)).toEqual([]);
  const paused = await bar.getAttribute('aria-label');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => bar.getAttribute('aria-label')).not.toBe(paused);
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  await expect(page.getByRole('main')).toContainText('stopped');
  await expect(page.getByText(/\d+ networks judged before/)).toBeVisible();

  await start(page).click();
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: 60_000 })
    .toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(status(page)).toHaveText('cancelled');
  await expect(page.getByRole('main')).toContainText('what was judged is not judged again');
  await expect(page.getByText(/\d+ networks judged before/)).toBeVisible();
  expect(errors).toEqual([]);
});

test('a network of the front is chosen, walked to, opened on the canvas, compared and exported', async ({
  page,
  browser,
}, info) => {
  const errors = watchForErrors(page);
  const studio = await openSearch(page);
  await setUp(page, 8);
  // Fewer kinds of operators have to be timed.
  for (const kind of ['Resolution', 'Depth', 'Kernel']) await page.getByRole('checkbox', { name: kind }).uncheck();
  await page.getByText('Widths', { exact: true }).click();
  await set(page, 'Shares of a width', '0.5');
  await expect(page.getByLabel('Shares of a width')).toHaveValue('0.5, 1');
  await expect(start(page)).toBeEnabled();
  await start(page).click();
  await expect(status(page)).toHaveText('done', { timeout: 100_000 });
  await expect(front(page).getByRole('button').nth(1)).toBeVisible();
  await expect(page.getByRole('region', { name: 'What was learnt' })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: info.outputPath(`done-${width}.png`) });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Show as table' }).click();
  await expect(page.getByRole('region', { name: 'Networks that were judged' }).getByRole('row').nth(2)).toBeVisible();
  await page.getByRole('button', { name: 'Show as table' }).click();

  // By the list, then along the front with the keys.
  await front(page).getByRole('button').first().click();
  const card = page.getByRole('region', { name: 'Selected' });
  const name = await card.locator('strong').innerText();
  await chart(page).focus();
  await page.keyboard.press('ArrowRight');
  await expect(card.locator('strong')).not.toHaveText(name);
  await page.keyboard.press('ArrowLeft');
  await expect(card.locator('strong')).toHaveText(name);
  await page.screenshot({ path: info.outputPath('selected-1440.png') });

  await page.keyboard.press('Enter');
  await expect(studio.canvas).toBeVisible();
  await expect(studio.stops().nth(1)).toBeVisible();
  await expect(studio.chip('Parameters')).toContainText('−');
  await studio.workspace('Search');
  await expect(card.locator('strong')).toHaveText(name);
  await card.getByRole('button', { name: 'Compare with the original' }).click();
  await expect(page.getByRole('grid', { name: 'Changes' })).toBeVisible();

  const bytes = await exportModel(page);
  const whole = weightsOf(digitCnn({ width: DIGIT_CNN.width.usual, layers: DIGIT_CNN.layers.usual }));
  const exported = weightsOf(readModel(bytes).model);
  expect(exported).toBeGreaterThan(0);
  expect(exported).toBeLessThan(whole);

  // As a recipe it is the same network again: on the model as it was opened, without samples.
  await studio.workspace('Search');
  const saving = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Save recipe…' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toMatch(/^digit-cnn\.network-\d+\.recipe\.json$/);
  const recipe = { name: 'recipe.json', bytes: new Uint8Array(await readFile(await saved.path())) };
  const context = await browser.newContext();
  const other = new StudioPage(await context.newPage());
  await other.goto();
  await other.openSample('Digit CNN');
  await other.drop([recipe]);
  await expect(other.stops().nth(1)).toBeVisible();
  expect((await exportModel(other.page)).byteLength).toBe(bytes.byteLength);
  await context.close();
  expect(errors).toEqual([]);
});
