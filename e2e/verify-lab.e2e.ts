import { expect, test, type Page } from './test.ts';
import { float } from '../src/ir/attribute.ts';
import type { Model } from '../src/ir/model.ts';
import { floats } from '../src/ir/tensor.ts';
import { writeTensorProto } from '../src/onnx/write-tensor.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { tinyModel } from '../src/testing/tiny.ts';
import { writeNpz } from '../src/verify/npz.ts';
import { allFaults } from './faults.ts';
import { StudioPage } from './studio-page.ts';

/** Eight blocks of Conv and LeakyRelu; `slope` is that of the fifth. */
const chain = (slope = 0.25): Model =>
  buildModel({ seed: 9 }, (g) => {
    let x = g.input('x', [1, 4, 8, 8]);
    for (let block = 1; block <= 8; block++) {
      x = g.op('Conv', [x, g.weight(`w${block}`, [4, 4, 1, 1])], {}, { name: `block${block}/conv` });
      const alpha = float(block === 5 ? slope : 0.25);
      x = g.op('LeakyRelu', [x], { alpha }, { name: `block${block}/leaky` });
    }
    g.output(g.op('Tanh', [x]), 'y');
  });

async function openLab(page: Page, model: Model): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'chain.onnx', bytes: writeModel(model) }]);
  await expect(studio.canvas).toBeVisible();
  await studio.workspace('Bench');
  await page.getByRole('radio', { name: 'Verification' }).click();
  await expect(page.getByLabel('B', { exact: true })).toBeVisible();
  return studio;
}

const giveSecond = (page: Page, model: Model) =>
  page.getByLabel('Second model files').setInputFiles({
    name: 'second.onnx',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(writeModel(model)),
  });

