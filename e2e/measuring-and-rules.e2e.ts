import { readFileSync } from 'node:fs';
import { expect, test, type Locator, type Page } from './test.ts';
import { float } from '../src/ir/attribute.ts';
import { writeModel } from '../src/onnx/write.ts';
import { buildModel } from '../src/testing/build.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors, type NamedBytes } from './studio-page.ts';

/** Two convolutions with activations that can be fused into them, and a product with a sigmoid behind. */
const model = buildModel({}, (g) => {
  let x = g.input('image', [1, 8, 16, 16]);
  x = g.op('Conv', [x, g.weight('first.w', [8, 8, 1, 1])], {}, { name: 'first.conv' });
  x = g.op('Relu', [x], {}, { name: 'first.relu' });
  x = g.op('Conv', [x, g.weight('second.w', [8, 8, 1, 1])], {}, { name: 'second.conv' });
  x = g.op('LeakyRelu', [x], { alpha: float(0.25) }, { name: 'second.leaky', outputs: ['leaky_out'] });
  const gate = g.op('Sigmoid', [x], {}, { name: 'gate.sigmoid' });
  x = g.op('Mul', [x, gate], {}, { name: 'gate.mul' });
  g.output(g.op('Tanh', [x]), 'y', { shape: [1, 8, 16, 16] });
});
const tiny: NamedBytes = { name: 'tiny.onnx', bytes: writeModel(model) };
const spoil = { node: 'second.leaky', attribute: 'alpha', value: 0.9 };
const broken = {
  whittle: 1,
  steps: [
    { pass: 'set-attribute', options: spoil, sites: 'all' },
    { pass: 'fuse-conv-activation', options: {}, sites: 'all' },
  ],
};
const asFile = (name: string, value: unknown): NamedBytes => ({
  name,
  bytes: new TextEncoder().encode(JSON.stringify(value)),
});

const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const rulePanel = (page: Page): Locator => page.getByRole('region', { name: 'A rule of your own' });
const openRule = (page: Page): Promise<void> =>
  page
    .getByRole('group', { name: 'Edit', exact: true })
    .getByRole('button', { name: 'Apply a rule of your own' })
    .click();
const graphSays = (page: Page): Locator => page.getByRole('status', { name: 'What the graph says' });

async function openTiny(page: Page): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.drop([tiny]);
  await expect(page.getByRole('application', { name: 'Graph of 7 nodes' })).toBeVisible();
  return studio;
}

async function noSeriousFaults(page: Page): Promise<void> {
  expect(await seriousFaults(page)).toEqual([]);
}

// What has just changed is tinted for a moment, and a colour on its way may lack contrast.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

test('the step that broke a result is found, and each part of the answer leads to its place', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = await openTiny(page);
  await studio.drop([asFile('broken.json', broken)]);
  await expect(studio.stop(1)).toContainText('cosine');
  await page.getByRole('tab', { name: 'Checks' }).click();
  await page.getByRole('button', { name: 'Which step broke it?' }).click();
  const answer = card(page, 'Which step broke it?');
  await expect(answer).toContainText('Broken byStep 1, Set alpha of LeakyRelu');
  await noSeriousFaults(page);

  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await answer.getByRole('button', { name: 'LeakyRelu second.leaky' }).click();
  await expect(inspector.getByRole('heading', { name: /LeakyRelu/ })).toBeVisible();
  await expect(page.locator('.gc-selected')).toBeInViewport();
  await page.getByRole('tab', { name: 'Recipe' }).click();
  await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
  await page.getByRole('tab', { name: 'Checks' }).click();
  await answer.getByRole('button', { name: 'leaky_out' }).click();
  await page.getByRole('tab', { name: 'Recipe' }).click();
  await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
  await expect(page.locator('.gc-selected')).toBeInViewport();
  expect(errors).toEqual([]);
});

test('what the runtime does by itself is timed, optimizer by optimizer', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = await openTiny(page);
  await studio.workspace('Bench');
  const own = card(page, 'What the runtime does by itself');
  await expect(own).toContainText('That is free');
  await own.getByRole('button', { name: 'Measure it' }).click();
  const table = own.getByRole('table', { name: 'Optimizers of the runtime' });
  await expect(table.getByRole('row', { name: /^All together/ })).toContainText('×', { timeout: 60_000 });
  await expect(table.getByRole('row', { name: /^ConvActivationFusion/ })).toContainText(
    'Computes activations inside Conv',
  );
  await expect(own).toContainText('of the runtime');
  await noSeriousFaults(page);
  expect(errors).toEqual([]);
});

