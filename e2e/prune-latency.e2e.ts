import { expect, test } from './test.ts';
import { seriousFaults } from './faults.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';

/** ms; a few widths are timed for half a minute, longer on a busy machine. */
const MEASURED = 240_000;

test('latency is measured at a few widths, then follows the sliders and is a target', async ({ page }) => {
  test.setTimeout(MEASURED + 60_000);
  const errors = watchForErrors(page);
  const studio = new StudioPage(page);
  await studio.goto();
  await studio.openSample('Residual CNN');
  await studio.pass('Prune channels').click();
  const forecast = page.getByRole('region', { name: 'Forecast' });
  const row = forecast.getByRole('row', { name: /^Latency/ });
  const target = page.getByRole('spinbutton', { name: 'Target' });
  const of = page.getByLabel('Of', { exact: true });
  const widths = page.getByRole('list', { name: 'Channel groups' });

  await test.step('before it is measured it is no target, and says so', async () => {
    await expect(of.getByRole('option', { name: 'Latency left (measure it first)' })).toBeDisabled();
    await expect(forecast).toContainText('timed on this device');
  });

  await test.step('measuring tells how far it is, and can be cancelled', async () => {
    await row.getByRole('button', { name: 'Measure' }).click();
    await expect(forecast.getByRole('progressbar')).toBeVisible();
    await row.getByRole('button', { name: 'Cancel' }).click();
    await expect(row.getByRole('button', { name: 'Measure' })).toBeVisible();
  });

  await test.step('what was measured says where and how near it is', async () => {
    await row.getByRole('button', { name: 'Measure' }).click();
    await expect(forecast).toContainText(/predicted from 8 widths timed on this device, ± .*WASM, 1 thread/, {
      timeout: MEASURED,
    });
    await expect(row).toContainText('same');
  });

  await test.step('a slider changes the prediction at once', async () => {
    await target.fill('50');
    await expect(row).toContainText(/−\d/);
    const half = await row.innerText();
    await target.fill('75');
    await expect(row).not.toHaveText(half);
  });

  await test.step('as the target it sets the widths', async () => {
    await of.selectOption({ label: 'Latency left' });
    await target.fill('70');
    await expect(page.getByText(/At most .* of .*, as predicted/)).toBeVisible();
    await expect(row).toContainText(/−(29\.[5-9]|3\d\.\d)/);
    const first = await widths.innerText();
    await target.fill('40');
    await expect(widths).not.toHaveText(first);
    await expect(row).toContainText(/−(59\.[5-9]|6\d\.\d)/);
  });

  await test.step('the panel has no serious accessibility fault', async () => {
    expect(await seriousFaults(page)).toEqual([]);
  });

  await test.step('the step is replayed without measuring', async () => {
    await page
      .getByRole('group', { name: 'Prune channels', exact: true })
      .getByRole('button', { name: /^Apply/ })
      .click();
    await expect(studio.stop(1)).toBeVisible();
    await page.keyboard.press('ControlOrMeta+z');
    await expect(studio.stop(0)).toHaveAttribute('aria-current', 'step');
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await expect(studio.stop(1)).toHaveAttribute('aria-current', 'step');
  });
  expect(errors).toEqual([]);
});