async function violationsOf(page: Page) {
  return allFaults(page);
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('the verification lab', () => {
  test('names the node at which a second file parts, and leads to it', async ({ page }) => {
    const studio = await openLab(page, chain());
    await giveSecond(page, chain(0.5));
    await expect(page.getByLabel('B', { exact: true })).toHaveValue('second');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const verdict = page.getByRole('region', { name: 'Verdict' });
    await expect(verdict).toContainText('differs', { timeout: 60_000 });
    await expect(verdict).toContainText('They part at LeakyRelu block5/leaky');
    await expect(verdict).toContainText('Its alpha is 0.5, and 0.25 in A');
    await expect(verdict).toContainText('No class was given: judged at order.');
    const inside = page.getByRole('region', { name: 'Values inside' });
    await expect(inside.getByRole('img', { name: /^Relative error of 17 values/ })).toBeVisible();
    expect(await violationsOf(page)).toEqual([]);

    await inside.getByRole('button', { name: 'Show as table' }).click();
    const table = inside.getByRole('table', { name: 'Errors of the values inside' });
    await expect(table.getByRole('row')).not.toHaveCount(0);
    await expect(table.getByRole('row', { name: /block5\/conv/ })).toContainText('agrees');
    await expect(table.getByRole('row', { name: /block5\/leaky/ })).toContainText('parts');
    expect(await violationsOf(page)).toEqual([]);

    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the failing input' }).click();
    expect((await saved).suggestedFilename()).toMatch(/\.npz$/);
    const csv = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    expect((await csv).suggestedFilename()).toBe('chain.verify.csv');

    await inside.getByRole('list', { name: 'Where they part' }).getByRole('button').first().click();
    await expect(studio.canvas).toBeVisible();
    await expect(page.getByRole('complementary', { name: /Inspector/ })).toContainText('block5/leaky');
    await studio.workspace('Bench');
    await giveSecond(page, chain());
    await expect(page.getByText('The models are not what they were')).toBeVisible();
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(verdict).toContainText('agrees', { timeout: 60_000 });
    await expect(page.getByText('The models are not what they were')).toBeHidden();
  });

  test('runs on WebGPU too, and says that the adapter is software', async ({ page }) => {
    await openLab(page, tinyModel());
    await expect(page.getByText(/The WebGPU adapter here is software/)).toBeVisible();
    await page.getByRole('radio', { name: 'Both' }).click();
    await page.getByLabel('Values inside').selectOption('webgpu all');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const verdict = page.getByRole('region', { name: 'Verdict' });
    await expect(verdict).toContainText('A and B are the same model', { timeout: 100_000 });
    await expect(verdict.getByRole('table').first()).toContainText('WebGPU, all');
    await expect(verdict.getByRole('table').first()).toContainText('WASM, disabled');
    await expect(page.getByRole('region', { name: 'Values inside' })).toContainText('at all on WebGPU');
  });

  test('finds the node that the runtime itself gets wrong on WebGPU', async ({ page }) => {
    // ONNX Runtime Web's native WebGPU ignores the residual input of FusedConv.
    const residual = buildModel({ seed: 4, domains: { 'com.microsoft': 1 } }, (g) => {
      const x = g.input('x', [1, 4, 8, 8]);
      const before = g.op('Sigmoid', [x], {}, { name: 'before' });
      const inputs = [before, g.weight('w', [4, 4, 1, 1]), g.floats('b', [4], 0.1), x];
      const fused = g.op('FusedConv', inputs, { activation: 'Relu' }, { domain: 'com.microsoft', name: 'residual' });
      g.output(g.op('Tanh', [fused]), 'y', { shape: [1, 4, 8, 8] });
    });
    await openLab(page, residual);
    await page.getByRole('radio', { name: 'WebGPU' }).click();
    await page.getByLabel('Levels').selectOption('disabled');
    await page.getByLabel('Values inside').selectOption('webgpu disabled');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const verdict = page.getByRole('region', { name: 'Verdict' });
    await expect(verdict).toContainText('differs', { timeout: 100_000 });
    await expect(verdict).toContainText('They part at FusedConv residual');
  });

  test('can be cancelled, and then shows nothing that was not found', async ({ page }) => {
    const studio = new StudioPage(page);
    await studio.goto();
    await studio.openSample('MobileNetV2');
    await studio.workspace('Bench');
    await page.getByRole('radio', { name: 'Verification' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const work = page.getByRole('region', { name: 'Comparison at work' });
    await expect(work.getByRole('progressbar')).toBeVisible();
    await work.getByRole('button', { name: 'Cancel' }).click();
    await expect(work).toBeHidden();
    await expect(page.getByRole('region', { name: 'Nothing compared yet' })).toBeVisible();
  });

  test('takes inputs of a person’s own, and refuses those that fit none', async ({ page }) => {
    const studio = await openLab(page, tinyModel());
    const inputs = page.getByRole('region', { name: 'Inputs' });
    const wrong = writeNpz({
      other: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) },
      more: { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) },
    });
    await studio.dropOn(inputs, [{ name: 'wrong.npz', bytes: wrong }]);
    await expect(inputs.getByRole('alert')).toContainText('has nothing for the input x float32 [1, 3, 8, 8]');
    await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeDisabled();

    const x = {
      dtype: 'float32',
      shape: [1, 3, 8, 8],
      data: Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)),
    } as const;
    await studio.dropOn(inputs, [{ name: 'mine.npz', bytes: writeNpz({ x }) }]);
    await expect(inputs).toContainText('1 recorded inputs');
    await inputs.getByLabel('Made up').selectOption('0');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const verdict = page.getByRole('region', { name: 'Verdict' });
    await expect(verdict).toContainText('1 input: mine', { timeout: 60_000 });

    // Recorded outputs are compared as ONNX's conformance runner does it.
    const recorded = [
      { name: 'input_0.pb', bytes: writeTensorProto(floats(x.shape, x.data), 'x') },
      { name: 'output_0.pb', bytes: writeTensorProto(floats([1, 4, 6, 6], new Float32Array(144)), 'y') },
    ];
    await studio.dropOn(inputs, recorded);
    await expect(inputs).toContainText('Recorded outputs, compared too: y.');
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(verdict).toContainText('misses recorded outputs', { timeout: 60_000 });
    await expect(verdict).toContainText('A does not give the recorded outputs at disabled on WASM');
    await expect(verdict.getByRole('table').nth(1)).toContainText('× not met');
    expect(await violationsOf(page)).toEqual([]);

    await studio.workspace('Studio');
    await studio.look('Fold batch norm', 1);
    await studio.apply('Fold batch norm');
    await studio.workspace('Bench');
    await expect(page.getByLabel('B', { exact: true })).toHaveValue('1');
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(verdict).toContainText('Class weights', { timeout: 60_000 });
  });
});
