import { expect, test, type Locator, type Page } from './test.ts';
import { seriousFaultsInBoth } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { encoder, inputs } from './tiny-encoder.ts';

/** The pruning panel with what is measured of it. */
class SensitivityPage extends StudioPage {
  readonly section = this.page.getByRole('region', { name: 'Sensitivity', exact: true });
  readonly fidelity = this.page.getByRole('region', { name: 'Fidelity' });
  readonly groups = this.page.getByRole('list', { name: 'Channel groups' });
  readonly forecast = this.page.getByRole('table', { name: 'Forecast of the pruned model' });
  readonly bar = this.page.getByRole('group', { name: 'Prune channels', exact: true });
  readonly card = this.page.getByRole('region', { name: /^Group / });
  readonly chart = this.section.getByRole('application', { name: /^Sensitivity of all groups/ });
  readonly flatten = this.section.getByRole('button', { name: 'Flatten' });

  async openPanel(): Promise<void> {
    await this.pass('Prune channels').click();
    await expect(this.groups).toBeVisible();
  }
  measure = (name: 'Measure' | 'Go on' = 'Measure'): Promise<void> =>
    this.section.getByRole('button', { name, exact: true }).click();
  /** Every group is measured at every width. */
  isWhole = (): Promise<void> =>
    expect(this.section.getByRole('button', { name: /Measure|Go on|Cancel/ })).toHaveCount(0, { timeout: 90_000 });
  curves = (): Locator => this.chart.locator('path.curve');
  choose = async (label: string, option: string): Promise<void> => {
    await this.page.getByLabel(label, { exact: true }).selectOption({ label: option });
  };
  target = async (percent: number): Promise<void> => {
    await this.page.getByRole('spinbutton', { name: 'Target' }).fill(String(percent));
  };
}

async function onSample(page: Page, title: string): Promise<SensitivityPage> {
  const studio = new SensitivityPage(page);
  await studio.goto();
  await studio.openSample(title);
  await studio.openPanel();
  return studio;
}

test('sensitivity is measured, cancelled, gone on with, and flattened to the target', async ({ page }) => {
  const errors = watchForErrors(page);
  const studio = await onSample(page, 'Residual CNN');
  const groups = await studio.groups.getByRole('listitem').first().getAttribute('aria-setsize');
  await expect(studio.section).toContainText('on 8 made-up inputs');
  const widthsSoFar = async (): Promise<number> =>
    Number(/(\d+) widths so far/.exec(await studio.section.innerText())?.[1] ?? 'NaN');
  await test.step('what was measured until a cancel is shown at once', async () => {
    await studio.measure();
    await expect.poll(async () => studio.curves().count()).toBeGreaterThanOrEqual(2);
    await studio.section.getByRole('button', { name: 'Cancel' }).click();
    await expect(studio.section.getByRole('button', { name: 'Go on' })).toBeVisible();
    expect(await widthsSoFar()).toBeGreaterThan(8);
    expect(await studio.curves().count()).toBeLessThan(Number(groups));
    await expect(studio.flatten).toBeDisabled();
    await expect(studio.section).toContainText('go on measuring');
  });

  await test.step('it goes on with the rest, and every group has a curve', async () => {
    await studio.measure('Go on');
    await studio.isWhole();
    await expect(studio.curves()).toHaveCount(Number(groups));
    await expect(studio.flatten).toBeDisabled();
    await expect(studio.section).toContainText('Set a target on the left first');
    await expect(
      studio.groups
        .getByRole('listitem')
        .first()
        .getByTitle(/^KL when cut alone/),
    ).toHaveText('0');
  });

  await test.step('one press sets widths of their own that meet the target', async () => {
    await studio.choose('Of', 'MACs left');
    await studio.target(60);
    const alike = await studio.groups.innerText();
    await studio.flatten.click();
    await expect.poll(async () => studio.groups.innerText()).not.toBe(alike);
    await expect(studio.forecast.getByRole('row', { name: /^MACs/ })).toContainText(/−4[0-2]\.\d.%/);
    await expect(studio.groups.getByRole('button', { name: /follows the target again/ }).first()).toBeVisible();
    const costs = await studio.groups.getByTitle(/^KL when cut alone/).allInnerTexts();
    // A group that suffers at once may stay whole.
    expect(costs.filter((each) => each !== '0').length).toBeGreaterThan(costs.length / 2);
  });

  await test.step('a share of the channels stands for the MACs that it leaves', async () => {
    await page.getByRole('button', { name: 'Start over' }).click();
    await expect(studio.groups.getByRole('button', { name: /follows the target again/ })).toHaveCount(0);
    await studio.choose('Of', 'Channels cut');
    await studio.target(25);
    const macs = studio.forecast.getByRole('row', { name: /^MACs/ }).getByRole('cell').last();
    const change = Number.parseFloat((await macs.innerText()).replace('−', '-'));
    await expect(studio.section).toContainText(`${(100 + change).toFixed(1)}\u202f% of the MACs left`);
    await studio.flatten.click();
    await expect(studio.groups.getByRole('button', { name: /follows the target again/ }).first()).toBeVisible();
    const after = Number.parseFloat((await macs.innerText()).replace('−', '-'));
    expect(after).toBeLessThanOrEqual(change);
    expect(after).toBeGreaterThan(change - 3);
  });

  await test.step('the step is applied as any other, and undone', async () => {
    await studio.bar.getByRole('button', { name: /^Apply/ }).click();
    await expect(studio.bar).toBeHidden();
    await expect(studio.stop(1)).toContainText('cosine');
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
    await studio.openPanel();
    await expect(studio.curves()).toHaveCount(Number(groups));
  });
  expect(errors).toEqual([]);
});

