import { expect, test, type Worker } from './test.ts';
import { StudioPage } from './studio-page.ts';

/** An error that nobody catches ends the worker as far as the page is concerned. */
const kill = (worker: Worker): Promise<void> =>
  worker.evaluate(() => {
    setTimeout(() => {
      throw new Error('killed by the test');
    });
  });

test('a graph worker that dies is replaced, and the recipe is replayed', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await expect(studio.stops()).toHaveCount(2);
  const graph = page.workers().find((worker) => worker.url().includes('graph-worker'))!;
  const gone = new Promise((resolve) => graph.on('close', resolve));
  await kill(graph);
  await gone;
  await expect(page.getByRole('region', { name: 'Messages' })).toContainText('The worker was started again');
  await expect(page.getByRole('application', { name: 'Graph of 38 nodes' })).toBeVisible();
  await expect(studio.stops()).toHaveCount(2);
  await studio.pass('Prune channels').click();
  await expect(page.getByRole('list', { name: 'Channel groups' })).toBeVisible();
});

test('a long job can be cancelled, and the next one runs', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('MobileNetV2');
  await studio.workspace('Bench');
  await page.getByRole('button', { name: /^Run/ }).first().click();
  const running = page.getByRole('region', { name: 'Benchmark at work' });
  await expect(running).toBeVisible();
  await running.getByRole('button', { name: 'Cancel' }).click();
  await expect(running).toBeHidden();
  await studio.workspace('Studio');
  await studio.look('Fold batch norm', 52);
  await studio.apply('Fold batch norm');
  await expect(studio.stops()).toHaveCount(2);
});
