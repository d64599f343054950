import { expect, test } from './test.ts';
import figures from '../src/samples/weights/figures.json' with { type: 'json' };
import { StudioPage, watchForErrors } from './studio-page.ts';
import { set, status } from './train-page.ts';

test('samples with learnt weights say what they learnt, and are loaded when they are opened', async ({ page }) => {
  const errors = watchForErrors(page);
  const asked: string[] = [];
  page.context().on('request', (request) => asked.push(request.url()));
  const studio = new StudioPage(page);
  await studio.goto();
  const weights = (): string[] => asked.filter((url) => /\/(digit-cnn|character-transformer)-[^/]*\.js$/.test(url));
  const card = page.getByRole('button', { name: /Character transformer/ });
  await expect(card).toContainText(`perplexity ${figures['character-transformer'].perplexity.toFixed(2)}`);
  await expect(page.getByRole('button', { name: /Digit CNN/ })).toContainText('right');
  expect(weights()).toEqual([]);
  await studio.openSample('Digit CNN');
  expect(weights()).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('the character transformer is trained on stories that the page tells', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Character transformer');
  await page.getByRole('tab', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Stories, training' }).click();
  const data = page.getByRole('region', { name: 'Data', exact: true });
  await expect(data).toContainText('next tokens are the labels');
  await expect(data.getByRole('button', { name: 'By characters' })).toHaveCount(0);
  await expect(page.getByText('next token', { exact: false }).first()).toBeVisible();
  expect(errors).toEqual([]);
});

test('the digit CNN is trained, paused, gone on with after a reload, and exported', async ({ page }) => {
  const errors = watchForErrors(page);
  page.on('dialog', (dialog) => void dialog.accept());
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Digit CNN');
  await studio.workspace('Train');
  const draw = page.getByRole('button', { name: 'Drawn digits, training' });
  await draw.click();
  await set(page, 'Steps', '60');
  await set(page, 'Batch', '8');
  await page.getByText('More', { exact: true }).click();
  await set(page, 'Looks every', '30');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  const bar = page.getByRole('progressbar', { name: /^Step/ });
  await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(status(page)).toHaveText('paused');

  // The sample and the workspace come back by themselves; digits are drawn again, the same ones.
  await page.reload();
  await draw.click();
  await page.getByRole('button', { name: /^Go on from step \d+/ }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  await expect(page.getByRole('main')).toContainText('60 of 60 steps');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export model' }).click();
  expect((await download).suggestedFilename()).toBe('digit-cnn.trained.onnx');
  expect(errors).toEqual([]);
});