test('curves are read by pointer and keys, as a table, and on the card of their group', async ({ page }) => {
  const studio = await onSample(page, 'encoder');
  await studio.choose('Widths to measure of each group', '4 widths');
  await studio.measure();
  await studio.isWhole();
  const names = await studio.groups.locator('button[aria-pressed][title]').allInnerTexts();
  const readout = studio.section.locator('[aria-live=polite]');

  await studio.chart.focus();
  await page.keyboard.press('ArrowRight');
  // Heads of 32 channels go as wholes: the first width is a quarter narrower.
  await expect(readout).toContainText(`${names[0]} 96 of 128 kept, 25.0\u202f% cut: KL `);
  await page.keyboard.press('ArrowRight');
  await expect(readout).toContainText(`${names[0]} 64 of 128 kept, 50.0\u202f% cut: KL `);
  await page.keyboard.press('ArrowDown');
  await expect(readout).toContainText(`${names[1]} `);
  await page.keyboard.press('Enter');
  await expect(studio.card).toContainText('Cut alone');
  await expect(studio.card).toContainText('KL 0');

  const before = await studio.card.getByText(/kept: KL/).innerText();
  await studio.card.getByRole('slider').focus();
  await page.keyboard.press('PageDown');
  await expect(studio.card.getByText(/kept: KL/)).not.toHaveText(before);
  await studio.card.getByRole('button', { name: 'Close the group' }).click();

  const box = (await studio.chart.boundingBox())!;
  await page.mouse.move(box.x + box.width - 10, box.y + 20);
  await expect(readout).toContainText(/(7[5-9]|8\d)\.\d.% cut: KL /);
  await studio.choose('What the curves show', 'Top class changed');
  await page.mouse.move(box.x + box.width - 12, box.y + 22);
  await expect(readout).toContainText(/other top class \d/);

  await studio.section.getByRole('button', { name: 'Show as table' }).click();
  const table = studio.section.getByRole('region', { name: 'Measured sensitivity' });
  await expect(table.getByRole('rowgroup')).toHaveCount(names.length + 1);
  await expect(table).toContainText('rows with another top class');

  // Another ranking cuts other channels: its curves are not these.
  await studio.choose('Importance', 'L1 norm');
  await expect(studio.section.getByRole('button', { name: 'Measure', exact: true })).toBeVisible();
  await studio.choose('Importance', 'L2 norm');
  await expect(studio.curves()).toHaveCount(names.length);
});

test('data split in two: what calibrates never judges, and the result is judged by the others', async ({ page }) => {
  const studio = new SensitivityPage(page);
  await studio.goto();
  await studio.drop([encoder]);
  await studio.openPanel();
  const data = page.getByRole('region', { name: 'Calibration data' });
  await studio.dropOn(data, [inputs]);
  await expect(data).toContainText('10 calibrate, 10 others judge');
  await expect(studio.section).toContainText('on 10 samples of inputs.npy that nothing is calibrated on');
  await expect(studio.fidelity).toContainText('judged on 10 samples of inputs.npy beside the 10 that calibrate');
  await studio.measure();
  await studio.isWhole();
  await expect(studio.section).toContainText('Each group cut alone, on 10 samples of inputs.npy');

  await studio.target(50);
  await studio.bar.getByRole('button', { name: /^Apply/ }).click();
  await expect(studio.bar).toBeHidden();
  await studio.openPanel();
  const figures = studio.fidelity.getByRole('table', { name: 'Fidelity on the held-out samples' });
  await expect(figures.getByRole('row', { name: /^Cosine/ })).toContainText(/0\.\d{4}/);
  await expect(figures.getByRole('row', { name: /^Same top class/ })).toContainText('%');
  await page.getByRole('button', { name: 'Cancel', exact: true }).first().click();
  await page.getByRole('tab', { name: /Checks/ }).click();
  await expect(page.getByRole('group', { name: 'Judged on data' })).toContainText('10 samples of inputs.npy');

  // Other data judge otherwise: nothing is known of them until they are asked.
  await studio.openPanel();
  await studio.dropOn(data, [{ ...inputs, name: 'again.npy' }]);
  await expect(data).toContainText('again.npy');
  await expect(figures).toHaveCount(0);
  await studio.fidelity.getByRole('button', { name: 'Judge on data' }).click();
  await expect(figures).toBeVisible();
});

test.describe('without motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('curves have no serious accessibility faults', async ({ page }) => {
    const studio = await onSample(page, 'encoder');
    await studio.choose('Widths to measure of each group', '4 widths');
    await studio.measure();
    await studio.isWhole();
    await studio.target(30);
    await studio.flatten.click();
    const check = async (): Promise<void> => {
      expect(await seriousFaultsInBoth(page)).toEqual([]);
    };
    await check();
    await studio.groups.getByRole('listitem').first().getByRole('button').first().click();
    await expect(studio.card).toContainText('Cut alone');
    await studio.section.getByRole('button', { name: 'Show as table' }).click();
    await check();
  });
});
