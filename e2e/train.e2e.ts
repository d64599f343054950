import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from './test.ts';
import type { Model } from '../src/ir/model.ts';
import { readModel } from '../src/onnx/read.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaults, seriousFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { CLASSES, file, giveSamples, samples, set, SIDE, status } from './train-page.ts';

/** A convolution, and a dense layer over what is left of its places. */
const network = (seed = 3): Model =>
  buildModel({ seed }, (g) => {
    const x = g.input('image', ['N', 1, SIDE, SIDE]);
    const seen = g.op('Conv', [x, g.weight('conv.weight', [6, 1, 3, 3]), g.floats('conv.bias', [6], 0)], {
      pads: [1, 1, 1, 1],
    });
    const pooled = g.op('MaxPool', [g.op('Relu', [seen])], { kernel_shape: [2, 2], strides: [2, 2] });
    const flat = g.op('Flatten', [pooled]);
    const dense = g.op('Gemm', [flat, g.weight('dense.weight', [96, CLASSES], { scale: 0.05 })]);
    g.output(g.op('Add', [dense, g.floats('dense.bias', [CLASSES], 0)]), 'scores', { shape: ['N', CLASSES] });
  });

async function openTraining(page: Page): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.drop([{ name: 'bars.onnx', bytes: writeModel(network()) }]);
  // After a reload the workspace of before comes back by itself.
  await expect(page.getByRole('tab', { name: 'Train', exact: true })).toBeVisible();
  await studio.workspace('Train');
  return studio;
}

const looks = (page: Page) => page.getByRole('region', { name: 'Looks, the newest first' });

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('the workspace says what is lacking, trains, freezes, and keeps the run while others are looked at', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  await new StudioPage(page).goto();
  const studio = await openTraining(page);
  await expect(page.getByRole('region', { name: 'What is lacking' })).toContainText('drop samples on Data');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
  expect(await seriousFaultsInBoth(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('empty-1440.png') });
  await giveSamples(page);
  await set(page, 'Steps', '60');
  await page.getByText('More', { exact: true }).click();
  await set(page, 'Looks every', '20');
  await set(page, 'Warm-up', '5');
  await page.getByRole('checkbox', { name: 'Train conv.bias' }).uncheck();
  await expect(page.getByRole('region', { name: 'Weights' })).toContainText('3 of 4 tensors trained');
  await expect(page.getByText('What a run takes')).toBeVisible();
  await page.screenshot({ path: info.outputPath('planned-1440.png') });
  expect(await seriousFaultsInBoth(page)).toEqual([]);
  const { images, labels } = samples(12);
  await page.getByLabel('Test samples').setInputFiles(file('test-images-idx3-ubyte', images));
  await page.getByLabel('Test labels file').setInputFiles(file('test-labels-idx1-ubyte', labels));
  await expect(page.getByRole('region', { name: 'Test data' })).toContainText('3 classes');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await studio.workspace('Report');
  await studio.workspace('Train');
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  await expect(looks(page).getByRole('row')).toHaveCount(5);
  await expect(page.getByRole('table', { name: /^Test data/ }).getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('held-out samples');
  await page.getByRole('region', { name: 'Loss', exact: true }).getByRole('button', { name: 'Show as table' }).click();
  await expect(page.getByRole('region', { name: 'Loss by step' }).getByRole('row')).toHaveCount(32);
  expect(await seriousFaultsInBoth(page)).toEqual([]);
  await page.getByRole('button', { name: 'Show as table' }).click();
  for (const width of [1280, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: info.outputPath(`done-${width}.png`) });
  }
  expect(errors).toEqual([]);
});

test('channels that training moves towards zero are cut out of the exported model', async ({ page }, info) => {
  const errors = watchForErrors(page);
  await new StudioPage(page).goto();
  await openTraining(page);
  await giveSamples(page);
  await set(page, 'Steps', '40');
  const choose = (label: string, option: string) =>
    page.getByLabel(label, { exact: true }).selectOption({ label: option });
  await choose('Chosen by', 'movement');
  const zeros = page.getByRole('region', { name: 'Zeros' });
  await expect(zeros).toContainText(/307 of 342 weights become zero\. The file stays at/);
  await choose('What goes', 'channels');
  await set(page, 'Share in the end', '0.5');
  await expect(zeros).toContainText('3 of 6 channels go: 351 → 177 parameters');
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('zeros-1440.png') });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export model' }).click();
  const bytes = await readFile(await (await download).path());
  const { graph } = readModel(new Uint8Array(bytes)).model;
  const shapes = [...graph.initializers.values()].map(({ shape }) => shape.join('x'));
  expect(shapes).toEqual(expect.arrayContaining(['3x1x3x3', '48x3']));
  expect(errors).toEqual([]);
});

