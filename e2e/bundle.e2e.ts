import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { plainHost } from './plain-host.ts';
import { StudioPage } from './studio-page.ts';
import { expect, test, type Page } from './test.ts';

/** Takes a bundle from the Export menu, and unpacks it into a folder. */
async function unpacked(
  page: Page,
  item: string,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  await page.getByRole('button', { name: 'Export' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: item }).first().click();
  const download = await saving;
  expect(download.suggestedFilename()).toMatch(/\.whittled\.zip$/);
  const folder = mkdtempSync(join(tmpdir(), 'whittle-unpacked-'));
  const files = unzipSync(new Uint8Array(readFileSync(await download.path())));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return { folder, files: Object.keys(files) };
}

test('a bundle from the Export menu is unpacked, served, and its page runs the model', async ({ page, context }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await expect(studio.stop(1)).toContainText('agrees');
  const { folder, files } = await unpacked(page, 'Bundle residual-cnn');
  expect(files).toEqual(
    expect.arrayContaining(['model.onnx', 'recipe.json', 'report.html', 'report.md', 'report.json']),
  );

  const host = await plainHost('/', folder);
  const runner = await context.newPage();
  await runner.goto(host.address);
  await expect(runner.getByRole('status')).toHaveText(/^\d+\.\d\d ms a run, the median of 10 on WASM/);
  const outputs = runner.getByRole('table', { name: 'Outputs' });
  await expect(outputs.getByRole('row').nth(1)).toHaveText(/float32\s*1×10/);
  await runner.getByLabel(/^Size of/).fill('3');
  await runner.getByRole('button', { name: 'Run' }).click();
  await expect(outputs.getByRole('row').nth(1)).toHaveText(/float32\s*3×10/);
  await expect(runner.getByRole('status')).toHaveText(/ms a run/);
  host.end();
  rmSync(folder, { recursive: true });
});

test('a bundle without the runtime says which files its page needs, and where', async ({ page, context }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  const { folder, files } = await unpacked(page, 'Bundle without the runtime');
  expect(files.filter((path) => path.startsWith('runtime/'))).toEqual([]);
  const host = await plainHost('/', folder);
  const runner = await context.newPage();
  await runner.goto(host.address);
  await expect(runner.getByRole('status')).toContainText('ort-wasm-simd-threaded.wasm of onnxruntime-web 1.30.0');
  await expect(runner.getByRole('status')).toContainText('into the folder "runtime"');
  host.end();
  rmSync(folder, { recursive: true });
});

test('the model is saved as two files, its weights beside it, and both open again', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await page.getByRole('button', { name: 'Export' }).click();
  const saved: string[] = [];
  const bytes = new Map<string, Uint8Array>();
  page.on('download', (download) => {
    saved.push(download.suggestedFilename());
    void download.path().then((path) => bytes.set(download.suggestedFilename(), new Uint8Array(readFileSync(path))));
  });
  await page.getByRole('menuitem', { name: 'Model, weights beside it' }).click();
  await expect.poll(() => bytes.size).toBe(2);
  expect(saved[1]).toBe(`${saved[0]}.data`);
  await studio.goto();
  await studio.drop([...bytes].map(([name, each]) => ({ name, bytes: each })));
  await expect(studio.canvas).toBeVisible();
});
