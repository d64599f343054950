import { expect, test, type Page } from './test.ts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { haveShared, sharedModels, sharedRoot } from '../src/testing/shared.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

/** By kind, so that one that fails is found soon. */
const have = haveShared();
const folders = have ? readdirSync(join(sharedRoot, 'real/models')) : ['no folder'];

/** Runs a command of the palette; one that there is nothing to do for is left. */
async function command(page: Page, title: string): Promise<void> {
  const field = page.getByPlaceholder('What should be done');
  await page.keyboard.press('ControlOrMeta+k');
  await field.fill(title);
  const option = page.getByRole('option', { name: new RegExp(`^${title}`) });
  await expect(option).toBeVisible();
  await page.keyboard.press((await option.getAttribute('aria-disabled')) === 'true' ? 'Escape' : 'Enter');
  await expect(field).toBeHidden();
}

/** The window on the strip map spans all of it: nothing of the graph is out of view. */
async function isWholeInView(page: Page): Promise<boolean> {
  const [strip, window] = [page.locator('.gc-strip canvas'), page.locator('.gc-strip .gc-window')];
  const [all, seen] = [await strip.boundingBox(), await window.boundingBox()];
  return Boolean(all && seen && seen.height > 0.97 * all.height);
}

async function tryModel(page: Page, path: string): Promise<void> {
  const studio = new StudioPage(page);
  const whole = page.locator('canvas[data-whole]');

  await test.step(`${path} opens, and fits the canvas`, async () => {
    await page.locator('input[type=file]').first().setInputFiles(join(sharedRoot, path));
    await expect(page.getByRole('heading', { level: 1, name: path.split('/').at(-1)! })).toBeAttached();
    await expect(studio.canvas).toBeVisible();
    await expect(whole).toBeVisible();
    await expect.poll(() => isWholeInView(page)).toBe(true);
  });

  await test.step(`${path} folds and unfolds`, async () => {
    await studio.canvas.focus();
    for (const words of ['Fold all groups', 'Unfold all groups']) {
      await command(page, words);
      await expect(page.locator('.gc[data-moving]')).toHaveCount(0);
    }
    await page.keyboard.press('0');
    await expect(whole).toBeVisible();
  });

  await test.step(`${path} is searched`, async () => {
    const search = page.getByRole('combobox', { name: 'Search nodes' });
    const operators = page.getByRole('region', { name: 'Operators', exact: true });
    const first = operators.getByRole('button').first();
    const count = Number((await first.locator('.num').innerText()).replaceAll(/\D/g, ''));
    await first.click();
    await expect(page.getByText(new RegExp(`of ${count}\\b|^${count} node|${count} nodes`)).first()).toBeVisible();
    await search.focus();
    await page.keyboard.press('Escape');
    await expect(search).toHaveValue('');
  });

  await test.step(`${path} is compared with itself`, async () => {
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.getByLabel('Second model files').setInputFiles(join(sharedRoot, path));
    await expect(page.getByRole('region', { name: 'Table of changes' }).getByText('Nothing differs.')).toBeVisible();
    await expect(page.getByRole('application', { name: /^Graph B of/ })).toBeVisible();
    await page.getByRole('tab', { name: 'Studio' }).click();
    await expect(studio.canvas).toBeVisible();
  });
}

test.describe('every real model opens, fits, folds, is searched and compared', () => {
  test.skip(!have, '../shared is not here');
  // Some folders a page, one model after the other: a page is to bear that too.
  for (let at = 0; at < folders.length; at += 4) {
    const some = folders.slice(at, at + 4);
    test(`of ${some.join(', ')}`, async ({ page }) => {
      const errors = watchForErrors(page);
      await new StudioPage(page).goto();
      for (const folder of some) {
        const paths = sharedModels(join('real/models', folder));
        expect(paths.length).toBeGreaterThan(0);
        for (const path of paths) await tryModel(page, path);
      }
      expect(errors).toEqual([]);
    });
  }
});
