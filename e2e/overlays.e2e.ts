import { expect, test } from './test.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage } from './studio-page.ts';

const more = /^More overlays/;

test('every overlay says what its colours mean, and how its values were found', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  const choose = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: more }).click();
    await page.getByRole('menuitemradio', { name }).click();
  };
  const legend = page.getByRole('region', { name: 'Legend' });

  await test.step('operators have a key', async () => {
    await page.getByRole('button', { name: 'Key', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Key of the operators' })).toContainText('normalization');
  });

  await test.step('costs are counted on the page', async () => {
    await page.getByRole('radio', { name: 'MACs' }).click();
    await expect(legend).toContainText('MACs per node');
  });

  await test.step('memory has a timeline that leads to its peak', async () => {
    await choose('Memory');
    await expect(legend.getByRole('img', { name: /^Live memory over 53 nodes; the peak is/ })).toBeVisible();
    await legend.getByRole('button', { name: /^Peak/ }).click();
    await expect(legend).toContainText('of activations alive');
  });

  await test.step('zeros and importance read the weights', async () => {
    await choose('Sparsity');
    await expect(legend).toContainText(/Zeros among a node's constants; .* in all/);
    await choose('Importance');
    await expect(legend).toContainText('Channels that hold 90 %');
    await choose('Dead');
    await expect(legend).toContainText(/Proven by the weights: .* channels can go/);
  });

  await test.step('time is measured on request, and again after a step', async () => {
    await choose('Time');
    await expect(legend).toContainText('No node has been timed on this device yet.');
    await legend.getByRole('button', { name: 'Time every node' }).click();
    await expect(legend).toContainText(/Measured: WASM, 1 thread, “all”, mean of the middle half of \d+ runs/, {
      timeout: 60_000,
    });
    await studio.look('Fold batch norm', 15);
    await studio.apply('Fold batch norm');
    await expect(legend).toContainText('No node has been timed on this device yet.');
  });

  await test.step('provenance tells what steps made', async () => {
    await choose('Provenance');
    await page.getByRole('button', { name: 'Key', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Key of the changes' })).toContainText(/fused\s*15/);
    expect(await seriousFaults(page)).toEqual([]);
  });
});
