import { expect, test, type Page } from './test.ts';
import type { Model } from '../src/ir/model.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { CLASSES, giveSamples, set, SIDE, status } from './train-page.ts';

const [NARROW, WIDE] = [6, 8];

/**
 * A convolution, a batch norm, a second convolution (of 6 channels to 8, which images turned to channels last would spoil
 * on WebGPU), and attention of each row of places over all others.
 */
const network = (): Model =>
  buildModel({ seed: 3 }, (g) => {
    const x = g.input('image', ['N', 1, SIDE, SIDE]);
    const seen = g.op('Conv', [x, g.weight('conv1.weight', [NARROW, 1, 3, 3])], { pads: [1, 1, 1, 1] });
    const norm = g.op('BatchNormalization', [
      seen,
      g.floats('norm.scale', [NARROW], 1),
      g.floats('norm.bias', [NARROW], 0),
      g.floats('norm.mean', [NARROW], 0),
      g.floats('norm.variance', [NARROW], 1),
    ]);
    const pooled = g.op('MaxPool', [g.op('Relu', [norm])], { kernel_shape: [2, 2], strides: [2, 2] });
    const wide = g.op('Conv', [pooled, g.weight('conv2.weight', [WIDE, NARROW, 3, 3], { scale: 0.2 })], {
      pads: [1, 1, 1, 1],
    });
    const places = g.op('Transpose', [g.op('Reshape', [wide, g.int64s('places', [0, WIDE, 16])])], { perm: [0, 2, 1] });
    const heads = ['q', 'k', 'v'].map((name) => g.op('MatMul', [places, g.weight(name, [WIDE, WIDE], { scale: 0.3 })]));
    const scores = g.op('MatMul', [heads[0]!, g.op('Transpose', [heads[1]!], { perm: [0, 2, 1] })]);
    const mixed = g.op('Add', [places, g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), heads[2]!])]);
    const flat = g.op('Flatten', [mixed]);
    const dense = g.op('Gemm', [flat, g.weight('dense.weight', [WIDE * 16, CLASSES], { scale: 0.05 })]);
    g.output(dense, 'scores', { shape: ['N', CLASSES] });
  });

/** Of each step, as the page shows them. */
async function losses(page: Page): Promise<readonly (readonly [step: number, loss: number])[]> {
  await page.getByRole('region', { name: 'Loss', exact: true }).getByRole('button', { name: 'Show as table' }).click();
  const rows = await page.getByRole('region', { name: 'Loss by step' }).getByRole('row').allInnerTexts();
  await page.getByRole('button', { name: 'Show as table' }).click();
  return rows.slice(1).map((row) => {
    const [step = NaN, loss = NaN] = row.split(/\s+/).map(Number);
    return [step, loss] as const;
  });
}

test('a run on WebGPU, the software adapter, goes the way of the run on WASM, paused between, its weights on the device', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([{ name: 'bars.onnx', bytes: writeModel(network()) }]);
  await studio.workspace('Train');
  await giveSamples(page);
  await set(page, 'Steps', '12');
  await set(page, 'Batch', '8');
  await page.getByText('More', { exact: true }).click();
  await set(page, 'Looks every', '6');
  await set(page, 'Warm-up', '5');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  const expected = await losses(page);
  expect(expected).toHaveLength(12);

  await page.getByLabel('Backend').selectOption('webgpu');
  await expect(page.getByText('each step holds them twice')).toBeVisible();
  await page.getByRole('button', { name: 'Train again' }).click();
  await expect(page.getByRole('main')).toContainText('This WebGPU adapter is software');
  // The first look comes right before the first step, which takes seconds: its programs are compiled.
  await expect(page.getByRole('region', { name: 'Looks, the newest first' })).toContainText('before', {
    timeout: 60_000,
  });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(status(page)).toHaveText('paused', { timeout: 60_000 });
  await page.screenshot({ path: info.outputPath('paused-1440.png') });
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  const found = await losses(page);
  expect(found.map(([step]) => step)).toEqual(expected.map(([step]) => step));
  found.forEach(([step, loss], i) => expect(Math.abs(loss - expected[i]![1]), `step ${step}`).toBeLessThan(1.1e-3));
  await expect(page.getByText(/Trained on WebGPU: .*which is software/)).toBeVisible();
  // Images and targets of a batch go there, a loss, its one term and the length of the gradients come back.
  await expect(
    page.getByText(/Weights and moments stayed on the device: the last step took 2\.\d+.kB there and 12.B back/),
  ).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('done-1440.png') });
  expect(errors).toEqual([]);
});
