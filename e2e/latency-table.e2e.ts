import { expect, test } from './test.ts';
import { readFile } from 'node:fs/promises';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

/** A convolution with its activation, and a layer that reads its channels: few kinds of parts, at any width. */
const model = buildModel({ seed: 5 }, (g) => {
  const x = g.input('x', [1, 3, 16, 16]);
  const made = g.op('Relu', [g.op('Conv', [x, g.weight('w1', [16, 3, 3, 3])])]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [made])]);
  g.output(g.op('Gemm', [pooled, g.weight('w2', [16, 10])]), 'y', { shape: [1, 10] });
});

/** ms; a few micro-models are timed for some seconds each, longer on a busy machine. */
const MEASURED = 240_000;

test('operators are measured once, and predict a model that is then checked against a run', async ({ page }) => {
  test.setTimeout(2 * MEASURED + 60_000);
  page.setDefaultTimeout(30_000);
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  const open = async (): Promise<void> => {
    await studio.drop([{ name: 'small.onnx', bytes: writeModel(model) }]);
    await expect(studio.canvas).toBeVisible();
  };
  await open();
  await studio.workspace('Bench');
  await page.getByRole('radio', { name: 'Latency table' }).click();
  const bench = page.getByRole('region', { name: 'Benchmark', exact: true });
  const begin = bench.getByRole('button', { name: "Measure this model's operators" });
  const tables = bench.getByRole('region', { name: 'Tables' });
  const prediction = bench.getByRole('region', { name: 'Predicted latency' });
  const entries = bench.getByRole('table', { name: 'Operators of the latency table' });

  await test.step('nothing is known before, and measuring can be cancelled', async () => {
    await expect(tables).toContainText('No table yet');
    await begin.click();
    const work = bench.getByRole('region', { name: 'Benchmark at work' });
    await expect(work.getByRole('progressbar')).toBeVisible();
    await work.getByRole('button', { name: 'Cancel' }).click();
    await expect(work).toBeHidden();
  });

  await test.step('each kind of operator is measured, with the activation that is fused into it', async () => {
    await begin.or(prediction.getByRole('button', { name: /^Measure .* more/ })).click();
    await expect(prediction).toContainText(/all \d+ parts covered/, { timeout: MEASURED });
    await expect(tables.getByRole('row', { name: /this device/ })).toContainText('WASM, 1 thread');
    await expect(entries).toContainText(/Conv .*\+ Relu/);
    await expect(entries.getByRole('row').nth(1)).toContainText('measured');
  });

  await test.step('the prediction is held against a run, and its error shown', async () => {
    await prediction.getByRole('button', { name: 'Check against a run' }).click();
    await expect(prediction).toContainText(/Error\s*(?:[+−]\d|<0\.1)/, { timeout: MEASURED });
    const apart = prediction.getByRole('table', { name: 'Where prediction and profile part most' });
    await expect(apart.getByRole('row').nth(1)).toContainText(/\d\s[mµ]s/);
  });

  await test.step('the lab has no serious accessibility fault', async () => {
    expect(await seriousFaults(page)).toEqual([]);
  });

  let exported = '';
  await test.step('the tables are exported', async () => {
    const download = page.waitForEvent('download');
    await tables.getByRole('button', { name: 'Export' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('latency-tables.json');
    exported = await readFile(await file.path(), 'utf8');
    expect(JSON.parse(exported)).toMatchObject({ whittleLatencyTables: 1, tables: [{ device: { backend: 'wasm' } }] });
  });

  await test.step('clearing can be undone', async () => {
    await tables.getByRole('button', { name: /^Clear the table/ }).click();
    await expect(tables).toContainText('No table yet');
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await expect(prediction).toContainText(/all \d+ parts covered/);
  });

  await test.step('a table of another device is shown as such, and a bad file refused', async () => {
    const other = exported.replace(/"name": "[^"]*"/, '"name": "Mozilla/5.0 (Android 15) Firefox/140.0"');
    const file = tables.getByLabel('File of latency tables');
    await file.setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from(other) });
    await expect(tables.getByRole('row', { name: /another device/ })).toContainText('Firefox 140 on Android');
    await tables
      .getByRole('button', { name: /Firefox 140/ })
      .first()
      .click();
    await expect(prediction).toContainText(/all \d+ parts covered/);
    await expect(prediction.getByRole('button', { name: /^Check/ })).toBeHidden();
    await file.setInputFiles({ name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
    await expect(tables.getByRole('alert')).toContainText('bad.json is no file of latency tables');
  });

  await test.step('tables are kept between visits', async () => {
    await studio.reload();
    await open();
    await studio.workspace('Bench');
    await page.getByRole('radio', { name: 'Latency table' }).click();
    await expect(prediction).toContainText(/all \d+ parts covered/);
  });

  await test.step('a forecast of pruning follows from the table', async () => {
    await studio.workspace('Studio');
    await studio.pass('Prune channels').click();
    const forecast = page.getByRole('region', { name: 'Forecast' });
    await forecast.getByRole('button', { name: 'From the table' }).click();
    await expect(forecast).toContainText(/predicted from \d+ widths that follow from the latency table/, {
      timeout: MEASURED,
    });
    await page.getByRole('spinbutton', { name: 'Target' }).fill('50');
    await expect(forecast.getByRole('row', { name: /^Latency/ })).toContainText(/−\d/);
  });
  expect(errors).toEqual([]);
});
