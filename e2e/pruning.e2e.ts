import { expect, test, type Locator, type Page } from './test.ts';
import { writeNpy } from '../src/verify/npz.ts';
import { seriousFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { encoder, inputs } from './tiny-encoder.ts';

/** The pruning panel of an opened model. */
class PrunePage extends StudioPage {
  readonly groups = this.page.getByRole('list', { name: 'Channel groups' });
  readonly forecast = this.page.getByRole('table', { name: 'Forecast of the pruned model' });
  readonly data = this.page.getByRole('region', { name: 'Calibration data' });
  readonly bar = this.page.getByRole('group', { name: 'Prune channels', exact: true });
  readonly card = this.page.getByRole('region', { name: /^Group / });

  async openPanel(): Promise<void> {
    await this.pass('Prune channels').click();
    await expect(this.groups).toBeVisible();
  }
  row = (text: string | RegExp): Locator => this.groups.getByRole('listitem').filter({ hasText: text });
  choose = async (label: string, option: string): Promise<void> => {
    await this.page.getByLabel(label, { exact: true }).selectOption({ label: option });
  };
  target = async (percent: number): Promise<void> => {
    await this.page.getByRole('spinbutton', { name: 'Target' }).fill(String(percent));
  };
  applyPrune = async (): Promise<void> => {
    await this.bar.getByRole('button', { name: /^Apply/ }).click();
    await expect(this.bar).toBeHidden();
  };
  /** What the forecast says after the cut, row by row. */
  after = async (): Promise<readonly string[]> => this.forecast.locator('tbody td:nth-child(3)').allInnerTexts();
}

async function opened(page: Page): Promise<PrunePage> {
  const studio = new PrunePage(page);
  await studio.goto();
  await studio.drop([encoder]);
  await expect(studio.canvas).toBeVisible();
  await studio.openPanel();
  return studio;
}

test('attention heads are listed as heads, stay where they are not to be cut, and are cut with their channels', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const studio = await opened(page);
  const heads = studio.row(/heads?/);
  await expect(heads).toHaveCount(1);
  await expect(heads).toContainText('2 heads');
  await studio.target(50);
  await expect(heads).toContainText('2 → 1 head');
  const withHeads = await studio.after();
  await page.getByRole('checkbox', { name: 'Cut attention heads as well' }).uncheck();
  await expect(heads).toContainText('heads stay');
  expect(await studio.after()).not.toEqual(withHeads);
  await page.getByRole('checkbox', { name: 'Cut attention heads as well' }).check();
  await heads.getByRole('button').first().click();
  await expect(studio.card).toContainText('2 heads of 8 channels');
  await expect(studio.card).toContainText('1 head');
  await studio.applyPrune();
  await expect(studio.stop(1)).toContainText('cosine');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
  await expect(studio.stop(1)).toContainText('undone');
  expect(errors).toEqual([]);
});

test('data that are dropped rank the channels and make up for those that go', async ({ page }) => {
  const studio = await opened(page);
  await expect(studio.data).toContainText('made-up inputs');

  await test.step('what does not fit is said in place, and nothing changes', async () => {
    const wide = writeNpy({ dtype: 'float32', shape: [3, 7], data: new Float32Array(21) });
    await studio.dropOn(studio.data, [{ name: 'wide.npy', bytes: wide }]);
    await expect(studio.data.getByRole('alert')).toContainText('No input takes samples of [7]');
    await expect(studio.data).toContainText('made-up inputs');
  });

  await test.step('what fits is described, with the proposed preprocessing', async () => {
    await studio.dropOn(studio.data, [inputs]);
    await expect(studio.data).toContainText('10 of 20 rows of an array, float32 4×16');
    await expect(studio.data.getByRole('alert')).toHaveCount(0);
    await studio.data.getByRole('button', { name: 'inputs.npy' }).click();
    await expect(studio.data).toContainText(/First sample.*mean/s);
    const samples = studio.data.getByRole('spinbutton', { name: 'Samples' });
    await expect(samples).toHaveValue('64');
    await samples.fill('7');
    await samples.press('Enter');
    await expect(studio.data).toContainText('7 of 20 rows of an array');
  });

  await test.step('the preprocessing is changed by hand, and refused in place', async () => {
    const scale = studio.data.getByRole('textbox', { name: 'scale' });
    await scale.fill('much');
    await scale.press('Enter');
    await expect(studio.data.getByRole('alert')).toContainText('scale cannot be "much"');
    await scale.fill('2');
    await scale.press('Enter');
    await expect(studio.data.getByRole('alert')).toHaveCount(0);
    await studio.data.getByRole('button', { name: 'As it was proposed' }).click();
    await expect(studio.data.getByRole('textbox', { name: 'scale' })).toHaveValue('1');
  });

  await test.step('weights times activations rank, and least squares repair', async () => {
    await studio
      .row(/hidden|expand|channels/)
      .first()
      .getByRole('button')
      .first()
      .click();
    await expect(studio.card).toContainText('L2 over all members');
    await studio.choose('Importance', 'Weights × activations (Wanda)');
    await expect(studio.card).toContainText('weights times activations');
    await studio.choose('Make up for cuts', 'Least squares');
    await expect(studio.data).toContainText('Used for the importance and making up for cuts');
    await studio.target(50);
    await studio.applyPrune();
    await expect(studio.stop(1)).toContainText('cosine');
    await page.getByRole('tab', { name: /Checks/ }).click();
    await expect(page.getByRole('region', { name: /^Check of/ })).toContainText(/approximate the original.*cosine/);
  });

  await test.step('another model starts with made-up inputs', async () => {
    await studio.drop([{ ...encoder, name: 'again.onnx' }]);
    await expect(page.getByText('again.onnx').first()).toBeVisible();
    await expect(studio.stops()).toHaveCount(1);
    await studio.openPanel();
    await expect(studio.data).toContainText('made-up inputs');
  });
});

