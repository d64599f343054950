import { expect, test, type Page } from './test.ts';
import { seriousFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const section = (page: Page) => page.getByRole('region', { name: 'Search', exact: true });
const genes = (page: Page) => section(page).getByRole('list', { name: 'Genes of this selection' });
const dimmed = (page: Page) => page.locator('.react-flow__node .gc-dim');

/** Selects the first node that a query finds, and looks for nothing any more. */
async function selectNode(page: Page, query: string): Promise<void> {
  const search = page.getByLabel('Search nodes');
  await search.fill(query);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tabpanel', { name: 'Details' })).toBeVisible();
  await search.fill('');
  await expect(dimmed(page)).toHaveCount(0);
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('the search space is asked for beside a node, lit on the graph, narrowed there, and the same in the workspace', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Digit CNN');
  await selectNode(page, 'op:Conv name:layer.0');
  await expect(genes(page)).toHaveCount(0);
  await section(page).getByRole('button', { name: 'What can be searched here' }).press('Enter');
  await expect(genes(page).getByRole('listitem').nth(1)).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(genes(page).getByRole('checkbox').first()).toBeFocused();

  // With the keyboard: a gene's nodes stand out while it is in focus.
  const first = genes(page)
    .getByRole('listitem')
    .filter({ has: page.getByRole('group') })
    .first();
  await first.getByRole('checkbox').focus();
  await expect.poll(() => dimmed(page).count()).toBeGreaterThan(0);
  await section(page).scrollIntoViewIfNeeded();
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: info.outputPath(`lit-${width}.png`) });
  }
  expect(await seriousFaultsInBoth(page)).toEqual([]);
  await section(page).getByRole('button', { name: 'All genes' }).focus();
  await expect(dimmed(page)).toHaveCount(0);
  await first.hover();
  await expect.poll(() => dimmed(page).count()).toBeGreaterThan(0);
  await page.mouse.move(5, 5);
  await expect(dimmed(page)).toHaveCount(0);

  const searched = first.getByRole('checkbox', { name: /^Search / });
  const name = (await searched.getAttribute('aria-label')) ?? '';
  const chips = first.getByRole('group').getByRole('button');
  await chips.first().press('Space');
  await expect(chips.first()).toHaveAttribute('aria-pressed', 'false');
  await section(page).getByRole('button', { name: 'All genes' }).click();
  await page.getByRole('region', { name: 'Space' }).getByText('Genes').click();
  const there = page
    .getByRole('list', { name: 'Genes', exact: true })
    .getByRole('listitem')
    .filter({ has: page.getByRole('checkbox', { name, exact: true }) });
  await expect(there.getByRole('group').getByRole('button').first()).toHaveAttribute('aria-pressed', 'false');
  await there.getByRole('checkbox').uncheck();
  await studio.workspace('Studio');
  await expect(genes(page).getByRole('checkbox', { name, exact: true })).not.toBeChecked();
  expect(errors).toEqual([]);
});
