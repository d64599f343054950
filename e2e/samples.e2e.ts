import { expect, test } from '@playwright/test';
import figures from '../src/samples/weights/figures.json' with { type: 'json' };
import { StudioPage, watchForErrors } from './studio-page.ts';

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
