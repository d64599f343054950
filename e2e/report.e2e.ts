import { expect, test, type Page } from './test.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeModel } from '../src/onnx/write.ts';
import type { ReportData } from '../src/report/types.ts';
import { residualCnn } from '../src/samples/residual-cnn.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

async function save(page: Page, button: string): Promise<{ readonly name: string; readonly path: string }> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: button, exact: true }).click();
  const saved = await download;
  return { name: saved.suggestedFilename(), path: await saved.path() };
}

/** What a machine and an hour decide is left out. */
const comparable = (data: ReportData): unknown => ({ ...data, createdAt: '', device: [], bench: [] });

test('a report of the page and one of the command line have the same numbers, and opens from disk without a network', async ({
  page,
  browser,
}, info) => {
  const errors = watchForErrors(page);
  const folder = mkdtempSync(join(tmpdir(), 'whittle-report-'));
  const model = join(folder, 'small.onnx');
  writeFileSync(model, writeModel(residualCnn()));
  page.setDefaultTimeout(30_000);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'small.onnx', bytes: readFileSync(model) }]);
  await expect(studio.canvas).toBeVisible();
  await page.getByRole('button', { name: 'All that pays on WASM' }).click();
  await expect(studio.stops().nth(1)).toBeVisible();
  const recipe = join(folder, 'recipe.json');
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /^Recipe/ }).click();
  writeFileSync(recipe, await readFile(await (await download).path()));

  await studio.workspace('Report');
  const frame = page.frameLocator('iframe[title="Report"]');
  await expect(frame.getByText('Not checked.', { exact: false }).first()).toBeVisible();
  const lacks = page.getByRole('group', { name: 'What the report lacks' });
  await expect(lacks).toContainText('was not held against the original, and not timed.');
  await page.screenshot({ path: info.outputPath('report-lacks.png') });
  await lacks.getByRole('button', { name: 'Check it' }).click();
  await expect(lacks).toContainText('The result as a whole was not timed.');
  await expect(frame.getByText('Not checked.', { exact: false })).toHaveCount(0);
  await expect(frame.getByRole('heading', { name: /^Graph/ })).toBeVisible();
  // Nothing runs in it, and the picture can be coloured and sized all the same.
  await frame.getByText('Cost', { exact: true }).click();
  await expect(frame.getByText(/heavy: operations/)).toBeVisible();
  await page.screenshot({ path: info.outputPath('report-page.png') });
  const json = JSON.parse(await readFile((await save(page, 'JSON')).path, 'utf8')) as ReportData;
  const picture = await save(page, 'Summary, PNG');
  expect((await readFile(picture.path)).subarray(1, 4).toString()).toBe('PNG');
  const html = await save(page, 'HTML, one file');

  const there = join(folder, 'cli.html');
  const run = spawnSync(
    process.execPath,
    [
      'scripts/whittle.mjs',
      'optimize',
      model,
      '--recipe',
      recipe,
      '--verify',
      '--report',
      there,
      '-o',
      join(folder, 'out.onnx'),
    ],
    { encoding: 'utf8' },
  );
  expect(run.stderr + run.stdout).not.toContain('Error');
  const [, text = ''] = /id="whittle-report">\s*(.*?)\s*<\/script>/s.exec(readFileSync(there, 'utf8')) ?? [];
  const fromLine = JSON.parse(text) as ReportData;
  const { graph } = json;
  expect(comparable(fromLine)).toEqual(comparable({ ...json, graph: graph && { ...graph, wires: '' } }));

  const disk = join(folder, html.name);
  writeFileSync(disk, await readFile(html.path));
  for (const colorScheme of ['light', 'dark'] as const) {
    const alone = await browser.newContext({ offline: true, colorScheme, viewport: { width: 1280, height: 900 } });
    const reader = await alone.newPage();
    const faults = watchForErrors(reader);
    await reader.goto(pathToFileURL(disk).href);
    await expect(reader.getByRole('heading', { level: 1 })).toContainText('small');
    await reader.screenshot({ path: info.outputPath(`disk-${colorScheme}.png`), fullPage: true });
    await reader.emulateMedia({ media: 'print' });
    await expect(reader.getByText('100 %', { exact: true })).toBeHidden();
    await reader.screenshot({ path: info.outputPath(`print-${colorScheme}.png`), fullPage: true });
    expect(faults).toEqual([]);
    await alone.close();
  }
  expect(errors).toEqual([]);
});
