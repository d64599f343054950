import { expect, test } from './test.ts';
import { seeded } from '../src/base/random.ts';
import { writeNpy } from '../src/verify/npz.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const random = seeded(7);
/** Twenty images for the residual network, [3, 32, 32] each. */
const images = {
  name: 'images.npy',
  bytes: writeNpy({
    dtype: 'float32',
    shape: [20, 3, 32, 32],
    data: Float32Array.from({ length: 20 * 3 * 32 * 32 }, () => random() - 0.5),
  }),
};

test('a model is pruned in two rounds, with batch norms after each, and taken back step by step', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  const bar = studio.passBar('Prune channels');
  const norms = page.getByRole('checkbox', { name: /^Batch norms anew from the data/ });
  const openPanel = async (): Promise<void> => {
    await studio.pass('Prune channels').click();
    await expect(page.getByRole('list', { name: 'Channel groups' })).toBeVisible();
    await page.getByRole('spinbutton', { name: 'Target' }).fill('50');
    await page.getByRole('spinbutton', { name: 'Rounds' }).fill('2');
  };
  const applied = async (): Promise<void> => {
    await bar.getByRole('button', { name: /^Apply/ }).click();
    await expect(bar).toBeHidden();
  };
  await studio.goto();
  await studio.openSample('Residual CNN');

  await test.step('rounds alone: a stop for each, with the widths of both', async () => {
    await openPanel();
    await expect(norms).toBeDisabled();
    await applied();
    await expect(studio.stops()).toHaveCount(3);
    await expect(page.getByText('Prune channels: 2 steps', { exact: true })).toBeVisible();
    for (const index of [1, 2]) await expect(studio.stop(index)).toContainText('Prune channels');
    await expect(studio.stop(2)).toHaveAttribute('aria-current', 'step');
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
    await expect(studio.stop(2)).toContainText('undone');
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
  });

  await test.step('with data, batch norms follow each round', async () => {
    await openPanel();
    const data = page.getByRole('region', { name: 'Calibration data' });
    await studio.dropOn(data, [images]);
    await expect(data).toContainText('10 of 20 rows of an array');
    await norms.check();
    await expect(data).toContainText('Used for batch norms');
    await applied();
    await expect(studio.stops()).toHaveCount(5);
    for (const index of [2, 4]) await expect(studio.stop(index)).toContainText('Re-estimate batch norm');
    for (const index of [3, 2, 1, 0]) {
      await page.keyboard.press('ControlOrMeta+z');
      await expect(studio.stop(index)).toHaveAttribute('aria-current', 'step');
    }
  });

  await test.step('the pass by itself says why it has nothing to do on the original', async () => {
    await studio.look('Re-estimate batch norm', /^Re-estimate batch norm, /);
    await expect(page.getByRole('region', { name: 'No site' })).toContainText('It gets what it got in the original');
  });
  expect(errors).toEqual([]);
});