test('a run that was paused goes on after a reload, ends, and its model does better', async ({ page }, info) => {
  const errors = watchForErrors(page);
  page.on('dialog', (dialog) => void dialog.accept());
  await new StudioPage(page).goto();
  await openTraining(page);
  await giveSamples(page);
  await set(page, 'Steps', '4000');
  await page.getByText('More', { exact: true }).click();
  await set(page, 'Looks every', '500');
  await set(page, 'Checkpoints every', '50');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  const bar = page.getByRole('progressbar', { name: /^Step/ });
  await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(status(page)).toHaveText('paused');
  await page.screenshot({ path: info.outputPath('paused-1440.png') });
  expect(await seriousFaults(page)).toEqual([]);
  const paused = await bar.getAttribute('aria-label');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => bar.getAttribute('aria-label')).not.toBe(paused);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(status(page)).toHaveText('paused');
  const [, at = ''] = /^Step (.+) of/.exec((await bar.getAttribute('aria-label')) ?? '') ?? [];

  await page.reload();
  await expect(page.getByRole('button', { name: /Choose/ }).first()).toBeVisible();
  await openTraining(page);
  await giveSamples(page);
  await expect(page.getByLabel('Steps', { exact: true })).toHaveValue('4000');
  const goOn = page.getByRole('button', { name: `Go on from step ${at}`, exact: true });
  await expect(goOn).toBeEnabled();
  await expect(page.getByRole('button', { name: 'Start anew' })).toBeVisible();
  await goOn.click();
  await expect(bar).toBeVisible();
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });

  const rows = await looks(page).getByRole('row').allInnerTexts();
  const topClass = (row: string): number => Number(/([\d.]+)\s%/.exec(row)?.[1]);
  expect(rows.at(-1)).toContain('before');
  const before = topClass(rows.at(-1) ?? '');
  const best = Math.max(...rows.slice(1).map(topClass));
  expect(best).toBeGreaterThan(before + 20);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export model' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('bars.trained.onnx');
  const trained = new Uint8Array(await readFile(await saved.path()));

  // The exported file, held against the first on the same samples.
  const { images, labels } = samples();
  const studio = new StudioPage(page);
  await studio.workspace('Bench');
  await page.getByRole('radio', { name: 'Accuracy' }).click();
  await page.getByLabel('Samples', { exact: true }).first().setInputFiles(file('bars-images-idx3-ubyte', images));
  await page.getByLabel('Labels file').setInputFiles(file('bars-labels-idx1-ubyte', labels));
  await expect(page.getByRole('region', { name: 'Labelled data' })).toContainText('3 classes, 80 samples each');
  await page.getByLabel('Second model files').setInputFiles(file('trained.onnx', trained));
  await expect(page.getByLabel('and', { exact: true })).toHaveValue('second');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Accuracy', exact: true })).toContainText('Better', {
    timeout: 60_000,
  });
  expect(errors).toEqual([]);
});

test('a student learns from a second file without labels, values inside it too; a run may be cancelled', async ({
  page,
}, info) => {
  const errors = watchForErrors(page);
  await new StudioPage(page).goto();
  await openTraining(page);
  await page.getByLabel('Second model files').setInputFiles(file('teacher.onnx', writeModel(network(8))));
  await expect(page.getByLabel('Teacher, frozen')).toHaveValue('second');
  await page.getByLabel('Training samples').setInputFiles(file('bars-images-idx3-ubyte', samples().images));
  await expect(page.getByRole('region', { name: 'Data', exact: true })).toContainText('no labels');
  await expect(page.getByLabel('Labels', { exact: true })).toHaveValue('0');
  await expect(page.getByLabel('KD, softened')).toHaveValue('1');
  await page.getByRole('button', { name: 'Add a hint pair' }).click();
  await expect(page.getByRole('region', { name: 'What is lacking' })).toContainText('A hint lacks a value');
  await set(page, 'Value of the student, pair 1', 'nothing');
  await set(page, 'Value of the teacher, pair 1', 'maxpool_out');
  await expect(page.getByRole('alert').first()).toContainText('nothing');
  await set(page, 'Value of the student, pair 1', 'maxpool_out');
  await set(page, 'Steps', '300');
  await set(page, 'Learning rate', '0.01');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(status(page)).toHaveText('done', { timeout: 60_000 });
  const chart = page.getByRole('region', { name: 'Loss', exact: true });
  await expect(chart.getByText(/^total/)).toBeVisible();
  await expect(chart.getByText(/^logits/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Held-out samples', exact: true })).toContainText(
    'Top class as the teacher',
  );
  const rows = await looks(page).getByRole('row').allInnerTexts();
  const agreement = (row: string | undefined): number => Number(/([\d.]+)\s%/.exec(row ?? '')?.[1]);
  expect(Math.max(...rows.slice(1).map(agreement))).toBeGreaterThan(agreement(rows.at(-1)) + 20);
  expect(await seriousFaults(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('taught-1440.png') });

  await set(page, 'Steps', '200000');
  await page.getByRole('button', { name: 'Train again' }).click();
  await expect(page.getByRole('progressbar', { name: /^Step [1-9]/ })).toBeVisible();
  await page.screenshot({ path: info.outputPath('running-1440.png') });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(status(page)).toHaveText('cancelled');
  await expect(page.getByRole('button', { name: /^Go on from step/ })).toBeVisible();
  expect(errors).toEqual([]);
});
