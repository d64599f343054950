// Takes the pictures of README.md and docs from the built studio: `node scripts/screenshots.mjs` after `npm run build`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canvasOf, withStudio } from './browser.mjs';

const out = fileURLToPath(new URL('../docs/', import.meta.url));
mkdirSync(out, { recursive: true });

async function open(browser, url, colorScheme) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme });
  await page.goto(url);
  await page.getByRole('button', { name: /MobileNetV2/ }).click();
  await canvasOf(page).waitFor();
  return page;
}

/** Sites of a pass lit on the graph, one switched off. */
async function fusing(browser, url) {
  const page = await open(browser, url, 'dark');
  await page.getByRole('button', { name: /^Fold batch norm, \d+ sites/ }).click();
  await page
    .getByRole('group', { name: 'Fold batch norm' })
    .getByText(/sites on/)
    .waitFor();
  await canvasOf(page).focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press(']');
  await page.keyboard.press('1');
  await page.keyboard.press('Space');
  await page.waitForTimeout(800);
  await page.screenshot({ path: `${out}studio-fuse.png` });
  await page.close();
}

/** The pruning panel with its forecast. */
async function pruning(browser, url) {
  const page = await open(browser, url, 'light');
  await page.getByRole('button', { name: /^Prune channels, \d+/ }).click();
  await page.getByRole('list', { name: 'Channel groups' }).waitFor();
  const target = page.getByRole('spinbutton').first();
  await target.fill('50');
  await target.press('Enter');
  await page
    .getByRole('slider', { name: /^Width of/ })
    .nth(5)
    .focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForTimeout(800);
  await page.screenshot({ path: `${out}studio-prune.png` });
  await page.close();
}

/** A convolution in the inspector, its kernels as a picture, under the heat of MACs. */
async function inspecting(browser, url) {
  const page = await open(browser, url, 'dark');
  await page.getByRole('radio', { name: 'MACs' }).click();
  await page.getByRole('combobox', { name: 'Search nodes' }).fill('op:Conv');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Tensors' }).click();
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `${out}studio-inspect.png` });
  await page.close();
}

/** The original beside what a preset made of it. */
async function comparing(browser, url) {
  const page = await open(browser, url, 'light');
  await page.getByRole('button', { name: 'All that pays on WASM' }).click();
  await page.getByRole('list', { name: 'Recipe' }).getByRole('listitem').nth(2).waitFor();
  await page.getByRole('tab', { name: 'Compare' }).click();
  const table = page.getByRole('grid', { name: 'Changes' });
  await table.getByRole('row').nth(4).click();
  await page.waitForTimeout(1200);
  await page.screenshot({ path: `${out}studio-compare.png` });
  await page.close();
}

/** Where the time goes, before and after pruning, and the roofline. */
async function measuring(browser, url) {
  const page = await open(browser, url, 'dark');
  await page.getByRole('button', { name: /^Prune channels, \d+/ }).click();
  await page.getByRole('list', { name: 'Channel groups' }).waitFor();
  const target = page.getByRole('spinbutton').first();
  await target.fill('50');
  await target.press('Enter');
  await page
    .getByRole('button', { name: /^Apply/ })
    .first()
    .click();
  await page.getByRole('list', { name: 'Recipe' }).getByRole('listitem').nth(2).waitFor();
  await page.getByRole('tab', { name: 'Bench', exact: true }).click();
  await page.getByRole('radio', { name: 'Profile', exact: true }).click();
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  await page.getByRole('button', { name: 'Measure the device' }).click({ timeout: 120_000 });
  await page.getByText(/GFLOP\/s, measured peak/).waitFor({ timeout: 120_000 });
  await page.waitForTimeout(800);
  await page.screenshot({ path: `${out}bench-profile.png` });
  await page.close();
}

/** Ways of keeping keys and values side by side, measured, and two texts. */
async function keeping(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1330 }, colorScheme: 'light' });
  await page.goto(url);
  await page.getByRole('button', { name: /Character transformer/ }).click();
  await canvasOf(page).waitFor();
  await page.getByRole('tab', { name: 'KV', exact: true }).click();
  const perplexity = page.getByRole('region', { name: 'Perplexity', exact: true });
  await perplexity.getByLabel('Tokens read').fill('1024');
  await perplexity.getByRole('button', { name: 'Measure all' }).click();
  await perplexity.getByRole('progressbar').waitFor();
  await perplexity.getByRole('progressbar').waitFor({ state: 'hidden', timeout: 600_000 });
  await page.getByLabel('Prompt', { exact: true }).fill('Anna had a');
  await page.getByLabel('Policy, left').selectOption('paged');
  await page.getByLabel('Policy, right').selectOption('streaming');
  await page.getByRole('button', { name: 'Run both' }).click();
  for (const side of ['Left', 'Right']) {
    await page
      .getByRole('region', { name: `${side} text` })
      .getByText(/^done/)
      .waitFor();
  }
  await page.screenshot({ path: `${out}kv-cache.png` });
  await page.close();
}

/** A report of the command line, all but its date. */
async function reporting(browser) {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-report-'));
  const report = join(folder, 'report.html');
  const optimize = ['optimize', 'sample:residual-cnn', '--recipe', 'wasm', '-o', join(folder, 'out.onnx')];
  const whittle = fileURLToPath(new URL('whittle.mjs', import.meta.url));
  execFileSync(process.execPath, [whittle, ...optimize, '--verify', '--bench', '--bench-steps', '--report', report]);
  const page = await browser.newPage({ viewport: { width: 1180, height: 900 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(report).href);
  const { x, y, width, height } = await page.getByRole('main').boundingBox();
  const clip = { x: x - 24, y: y - 8, width: width + 48, height: height + 24 };
  await page.screenshot({ path: `${out}report.png`, fullPage: true, clip });
  await page.close();
  rmSync(folder, { recursive: true, force: true });
}

await withStudio(async (browser, url) => {
  await fusing(browser, url);
  await pruning(browser, url);
  await inspecting(browser, url);
  await comparing(browser, url);
  await measuring(browser, url);
  await keeping(browser, url);
  await reporting(browser);
});