test('targets and what channels are compared within change the forecast at once', async ({ page }) => {
  const studio = new PrunePage(page);
  await studio.goto();
  await studio.openSample('encoder');
  await studio.openPanel();
  const seen = new Set<string>();
  const differs = async (): Promise<void> => {
    await expect.poll(async () => seen.has((await studio.after()).join())).toBe(false);
    seen.add((await studio.after()).join());
  };
  await differs();
  await studio.target(40);
  await differs();
  await studio.choose('Compared within', 'All groups');
  await differs();
  await studio.choose('Compared within', 'Groups built alike');
  await differs();
  await studio.choose('Of', 'Parameters left');
  await studio.target(80);
  await differs();
  await studio.choose('Of', 'Bytes left');
  await studio.target(70);
  await differs();
  await expect(studio.forecast.getByRole('row', { name: /^File/ })).toContainText(/−(29\.[5-9]|3[0-2]\.\d).%/);
  await studio.choose('Of', 'MACs left');
  await studio.target(50);
  await expect(studio.forecast.getByRole('row', { name: /^MACs/ })).toContainText(/−(49\.[5-9]|5[0-2]\.\d).%/);
});

test('a share is given to all groups that are built alike, and taken back', async ({ page }) => {
  const studio = new PrunePage(page);
  await studio.goto();
  await studio.openSample('encoder');
  await studio.openPanel();
  const hidden = studio.row('512');
  await expect(hidden).toHaveCount(2);
  await hidden.first().getByRole('slider').focus();
  await page.keyboard.press('Shift+PageDown');
  await expect(studio.row('512 → 508')).toHaveCount(2);
  await page.keyboard.press('PageDown');
  await expect(studio.row('512 → 504')).toHaveCount(1);
  await studio.card.getByRole('button', { name: 'Same share for all 2 built alike' }).click();
  await expect(studio.row('512 → 504')).toHaveCount(2);
  await studio
    .row('512 → 504')
    .first()
    .getByRole('button', { name: /follows the target again/ })
    .click();
  await expect(studio.row('512 → 504')).toHaveCount(1);
  await page.getByRole('button', { name: 'Start over' }).click();
  await expect(studio.row('512 → 504')).toHaveCount(0);
});

test('scores of a person’s own are read where they are given, with what is wrong', async ({ page }) => {
  const studio = await opened(page);
  await studio.choose('Importance', 'Your own scores');
  const scores = page.getByRole('textbox', { name: /^Scores/ });
  const use = page.getByRole('button', { name: 'Use these' });
  await expect(use).toBeDisabled();
  await scores.fill('{ "nowhere": [1] }');
  await use.click();
  await expect(page.getByRole('alert')).toContainText('There is no group "nowhere" here');
  await page.getByRole('button', { name: 'All keys' }).click();
  const all = JSON.parse(await scores.inputValue()) as Record<string, number[]>;
  const [key, list] = Object.entries(all)[0]!;
  const rising = new TextEncoder().encode(JSON.stringify({ [key]: list.map((_, i) => i + 1) }));
  await studio.dropOn(scores, [{ name: 'scores.json', bytes: rising }]);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByText('Scores, of 1 group')).toBeVisible();
  await studio.groups.getByRole('listitem').first().getByRole('button').first().click();
  await studio.card.getByRole('button', { name: 'Show as table' }).click();
  const first = studio.card.getByRole('region', { name: 'Importances' }).locator('tbody tr').first();
  await expect(first).toContainText(String(list.length - 1));
});

test('a node leads to its groups and their reasons, and frozen places say why', async ({ page }) => {
  const studio = await opened(page);
  await studio.canvas.focus();
  // The first node that is reached is one of those that make the queries, keys and values.
  await page.keyboard.press('ArrowDown');
  await expect(studio.card).toContainText('Why these move together');
  const other = studio.card.getByRole('listitem').last().getByRole('button').first();
  const name = await studio.card.getAttribute('aria-label');
  await other.click();
  await expect(studio.card).toHaveAttribute('aria-label', name!);
  await page.getByRole('button', { name: /and \d+ more/ }).click();
  await page.getByRole('list', { name: 'Frozen places' }).getByRole('button').first().click();
  const reason = page.getByRole('dialog', { name: 'Frozen' });
  await expect(reason).toContainText('ReduceMean');
  await expect(studio.card).toBeHidden();
  await reason.getByRole('button', { name: 'Close' }).click();
  await expect(reason).toBeHidden();
  await page
    .getByRole('button', { name: /^Frozen: / })
    .first()
    .click();
  await expect(reason).toBeVisible();
});

test.describe('without motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('the panel with data, scores and a group has no serious accessibility fault', async ({ page }) => {
    const studio = await opened(page);
    await studio.dropOn(studio.data, [inputs]);
    await studio.data.getByRole('button', { name: 'inputs.npy' }).click();
    await studio.target(50);
    await studio.choose('Importance', 'Your own scores');
    await page.getByRole('textbox', { name: /^Scores/ }).fill('{');
    await page.getByRole('button', { name: 'Use these' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await studio
      .row(/heads?/)
      .getByRole('button')
      .first()
      .click();
    await expect(studio.card).toBeVisible();
    expect(await seriousFaultsInBoth(page)).toEqual([]);
  });
});