test('tuning is planned, cancelled, done, undone and written down with its figures', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = await openTiny(page);
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('option', { name: 'Tune for this device' }).click();
  const tune = card(page, 'Tune for this device');
  const plan = tune.getByRole('group', { name: 'What tuning will do' });
  await expect(plan.getByRole('list', { name: 'What is tried' })).toContainText('Fuse convolution');
  await plan.getByLabel('At most, for one comparison').selectOption('1');
  await noSeriousFaults(page);

  await plan.getByRole('button', { name: 'Start tuning' }).click();
  await tune.getByRole('button', { name: 'Cancel' }).click();
  await expect(tune.getByRole('button', { name: 'Tune for this device' })).toBeEnabled();
  await expect(tune.getByRole('table')).toBeHidden();

  await tune.getByRole('button', { name: 'Tune for this device' }).click();
  await plan.getByLabel('At most, for one comparison').selectOption('1');
  await plan.getByRole('button', { name: 'Start tuning' }).click();
  const trials = tune.getByRole('table', { name: 'Trials' });
  await expect(trials.getByRole('row', { name: /^Total/ })).toContainText('×', { timeout: 60_000 });
  await expect(trials.getByRole('row', { name: /^Fuse convolution/ }).first()).toContainText(/kept/);
  await noSeriousFaults(page);

  await studio.workspace('Studio');
  // What is kept is for the clock to say; either way the step tells that it was timed.
  await expect(studio.stop(1)).toContainText(/decided by measurement|timed, none kept/);
  const last = (await studio.stops().count()) - 1;
  await page.keyboard.press('ControlOrMeta+z');
  await expect(studio.stop(last - 1)).toHaveAttribute('aria-current', 'step');
  await page.keyboard.press('ControlOrMeta+Shift+z');
  await expect(studio.stop(last)).toHaveAttribute('aria-current', 'step');
  await studio.workspace('Report');
  await expect(page.frameLocator('iframe[title=Report]').locator('body')).toContainText('Decided by measurement');
  expect(errors).toEqual([]);
});

test('a rule is written, its faults shown in place, refused where it is wrong, applied where it is right, and kept', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const studio = await openTiny(page);
  await openRule(page);
  const panel = rulePanel(page);
  const [pattern, replacement] = [panel.getByLabel('Pattern'), panel.getByLabel('Replacement')];
  await expect(pattern).toBeFocused();

  await test.step('a fault stands under its field, at its character', async () => {
    await pattern.fill('Mul(x, Sigmoid(x)');
    await replacement.fill('Neg(x)');
    await expect(panel).toContainText('At character 18: Here a comma or a closing bracket is wanted.');
    await expect(pattern).toHaveAttribute('aria-invalid', 'true');
    await noSeriousFaults(page);
  });

  await test.step('a wrong rule has a site, and is refused by the check', async () => {
    await pattern.fill('Mul(x, Sigmoid(x))');
    await expect(graphSays(page)).toContainText('1 site');
    await expect(studio.canvas.getByRole('checkbox', { checked: true })).toHaveCount(1);
    await page.getByRole('button', { name: 'Apply 1' }).click();
    await expect(page.getByRole('alert')).toContainText('not kept', { timeout: 30_000 });
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(page.getByRole('alert')).toBeHidden();
  });

  await test.step('near misses have reasons', async () => {
    await panel.getByLabel('Conditions, one a line').fill('rank(x) = 3');
    await expect(graphSays(page)).toContainText('0 sites, 1 near miss');
    await expect(graphSays(page)).toContainText('rank(x) = 3');
  });

  await test.step('an example is applied, and becomes a step that carries its rule', async () => {
    await panel.getByLabel('Start from').selectOption('Swish as one kernel');
    await expect(replacement).toHaveValue('com.microsoft.QuickGelu[alpha=1](x)');
    const saving = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Save the rule as a file' }).click();
    const file = await saving;
    expect(file.suggestedFilename()).toBe('swish.rule.json');
    const rule = JSON.parse(readFileSync(await file.path(), 'utf8')) as { pattern: string };
    expect(rule.pattern).toBe('Mul(x, Sigmoid(x))');
    await page.getByRole('button', { name: 'Apply 1' }).click();
    await expect(studio.stops()).toHaveCount(2);
    await expect(studio.stop(1)).toContainText('Rule swish');
    await expect(studio.stop(1)).toContainText('agrees');
    await expect(panel).toBeHidden();
  });

  await test.step('a rule comes back from the recipe and from a file, and starts from chosen nodes', async () => {
    await openRule(page);
    await panel.getByLabel('Start from').selectOption('Step 1: swish');
    await expect(graphSays(page)).toContainText('0 sites');
    const saved = { name: 'twice', pattern: 'Relu(Relu(x))', replace: 'Relu(x)' };
    await panel.getByLabel('Rule file').setInputFiles({ ...asInput('twice.json', saved) });
    await expect(pattern).toHaveValue('Relu(Relu(x))');
    await studio.canvas.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await panel.getByRole('button', { name: 'Start from 1 chosen node' }).click();
    await expect(pattern).toHaveValue(/^\w+(:\w+)?\(x.*\)$/);
    await expect(graphSays(page)).toContainText(/[1-9] sites?/);
    await page.keyboard.press('Escape');
  });
  expect(errors).toEqual([]);
});

const asInput = (name: string, value: unknown) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(value)),
});
