import { canvasOf, withStudio } from './browser.mjs';
import { readdirSync } from 'node:fs';
const R = '/work/shared/real';
await withStudio(async (browser, url) => {
  for (const [scheme, width, height] of [
    ['dark', 1440, 900],
    ['light', 1280, 800],
  ]) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
    page.on('pageerror', (e) => console.log('PAGEERROR', e.message));
    page.on('console', (m) => m.type() === 'error' && console.log('CONSOLE', m.text()));
    await page.goto(url);
    await page.locator('input[type=file]').first().setInputFiles(`${R}/models/mnist-cnn/mnist.onnx`);
    await canvasOf(page).waitFor();
    await page.getByRole('button', { name: /^Prune channels, \d+/ }).click();
    await page.getByRole('list', { name: 'Channel groups' }).waitFor();
    const target = page.getByRole('spinbutton').first();
    await target.fill('50');
    await target.press('Enter');
    await page
      .getByRole('button', { name: /^Apply/ })
      .first()
      .click();
    await page.waitForTimeout(1500);
    await page.getByRole('tab', { name: 'Bench', exact: true }).click();
    await page.getByRole('radio', { name: 'Accuracy' }).click();
    await page.screenshot({ path: `/tmp/acc0-${scheme}.png` });
    await page
      .getByLabel('Samples', { exact: true })
      .first()
      .setInputFiles(`${R}/data/mnist/t1500a-images-idx3-ubyte.gz`);
    await page.getByRole('button', { name: 'Labels…' }).waitFor();
    await page.getByLabel('Labels file').setInputFiles(`${R}/data/mnist/t1500a-labels-idx1-ubyte.gz`);
    await page.getByText('10 classes').waitFor();
    await page.getByRole('button', { name: '0 to 255' }).click();
    await page.waitForTimeout(600);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('region', { name: 'Confusion', exact: true }).waitFor({ timeout: 60000 });
    await page.waitForTimeout(800);
    await page.screenshot({ path: `/tmp/acc1-${scheme}.png` });
    await page.setViewportSize({ width, height: 2000 });
    await page.waitForTimeout(500);
    await page.screenshot({ path: `/tmp/acc2-${scheme}.png` });
    await page.close();
  }
});
