import { AxeBuilder } from '@axe-core/playwright';
import { madeGguf, madeSafetensors, type MadeTensor } from '../src/testing/tensor-files.ts';
import { StudioPage } from './studio-page.ts';
import { expect, test } from './test.ts';

const LAYERS: readonly MadeTensor[] = Array.from({ length: 400 }, (_, i) => ({
  name: `layers.${i}.weight`,
  dtype: 'F16',
  shape: [i + 1, 4],
  bytes: (i + 1) * 8,
}));
const EMBEDDING: MadeTensor = { name: 'embedding', dtype: 'F32', shape: [100_000, 4], bytes: 1_600_000 };

test('a safetensors file that is dropped is looked at: metadata, totals, tensors sorted and searched', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'layers.safetensors', bytes: madeSafetensors([...LAYERS, EMBEDDING], { format: 'pt' }) }]);
  const sheet = page.getByRole('dialog', { name: 'layers.safetensors' });
  await expect(sheet).toContainText('401 tensors');
  await expect(sheet.getByRole('region', { name: 'Header' })).toContainText('format');
  const totals = sheet.getByRole('table', { name: 'By element type' });
  await expect(totals.getByRole('row').nth(1)).toContainText('F32');
  await expect(totals.getByRole('row').nth(2)).toContainText('F16');

  const grid = sheet.getByRole('grid', { name: 'Tensors of the file' });
  const first = grid.getByRole('row').nth(1);
  await expect(first).toContainText('layers.0.weight');
  await grid.getByRole('button', { name: 'Size' }).click();
  await expect(first).toContainText('embedding');
  await expect(grid.getByRole('columnheader', { name: 'Size' })).toHaveAttribute('aria-sort', 'descending');
  await sheet.getByRole('searchbox', { name: 'Search tensors' }).fill('layers 39 f16');
  await expect(grid).toHaveAttribute('aria-rowcount', '15');
  await expect(first).toContainText('layers.399.weight');
  const { violations } = await new AxeBuilder({ page }).include('[role=dialog]').analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(page.getByRole('button', { name: /Choose files/ })).toBeVisible();
});

test('a GGUF file is looked at beside the open model; a damaged one says where', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  const bytes = madeGguf([{ name: 'blk.0.attn_q.weight', dtype: 'Q4_K', type: 12, shape: [2, 256], bytes: 288 }], {
    metadata: { 'general.architecture': 'llama', 'tokenizer.ggml.tokens': Array.from({ length: 20 }, String) },
  });
  await studio.drop([{ name: 'tiny.gguf', bytes }]);
  const sheet = page.getByRole('dialog', { name: 'tiny.gguf' });
  await expect(sheet).toContainText('GGUF, version 3');
  await expect(sheet.getByRole('grid')).toContainText('Q4_K');
  await expect(sheet).toContainText('20 in all');
  await sheet.getByRole('button', { name: 'Close' }).click();
  await expect(studio.canvas).toBeVisible();

  await studio.drop([{ name: 'short.gguf', bytes: bytes.slice(0, 100) }]);
  await expect(page.getByText(/short\.gguf: .*are left \(byte \d+\)/).first()).toBeVisible();
  await expect(studio.canvas).toBeVisible();
});
