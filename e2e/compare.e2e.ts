import { expect, test } from './test.ts';
import { float } from '../src/ir/attribute.ts';
import { writeFiles, writeModel } from '../src/onnx/write.ts';
import { buildSample } from '../src/samples/catalogue.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const cnn = { name: 'cnn.onnx', bytes: writeModel(buildSample('residual-cnn')) };

/** The same network with one Relu renamed and another one given up for a LeakyRelu. */
function edited() {
  const model = buildSample('residual-cnn');
  const [first, second] = [...model.nodes.values()].filter(({ opType }) => opType === 'Relu');
  first!.name = 'renamed';
  second!.opType = 'LeakyRelu';
  second!.attributes.set('alpha', float(0.2));
  return { name: 'edited.onnx', bytes: writeModel(model) };
}

test('the original against a stop: split, overlay, changes only, and a table that jumps', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await page.getByRole('tab', { name: 'Compare', exact: true }).click();
  const table = page.getByRole('grid', { name: 'Changes' });
  const [a, b] = [
    page.getByRole('region', { name: 'A', exact: true }),
    page.getByRole('region', { name: 'B', exact: true }),
  ];

  await test.step('both graphs stand side by side, with what differs', async () => {
    await expect(a.getByRole('application', { name: /^Graph A of 53 nodes/ })).toBeVisible();
    await expect(b.getByRole('application', { name: /^Graph B of 38 nodes/ })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Fused, 15' })).toBeVisible();
    await expect(table).toHaveAttribute('aria-rowcount', '16');
    await expect(page.getByRole('group', { name: 'A and B in numbers' })).toContainText('53');
  });

  await test.step('a press on a line goes there on both, which pan together', async () => {
    await table.getByRole('row').nth(3).click();
    await expect(a.getByRole('button', { name: 'Zoom to 100 %' })).toHaveText(/100/);
    await expect(b.getByRole('button', { name: 'Zoom to 100 %' })).toHaveText(/100/);
    await expect(a.locator('.gc-selected')).toContainText('Conv');
    await expect(b.locator('.gc-selected')).toContainText('Conv');
    await expect(b.locator('.gc-fused').first()).toBeVisible();
    const level = async (): Promise<number> => {
      const [left, right] = [
        await a.locator('.gc-selected').boundingBox(),
        await b.locator('.gc-selected').boundingBox(),
      ];
      return Math.abs((left?.y ?? 0) - (right?.y ?? 999));
    };
    await expect.poll(level).toBeLessThan(2);
    await a.getByRole('button', { name: 'Zoom out' }).click();
    await expect(b.getByRole('button', { name: 'Zoom to 100 %' })).toHaveText(/80/);
  });

  await test.step('the keyboard walks through the changes', async () => {
    await table.focus();
    await page.keyboard.press('Home');
    await expect(table.getByRole('row', { selected: true })).toHaveCount(1);
    const first = await table.getByRole('row', { selected: true }).innerText();
    await page.keyboard.press('ArrowDown');
    await expect(table.getByRole('row', { selected: true })).not.toHaveText(first);
    await page.keyboard.press('[');
    await expect(table.getByRole('row', { selected: true })).toContainText('Conv 1');
  });

  await test.step('sorting and filtering', async () => {
    await table.getByRole('button', { name: 'Δ parameters' }).click();
    await expect(table.getByRole('columnheader', { name: /Δ parameters/ })).toHaveAttribute('aria-sort', 'ascending');
    await page.getByRole('textbox', { name: 'Filter changes' }).fill('Conv 15');
    await expect(table).toHaveAttribute('aria-rowcount', '2');
    await page.getByRole('textbox', { name: 'Filter changes' }).fill('nothing of this kind');
    await expect(table).toContainText('No change passes this filter.');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await expect(table).toHaveAttribute('aria-rowcount', '16');
  });

  await test.step('overlay and changes alone', async () => {
    await page.getByRole('radio', { name: 'Overlay' }).click();
    await expect(page.getByRole('application', { name: /^Overlay of 38 nodes/ })).toBeVisible();
    await page.getByRole('radio', { name: 'Changes only' }).click();
    await expect(page.getByRole('application', { name: /^Changes of \d+ nodes/ })).toBeVisible();
    await page.getByRole('radio', { name: 'Split' }).click();
    await expect(a).toBeVisible();
  });

  await test.step('the other way round, a fused node is split', async () => {
    await page.getByRole('button', { name: 'Swap A and B' }).click();
    await expect(page.getByRole('button', { name: 'Split, 15' })).toBeVisible();
    await page.getByLabel('A', { exact: true }).first().selectOption({ label: 'Original' });
    await expect(page.getByRole('region', { name: 'Table of changes' }).getByText('Nothing differs.')).toBeVisible();
  });

  await test.step('nothing serious for assistive technology', async () => {
    expect(await seriousFaults(page)).toEqual([]);
  });
  expect(errors).toEqual([]);
});

test('a second model dropped on the right half is compared with what is open, which stays', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await expect(studio.canvas).toBeVisible();
  await studio.drop([edited()], 'right');
  const table = page.getByRole('grid', { name: 'Changes' });
  await expect(page.getByRole('button', { name: 'Changed, 1' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Renamed, 1' })).toBeVisible();
  await expect(table).toContainText('Relu → LeakyRelu');
  await expect(page.getByRole('button', { name: /^File cnn\.onnx/ })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Close edited.onnx' }).click();
  await expect(page.getByRole('region', { name: 'Table of changes' }).getByText('Nothing differs.')).toBeVisible();
});

test('what cannot be compared is said in place', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await expect(studio.canvas).toBeVisible();

  await test.step('a file that is no model', async () => {
    await studio.drop([{ name: 'notes.onnx', bytes: new TextEncoder().encode('not a model') }], 'right');
    await expect(page.getByRole('alert')).toContainText('notes.onnx');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(page.getByRole('alert')).toBeHidden();
  });

  await test.step('a model whose data file is missing', async () => {
    const { model } = writeFiles(buildSample('residual-cnn'), {
      externalData: { location: 'weights.bin', threshold: 1024 },
    });
    await studio.drop([{ name: 'split.onnx', bytes: model }], 'right');
    await expect(page.getByText(/of weights were not compared: weights\.bin is missing/)).toBeVisible();
    await expect(page.getByRole('button', { name: /^Not compared, \d+/ })).toBeVisible();
  });

  await test.step('a model that has nothing in common', async () => {
    await studio.drop([{ name: 'encoder.onnx', bytes: writeModel(buildSample('encoder')) }], 'right');
    await expect(page.getByText(/These models share no node/)).toBeVisible();
  });
});

test('D shows on the studio canvas what the last step changed', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([cnn]);
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await studio.canvas.focus();
  await page.keyboard.press('1');
  await page.keyboard.press('d');
  await expect(page.locator('.gc-fused').first()).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.locator('.gc-fused')).toHaveCount(0);
});
