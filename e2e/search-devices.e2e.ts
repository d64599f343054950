import { expect, test, type Page } from './test.ts';
import { join, lending, phone, watchWork } from './lent-page.ts';
import { serveStudio, type ServedStudio } from './served-studio.ts';
import { StudioPage, watchForErrors } from './studio-page.ts';
import { set, status } from './train-page.ts';

const port = Number(process.env['WHITTLE_E2E_PORT'] ?? 4319) + 60;
const PHONE = 'Search phone';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

const front = (page: Page) => page.getByRole('list', { name: 'Networks on the front' }).getByRole('listitem');
const latency = (page: Page) => page.getByRole('region', { name: 'Latency', exact: true });
const start = (page: Page) => page.getByRole('button', { name: /^Search( again)?$/ });
const bar = (page: Page) => page.getByRole('progressbar', { name: /networks$/ });

/** A search of a few networks that has few kinds of operators to time. */
async function setUp(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Drawn digits, search' }).click();
  await expect(page.getByRole('region', { name: 'Samples', exact: true })).toContainText('1000 samples');
  await set(page, 'Networks judged', '8');
  await set(page, 'Population', '8');
  await set(page, 'Samples, at most', '20');
  await page.getByRole('checkbox', { name: 'Resolution' }).uncheck();
  await page.getByRole('checkbox', { name: 'Kernel' }).uncheck();
  await page.getByText('Widths', { exact: true }).click();
  await set(page, 'Shares of a width', '0.5');
  await page.getByText('More', { exact: true }).click();
  await set(page, 'Timed whole', '1');
}

test.describe('a lent device', () => {
  let served: ServedStudio;
  test.beforeAll(async () => {
    served = await serveStudio(port);
  });
  test.afterAll(() => served.end());

  test('judges and times a search, and when it leaves, the search goes on without it', async ({ page, browser }) => {
    const errors = watchForErrors(page);
    const device = await phone(browser);
    await join(device, served.lend, served.code);
    await expect(lending(device)).toContainText('Lent to the studio');

    const studio = new StudioPage(page);
    await page.goto(served.studio);
    await studio.openSample('Digit CNN');
    await studio.workspace('Bench');
    await page.getByRole('radio', { name: 'Devices' }).click();
    await page.getByRole('button', { name: /^Rename/ }).click();
    await page.getByRole('textbox', { name: /^Name of/ }).fill(PHONE);
    await page.keyboard.press('Enter');
    await expect(lending(device)).toContainText(`as ${PHONE}`);

    await studio.workspace('Search');
    await setUp(page);
    await page.getByRole('checkbox', { name: `Judged on ${PHONE} too` }).check();
    await latency(page)
      .getByLabel('Table')
      .selectOption({ label: `${PHONE}, lent, 1 thread` });
    await expect(latency(page)).toContainText('timed on the lent device');
    const work = await watchWork(device);
    await start(page).click();
    await expect(lending(device).getByRole('group', { name: 'At work' })).toBeVisible();
    await expect(status(page)).toHaveText('done', { timeout: 60_000 });
    // It has timed operators, judged networks, and timed whole ones.
    const done = await work();
    for (const what of [/times of operators/, /sub-network.*runs/, /sub-network.*benchmark/])
      expect(done.filter((text) => what.test(text))).not.toEqual([]);
    await expect(latency(page)).toContainText(new RegExp(`Found with the table of .* · ${PHONE}, 1 thread: \\d+`));
    await expect(front(page).first()).toContainText(/\d\s[mµ]s/);
    await expect(latency(page).getByRole('img', { name: /^Predicted against measured latency/ })).toBeVisible();

    // Other samples, so that nothing is known yet; its table is.
    await set(page, 'Samples, at most', '30');
    await set(page, 'Networks judged', '16');
    await start(page).click();
    const judged = async (): Promise<number> => Number.parseInt((await bar(page).getAttribute('aria-label')) ?? '', 10);
    await expect.poll(judged).toBeGreaterThan(0);
    const before = await judged();
    await device.getByRole('button', { name: 'Stop lending' }).click();
    await expect(status(page)).toHaveText('done', { timeout: 60_000 });
    const found = await page.getByText(/^\d+ networks, \d+ on the front/).innerText();
    expect(Number.parseInt(found, 10)).toBeGreaterThan(before);
    await expect(page.getByText(`${PHONE} no longer judges: ${PHONE} no longer lends itself`)).toBeVisible();
    await expect(page.getByRole('checkbox', { name: `Judged on ${PHONE} too` })).toHaveCount(0);
    await expect(latency(page).getByLabel('Table')).toHaveValue('here');
    expect(errors).toEqual([]);
    await device.context().close();
  });
});
