import { readFileSync } from 'node:fs';
import { expect, test, type Locator, type Page } from './test.ts';
import { readModel } from '../src/onnx/read.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

const card = (page: Page, title: string): Locator => page.getByRole('form', { name: title });
const answer = (page: Page, title: string): Locator =>
  card(page, title).getByRole('status', { name: 'What will happen' });
const edits = (page: Page): Locator => page.getByRole('group', { name: 'Edit', exact: true });

async function openCnn(page: Page): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  return studio;
}

/** Selects the first node that a search finds. */
async function select(page: Page, query: string): Promise<void> {
  const field = page.getByRole('combobox', { name: 'Search nodes' });
  await field.fill(query);
  await field.press('Enter');
  await expect(page.locator('.gc-selected')).toBeVisible();
}

/** The camera may still be on its way to the node, and a move of the camera closes the menu: then it is opened again. */
async function chooseAt(page: Page, node: Locator, item: string): Promise<void> {
  await expect(node).toBeInViewport();
  await expect(async () => {
    await page.keyboard.press('Escape');
    const box = (await node.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, { button: 'right' });
    await page.getByRole('menuitem', { name: item }).click({ timeout: 2000 });
  }).toPass();
}

test('rename a node and an input, set the batch, make an output, see the verdicts, undo', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = await openCnn(page);

  await test.step('rename a node from its menu', async () => {
    await select(page, 'op:MatMul');
    await chooseAt(page, page.locator('.gc-selected'), 'Rename…');
    await card(page, 'Rename').getByRole('textbox', { name: 'New name' }).fill('classifier');
    await expect(answer(page, 'Rename')).toContainText('MatMul 1 is called "classifier".');
    await page.keyboard.press('Enter');
    await expect(studio.stop(1)).toContainText('Rename MatMul 1 to classifier');
    await expect(studio.stop(1)).toContainText('bit-exact');
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('classifier');
  });

  await test.step('rename an input in the inspector of the model', async () => {
    await studio.canvas.focus();
    await page.keyboard.press('Escape');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await inspector.getByRole('button', { name: 'Rename image' }).click();
    const name = card(page, 'Rename').getByRole('textbox', { name: 'New name' });
    await name.fill('scores');
    await expect(answer(page, 'Rename')).toContainText('The output "scores" is there already');
    await expect(card(page, 'Rename').getByRole('button', { name: 'Apply' })).toBeDisabled();
    await name.fill('photo');
    await expect(answer(page, 'Rename')).toContainText('is called "photo"');
    await page.keyboard.press('Enter');
    await expect(studio.stop(2)).toContainText('Rename input image to photo');
    await expect(studio.stop(2)).toContainText('bit-exact');
  });

  await test.step('set the batch from the list of passes', async () => {
    await edits(page).getByRole('button', { name: 'Set the batch' }).click();
    await card(page, 'Set the batch').getByRole('textbox', { name: 'Batch' }).fill('4');
    await expect(answer(page, 'Set the batch')).toContainText('photo batch×3×32×32 → 4×3×32×32. Outputs: scores 4×10.');
    await page.keyboard.press('Enter');
    await expect(studio.stop(3)).toContainText('Set batch to 4');
    await expect(studio.stop(3)).toContainText('bit-exact');
  });

  await test.step('make an intermediate value an output, with the keyboard alone', async () => {
    await select(page, 'op:Add');
    await studio.canvas.focus();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: 'Make its result an output…' }).press('Enter');
    await expect(answer(page, 'Make a value an output')).toContainText('The result of Add 1 becomes the output');
    await page.keyboard.press('Enter');
    await expect(studio.stop(4)).toContainText('bit-exact');
  });

  await test.step('the whole recipe is checked across all names', async () => {
    await page.getByRole('tab', { name: /Checks/ }).click();
    await page.getByRole('button', { name: /^Check( again)?$/ }).click();
    const check = page.getByRole('region', { name: /^Check of/ });
    await expect(check).toContainText('Input "image" is called "photo" now.', { timeout: 60_000 });
    await expect(check).toContainText('Compared with a value inside the model before');
    await page.getByRole('tab', { name: /Recipe/ }).click();
  });

  await test.step('undo and export', async () => {
    await studio.canvas.focus();
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(3)).toHaveAttribute('aria-current', 'step');
    await page.getByRole('button', { name: 'Export' }).click();
    const waiting = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: /^Model(?!,)/ }).click();
    const { model } = readModel(new Uint8Array(readFileSync(await (await waiting).path())));
    const ports = [...model.graph.inputs, ...model.graph.outputs].map((id) => model.getValue(id));
    expect(ports.map(({ name }) => name)).toEqual(['photo', 'scores']);
    expect(ports[0]!.type).toMatchObject({ shape: [4, 3, 32, 32] });
  });
  expect(errors).toEqual([]);
});

test('a refusal says why and where; an attribute is changed and a block is cut out', async ({ page }) => {
  const studio = await openCnn(page);

  await test.step('a node that cannot be bridged is refused where it stands', async () => {
    await select(page, 'op:Add');
    await page.getByRole('button', { name: 'Edit this node' }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await expect(answer(page, 'Delete nodes')).toContainText('Choose which one readers get');
    await card(page, 'Delete nodes').getByLabel('Readers get').selectOption({ index: 1 });
    await expect(answer(page, 'Delete nodes')).toContainText('Removes Add 1');
    await page.keyboard.press('Escape');
    await expect(card(page, 'Delete nodes')).toBeHidden();
  });

  await test.step('an attribute that does not fit is refused, one that fits is measured', async () => {
    await select(page, 'op:Conv');
    await page.getByRole('button', { name: 'Edit this node' }).click();
    await page.getByRole('menuitem', { name: 'Change an attribute…' }).click();
    const form = card(page, 'Change an attribute');
    await form.getByLabel('Attribute', { exact: true }).selectOption('dilations');
    await form.getByRole('textbox', { name: 'ints' }).fill('wide');
    await expect(answer(page, 'Change an attribute')).toContainText('of type ints');
    await form.getByLabel('Attribute', { exact: true }).selectOption('strides');
    await form.getByRole('textbox', { name: 'ints' }).fill('2, 2');
    await expect(answer(page, 'Change an attribute')).toContainText('becomes batch×32×16×16');
    expect(await seriousFaults(page)).toEqual([]);
    await form.getByRole('button', { name: 'Apply' }).click();
    await expect(studio.stop(1)).toContainText('Set strides of Conv 1 to 2, 2');
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
  });

  await test.step('two nodes chosen by shift-click are cut out as a model', async () => {
    await select(page, 'name:/stem/Conv');
    const nodes = page.locator('.gc-node');
    await nodes
      .filter({ hasText: /^BatchNorm1/ })
      .first()
      .click({ modifiers: ['Shift'], force: true });
    await expect(studio.canvas.getByRole('checkbox', { name: 'Chosen' })).toHaveCount(2);
    await edits(page).getByRole('button', { name: 'Cut out a part' }).click();
    await expect(answer(page, 'Cut out a part')).toContainText('Keeps 2 nodes. Inputs: image.');
    await card(page, 'Cut out a part').getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByRole('application', { name: 'Graph of 2 nodes' })).toBeVisible();
    await expect(studio.stop(1)).toContainText('Cut out 2 nodes');
    await expect(studio.stop(1)).toContainText('bit-exact');
  });
});
