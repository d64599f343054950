import { expect, test, type Page } from './test.ts';
import { join, lending, phone } from './lent-page.ts';
import { network, serveStudio, type ServedStudio } from './served-studio.ts';
import { StudioPage } from './studio-page.ts';

const port = Number(process.env['WHITTLE_E2E_PORT'] ?? 4319) + 40;

const lent = (studio: StudioPage) => studio.page.getByRole('region', { name: 'Lent devices' }).getByRole('listitem');

/** The studio with a sample open, at its lab of devices. */
async function openStudio(page: Page, { studio: address }: ServedStudio, sample = 'Residual CNN'): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await page.goto(address);
  await studio.openSample(sample);
  await studio.workspace('Bench');
  await page.getByRole('radio', { name: 'Devices' }).click();
  return studio;
}

/** Asks for a code in place of the one that is shown, if any is. */
async function newCode(page: Page): Promise<string> {
  const shown = page.getByLabel('Code', { exact: true });
  const [before = ''] = await shown.allInnerTexts();
  await page.getByRole('button', { name: 'New code' }).click();
  await expect(shown).not.toHaveText(before || 'none');
  return shown.innerText();
}

/** Chooses the lent device, and times the original on it. */
async function measureOn(studio: StudioPage, name: string, runs = '30'): Promise<void> {
  await lent(studio).getByRole('button', { name: 'Measure on it' }).click();
  const setup = studio.page.getByRole('group', { name: 'What to time' });
  await expect(setup.getByLabel('On', { exact: true }).locator('option:checked')).toHaveText(name);
  await setup.getByLabel('Runs').selectOption(runs);
  await studio.page.getByRole('button', { name: /^Run/ }).first().click();
}

const result = (studio: StudioPage) => studio.page.getByRole('region', { name: 'Time for one run' });
const history = (studio: StudioPage) => studio.page.getByRole('region', { name: 'History' });

