import { expect, test } from './test.ts';
import { seriousFaultsInBoth } from './faults.ts';
import { StudioPage } from './studio-page.ts';

// What has just changed is tinted for a moment, and a colour on its way may lack contrast.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('start, studio, pruning, benchmark, compare and report have no serious accessibility faults', async ({ page }) => {
  const studio = new StudioPage(page);
  const check = async (place: string): Promise<void> => {
    const told = (await seriousFaultsInBoth(page)).map((fault) => `${place}: ${fault}`);
    expect(told).toEqual([]);
  };
  await studio.goto();
  await check('start');
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await check('studio');
  await studio.apply('Fold batch norm');
  await expect(studio.stop(1)).toContainText('agrees');
  await studio.pass('Prune channels').click();
  await expect(page.getByRole('list', { name: 'Channel groups' })).toBeVisible();
  await check('pruning');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Recipes', exact: true }).click();
  for (const tab of ['Gallery', 'Difference', 'Branches', 'Sweep']) {
    await page.getByRole('dialog').getByRole('tab', { name: tab }).click();
    await check(`recipes, ${tab}`);
  }
  await page.keyboard.press('Escape');
  await studio.workspace('Bench');
  await check('bench');
  await studio.workspace('Compare');
  await expect(page.getByRole('grid', { name: 'Changes' })).toBeVisible();
  await check('compare');
  await studio.workspace('Report');
  const frame = page.locator('iframe[title=Report]');
  await expect(page.frameLocator('iframe[title=Report]').getByRole('heading').first()).toBeVisible();
  const report = (await frame.getAttribute('srcdoc'))!;
  // axe cannot look into a frame that may run no script: the page is checked without it, then the report by itself.
  await frame.evaluate((element) => element.remove());
  await check('report workspace');
  await page.setContent(report);
  await check('report');
});
