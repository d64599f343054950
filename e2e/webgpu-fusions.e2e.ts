import { expect, test } from './test.ts';
import type { Model } from '../src/ir/model.ts';
import { writeModel } from '../src/onnx/write.ts';
import { tinyCnn, tinyDecoder, tinyEncoder } from '../src/testing/exported-blocks.ts';
import { StudioPage } from './studio-page.ts';

const FAMILIES: Readonly<Record<string, { readonly build: () => Model; readonly steps: readonly string[] }>> = {
  CNN: {
    build: tinyCnn,
    steps: ['Fold batch norm', 'Fuse padding', 'Fuse hard swish', 'Fuse convolution and activation'],
  },
  encoder: {
    build: tinyEncoder,
    steps: [
      'Fuse layer normalization',
      'Fuse GELU',
      'Fuse attention',
      'Fuse residual sum and normalization',
      'Fuse bias and GELU',
    ],
  },
  decoder: {
    build: tinyDecoder,
    steps: [
      'Fuse RMS normalization',
      'Fuse SiLU and QuickGELU',
      'Fuse rotary embedding',
      'Fuse attention',
      'Fuse residual sum and normalization',
    ],
  },
};

test.describe('what pays on WebGPU, on the software adapter', () => {
  for (const [family, { build, steps }] of Object.entries(FAMILIES)) {
    test(`a tiny ${family} is fused, and agrees there with the original on WASM`, async ({ page }) => {
      const studio = new StudioPage(page);
      await studio.goto();
      await studio.drop([{ name: `${family}.onnx`, bytes: writeModel(build()) }]);
      await expect(studio.canvas).toBeVisible();
      await page.getByRole('button', { name: 'What the model is made for' }).click();
      await page.getByRole('radiogroup', { name: 'Backend' }).getByRole('radio', { name: 'WebGPU' }).click();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /All that pays on WebGPU/ }).click();
      for (const step of steps) await expect(studio.stops().filter({ hasText: step })).not.toHaveCount(0);

      await page.getByRole('tab', { name: /Checks/ }).click();
      await page.getByRole('checkbox', { name: /WebGPU/ }).check();
      await page.getByRole('button', { name: /^Check( again)?$/ }).click();
      const check = page.getByRole('region', { name: /^Check of/ });
      await expect(check.getByRole('table')).toContainText('WebGPU', { timeout: 90_000 });
      await expect(check).toContainText('Outputs agree within');
      await expect(check).not.toContainText(/differs/i);
    });
  }
});