test.describe('over https', () => {
  let served: ServedStudio;
  test.beforeAll(async () => {
    served = await serveStudio(port);
  });
  test.afterAll(() => served.end());

  test('a phone joins with the code, is measured with threads, and a code is good for one device', async ({
    page,
    browser,
  }) => {
    const studio = await openStudio(page, served);
    await expect(page.getByLabel('Code', { exact: true })).toHaveText(served.code);
    await expect(page.getByRole('img', { name: /^QR code of https/ })).toBeVisible();

    const device = await phone(browser);
    await join(device, served.lend, 'AAAA-AAAA');
    await expect(device.getByRole('alert')).toContainText('This code is wrong');
    await join(device, served.lend, served.code.toLowerCase());
    await expect(lending(device)).toContainText('Lent to the studio');
    expect(await device.evaluate(() => [globalThis.isSecureContext, globalThis.crossOriginIsolated])).toEqual([
      true,
      true,
    ]);

    await expect(lent(studio)).toHaveCount(1);
    await expect(lent(studio)).toContainText('Waiting');
    const cores = await device.evaluate(() => navigator.hardwareConcurrency);
    await expect(lent(studio)).toContainText(new RegExp(`${cores} WASM threads? of ${cores} core`));

    const second = await phone(browser);
    await join(second, served.lend, served.code);
    await expect(second.getByRole('alert')).toContainText('was used before');
    await second.context().close();

    await lent(studio)
      .getByRole('button', { name: /^Rename/ })
      .click();
    await page.getByRole('textbox', { name: /^Name of/ }).fill('Test phone');
    await page.keyboard.press('Enter');
    await expect(lending(device)).toContainText('as Test phone');

    await measureOn(studio, 'Test phone');
    await expect(result(studio)).toContainText('30 samples');
    await expect(history(studio)).toContainText('Test phone, WASM');
    await expect(lending(device)).toContainText('Done: 1');

    await studio.workspace('Studio');
    await page.getByRole('button', { name: /^More overlays/ }).click();
    await page.getByRole('menuitemradio', { name: 'Time' }).click();
    await page.getByRole('button', { name: 'Time every node' }).click();
    await expect(page.getByRole('region', { name: 'Legend' })).toContainText('Measured: Test phone, WASM');
    await expect(lending(device)).toContainText('Done: 2');

    await device.getByRole('button', { name: 'Stop lending' }).click();
    await expect(lending(device)).toContainText('No longer lent');
    await studio.workspace('Bench');
    await page.getByRole('radio', { name: 'Devices' }).click();
    await expect(lent(studio)).toHaveCount(0);
    await device.context().close();
  });

  test('a connection that breaks during a benchmark is made again, and the benchmark ends well', async ({
    page,
    browser,
  }) => {
    const studio = await openStudio(page, served, 'MobileNetV2');
    const code = await newCode(page);
    const lan = await network(Number(new URL(served.lend).port));
    const device = await phone(browser);
    await join(device, lan.through(served.lend), code);
    await expect(lending(device)).toContainText('Lent to the studio');
    const name = await lent(studio).getByRole('heading').innerText();
    await measureOn(studio, name, '120');
    const atWork = page.getByRole('region', { name: 'Benchmark at work' });
    await expect(atWork).toContainText(/\d+ of 120/);
    await expect(lending(device).getByRole('group', { name: 'At work' })).toContainText('benchmark');
    lan.cut();
    await expect(atWork).toContainText(`Waiting for ${name} to come back`);
    await expect(lending(device)).toContainText('Connecting again');
    lan.mend();
    await expect(lending(device)).toContainText('Lent to the studio');
    await expect(result(studio)).toContainText('samples', { timeout: 60_000 });
    await expect(history(studio)).toContainText(name);

    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(atWork).toContainText(/\d+ of 120/);
    // Its page is loaded again: it is lent as before, but what it was doing is lost.
    await device.reload();
    await expect(page.getByRole('alert').filter({ hasText: 'The device went away' })).toContainText('Run it again');
    await expect(lending(device)).toContainText('Lent to the studio');
    await page.getByRole('group', { name: 'What to time' }).getByLabel('Runs').selectOption('30');
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(history(studio).getByRole('row')).toHaveCount(3, { timeout: 60_000 });
    await device.context().close();
    lan.end();
  });

  test('another computer is a studio only with the printed address, and sees no device of others', async ({
    browser,
  }) => {
    const other = await phone(browser);
    const [plain = ''] = served.elsewhere.split('#');
    for (const [address, text] of [
      [plain, 'Not from this page'],
      [served.elsewhere, 'None yet'],
    ] as const) {
      await other.goto('about:blank');
      await other.goto(address);
      await other.getByRole('button', { name: /Residual CNN/ }).click();
      await other.setViewportSize({ width: 1440, height: 900 });
      await other.getByRole('tab', { name: 'Bench', exact: true }).click();
      await other.getByRole('radio', { name: 'Devices' }).click();
      await expect(other.getByRole('region', { name: 'Benchmark' })).toContainText(text);
    }
    expect(new URL(other.url()).hash).not.toContain('studio=');
    await other.context().close();
  });
});

test.describe('over plain http', () => {
  test('a phone lends one thread, says why, and is measured', async ({ page, browser }) => {
    const served = await serveStudio(port + 2, '--http');
    const studio = await openStudio(page, served);
    const device = await phone(browser);
    await device.goto(`${served.lend}#${served.code}`);
    await expect(lending(device)).toContainText('Lent to the studio');
    expect(device.url()).toBe(served.lend);
    await expect(device.getByText('this address is not secure (http)')).toBeVisible();
    expect(await device.evaluate(() => globalThis.isSecureContext)).toBe(false);
    await expect(lent(studio)).toContainText('1 WASM thread of');
    await expect(lent(studio)).toContainText('WebGPU needs a secure context');
    const name = await lent(studio).getByRole('heading').innerText();
    await measureOn(studio, name);
    await expect(page.getByRole('group', { name: 'What to time' }).getByLabel('Threads').locator('option')).toHaveCount(
      1,
    );
    await expect(result(studio)).toContainText('30 samples');
    await expect(history(studio)).toContainText(`${name}, WASM, 1 thread`);
    await device.context().close();
    await expect(page.getByRole('group', { name: 'What to time' }).getByLabel('On', { exact: true })).toContainText(
      `${name} (away)`,
    );
    served.end();
  });
});
