import { expect, test, type Page } from './test.ts';
import { writeModel } from '../src/onnx/write.ts';
import { characterTransformer } from '../src/samples/character-transformer.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { file, set } from './train-page.ts';

const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const column = (page: Page, side: 'Left' | 'Right') => page.getByRole('region', { name: `${side} text`, exact: true });
const figures = (page: Page, side: 'left' | 'right') => page.getByLabel(`Figures, ${side}`);
const state = (page: Page, side: 'Left' | 'Right') => column(page, side).getByRole('status').first();
/** New tokens of a side, by its figures. */
const tokens = async (page: Page, side: 'left' | 'right'): Promise<number> =>
  Number((await figures(page, side).locator('dd').first().innerText()).replace(/\D/g, ''));

/** A decoder of seeded weights that names no tokenizer. */
function tiny(): Uint8Array {
  const model = characterTransformer({ width: 16, layers: 1, heads: 2, kvHeads: 1 });
  model.extras = { ...model.extras, metadataProps: new Map() };
  return writeModel(model);
}

async function openLab(page: Page): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Character transformer');
  await studio.workspace('KV');
  await expect(card(page, 'Full')).toContainText('kB/token');
  return studio;
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('policies stand side by side with what they take; one becomes steps on the canvas, and is undone', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  const studio = await openLab(page);
  // 4 layers, 2 heads of keys and values of 32 floats each: 2048 bytes of a position.
  await expect(page.getByRole('main')).toContainText('4 layers · 2 KV heads of 32 · float32');
  await expect(card(page, 'Full')).toContainText('2.10 MB');
  await set(page, 'Text length', '4096');
  await expect(card(page, 'Full')).toContainText('8.39 MB');
  await expect(card(page, 'Sliding window')).toContainText('129 kB, fixed');
  await card(page, 'Sliding window').getByLabel('Window', { exact: true }).fill('129');
  await page.keyboard.press('Enter');
  await expect(card(page, 'Sliding window')).toContainText('262 kB, fixed');
  const memory = card(page, 'Cache memory');
  await expect(memory).toContainText('Sliding window takes less than Full from 129 tokens');
  await memory.getByRole('button', { name: 'Show as table' }).click();
  await expect(memory.getByRole('row').last()).toContainText('8.39 MB');
  await memory.getByRole('button', { name: 'Show as table' }).click();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFaults(page)).toEqual([]);
  }

  await page.getByRole('button', { name: 'Apply Sinks and window' }).click();
  await expect(card(page, 'Sinks and window')).toContainText('in the model');
  const chip = page.getByRole('group', { name: 'Cache at 4096', exact: true });
  await expect(chip).toContainText(/−98\.\d/);
  await expect(chip).toContainText(/8\.39/);
  await page.screenshot({ path: info.outputPath('applied.png') });
  await page.getByRole('button', { name: 'Open graph' }).click();
  await expect(studio.stops()).toHaveCount(4);
  await expect(studio.stop(3)).toContainText('Keep sinks and a window');
  await page.keyboard.press('Control+z');
  await expect(studio.stop(2)).toHaveAttribute('aria-current', /step|true/);
  await studio.workspace('KV');
  await expect(card(page, 'Full')).toContainText('in the model');
  // Another policy begins before what the last one wanted in front of it.
  await page.getByRole('button', { name: 'Apply Pages' }).click();
  await expect(card(page, 'Pages')).toContainText('in the model');
  await page.getByRole('button', { name: 'Open graph' }).click();
  await expect(studio.stops().last()).toContainText('Page the KV cache');
  expect(errors).toEqual([]);
});

test('two policies go on from the same prompt, token by token, and one is stopped early', async ({ page }, info) => {
  const errors = watchForErrors(page);
  await openLab(page);
  await page.getByLabel('Prompt', { exact: true }).fill('Anna had a');
  await page.getByLabel('Policy, left').selectOption('paged');
  await page.getByLabel('Policy, right').selectOption('streaming');
  await card(page, 'Sinks and window').getByLabel('Window', { exact: true }).fill('16');
  await page.keyboard.press('Enter');
  await set(page, 'Tokens', '120');
  await page.getByRole('button', { name: 'Run both' }).click();
  await expect(state(page, 'Left')).toHaveText(/^done/, { timeout: 60_000 });
  await expect(state(page, 'Right')).toHaveText(/^done/, { timeout: 60_000 });
  expect([await tokens(page, 'left'), await tokens(page, 'right')]).toEqual([120, 120]);
  await expect(column(page, 'Left').getByRole('region')).toContainText(/^Anna had a.*\w/);
  await expect(figures(page, 'left')).toContainText(/Per token\s*[\d.]+\s*(ms|µs)/);
  // 130 positions in nine blocks of 16, and 4 sinks with the last 15: of 2048 bytes each.
  await expect(figures(page, 'left')).toContainText(/295\s*kB/);
  await expect(figures(page, 'right')).toContainText(/38.9\s*kB/);
  const parted = page.getByRole('region', { name: 'Two texts side by side' });
  await expect(parted).toContainText(/They differ from token \d+ on/);
  await expect(column(page, 'Left').locator('mark')).toHaveCount(1);
  const blocks = card(page, 'Block map');
  await expect(blocks.getByRole('img')).toHaveAttribute('aria-label', /^9 blocks in use/);
  await expect(blocks).toContainText('130 positions of 144');
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('texts.png'), fullPage: true });

  // The text becomes the prompt: its full blocks are there, in a pool that has no room for many more.
  await page.getByRole('button', { name: 'Go on from the left text' }).click();
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue(/^Anna had a.{100,}/);
  await set(page, 'Tokens', '10');
  await page.getByRole('button', { name: 'Run both' }).click();
  await expect(state(page, 'Left')).toHaveText(/^done/, { timeout: 60_000 });
  await expect(figures(page, 'left')).toContainText(/128 kept/);
  await expect(figures(page, 'right')).not.toContainText('kept');

  await set(page, 'Tokens', '20000');
  await page.getByRole('button', { name: 'Run both' }).click();
  await expect.poll(() => tokens(page, 'left')).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Stop the left text' }).click();
  await expect(state(page, 'Left')).toHaveText('stopped');
  const right = await tokens(page, 'right');
  await expect.poll(() => tokens(page, 'right')).toBeGreaterThan(right);
  await page.getByRole('button', { name: 'Stop both' }).click();
  await expect(state(page, 'Right')).toHaveText('stopped');
  await expect(page.getByRole('button', { name: 'Run both' })).toBeVisible();

  await page.getByRole('button', { name: 'Simulate' }).click();
  const table = page.getByRole('region', { name: 'Simulated requests by policy' });
  await expect(table.getByRole('row')).toHaveCount(5);
  await expect(table.getByRole('row').nth(3)).toContainText(/Pages of 16.*%/);
  expect(errors).toEqual([]);
});

test('perplexity and times of tokens come policy by policy; the measurement is cancelled, and runs on a text of one’s own', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  await openLab(page);
  const perplexity = card(page, 'Perplexity');
  await set(page, 'Tokens read', '20000');
  await perplexity.getByRole('button', { name: 'Measure all' }).click();
  await expect(perplexity.getByRole('progressbar')).toBeVisible();
  await perplexity.getByRole('button', { name: 'Cancel' }).click();
  await expect(perplexity.getByRole('progressbar')).toBeHidden();
  await expect(card(page, 'Full')).not.toContainText('per token');

  const text = `${'Anna had a dog. Ben had a cat. '.repeat(8)}\n`;
  await page.getByLabel('Text to measure on').setInputFiles(file('own.txt', new TextEncoder().encode(text)));
  await set(page, 'Tokens read', '96');
  await set(page, 'A point for', '16');
  await perplexity.getByRole('button', { name: 'Measure all' }).click();
  for (const name of ['Full', 'Sliding window', 'Sinks and window', 'INT8', 'Pages'])
    await expect(card(page, name)).toContainText(/per token\s*ppl \d/, { timeout: 60_000 });
  await expect(perplexity).toContainText('measured, 96 tokens of own.txt');
  await expect(perplexity.getByRole('img')).toHaveAttribute('aria-label', /Pages \d+\.\d\d/);
  await perplexity.getByRole('button', { name: 'Show as table' }).click();
  await expect(perplexity.getByRole('columnheader')).toHaveCount(6);
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('measured.png') });
  // Another size is another policy: nothing is known of it.
  await card(page, 'Sliding window').getByLabel('Window', { exact: true }).fill('32');
  await page.keyboard.press('Enter');
  await expect(card(page, 'Sliding window')).not.toContainText('per token');
  expect(errors).toEqual([]);
});

test('a model that is no decoder says so, and the sample that is one is a click away', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Digit CNN');
  await studio.workspace('KV');
  await expect(page.getByRole('region', { name: 'What is lacking' })).toContainText('no input of token ids');
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole('button', { name: /Open the sample/ }).click();
  await expect(card(page, 'Pages')).toContainText('kB/token');
  expect(errors).toEqual([]);
});

test('a decoder without a tokenizer goes on from ids on WebGPU, the software adapter, as on WASM', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'tiny.onnx', bytes: tiny() }]);
  await studio.workspace('KV');
  await expect(card(page, 'Full')).toContainText('1 step');
  await page.getByLabel('Prompt, as token ids').fill('1, 2, 3');
  await page.getByLabel('Policy, left').selectOption('dense');
  await page.getByLabel('Policy, right').selectOption('sliding-window');
  await set(page, 'Temperature', '0');
  await set(page, 'Tokens', '8');
  const texts: string[] = [];
  for (const backend of ['wasm', 'webgpu']) {
    await page.getByLabel('Runs on').selectOption(backend);
    await page.getByRole('button', { name: 'Run both' }).click();
    await expect(state(page, 'Left')).toHaveText(/^done/, { timeout: 60_000 });
    await expect(state(page, 'Right')).toHaveText(/^done/, { timeout: 60_000 });
    texts.push(await column(page, 'Left').getByRole('region').innerText());
  }
  expect(texts[0]).toMatch(/^1, 2, 3\s*\d/);
  expect(texts[1]).toBe(texts[0]);
  await page.getByLabel('Policy, left').selectOption('paged');
  await page.getByLabel('Policy, right').selectOption('int8');
  await page.getByRole('button', { name: 'Run both' }).click();
  await expect(state(page, 'Left')).toHaveText(/^done/, { timeout: 60_000 });
  expect(await column(page, 'Left').getByRole('region').innerText()).toBe(texts[0]);
  // Scales are float16, which this adapter does not compute.
  await expect(column(page, 'Right')).toContainText('no shader-f16');
  await page.screenshot({ path: info.outputPath('webgpu.png'), fullPage: true });
  expect(errors).toEqual([]);
});
