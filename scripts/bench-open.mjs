// From the choice of a file to its first picture, in a fresh page each time.
import { basename } from 'node:path';
import { canvasOf, watchLongTasks, watchOpening } from './browser.mjs';

const ROUNDS = 5;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** One fresh page: ms from the choice of the file to the painted picture, and long tasks (over 50 ms) until it rests. */
async function openOnce(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watchLongTasks);
  await page.goto(url);
  await page.getByRole('button', { name: /Choose files/ }).waitFor();
  await page.evaluate(watchOpening);
  await page.setInputFiles('input[type=file]', file);
  await canvasOf(page).waitFor();
  await page.waitForFunction(() => globalThis.painted !== undefined);
  // The counts of all passes arrive after the picture; blocks while they do count as well.
  await page.waitForFunction(() => !/, sites are being looked for/.test(document.body.innerHTML));
  const result = await page.evaluate(() => ({
    ms: globalThis.painted - globalThis.chosen,
    longest: Math.max(
      0,
      ...globalThis.longTasks.filter((task) => task.start >= globalThis.chosen).map((task) => task.ms),
    ),
  }));
  await page.close();
  return result;
}

/** Rows by file: medians of ms to the first picture, and of the longest task. */
export async function benchOpening(browser, url, files) {
  const rows = [];
  for (const file of files) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await openOnce(browser, url, file));
    rows.push({
      model: basename(file),
      ms: median(rounds.map((each) => each.ms)),
      longest: median(rounds.map((each) => each.longest)),
    });
  }
  return rows;
}

export function printOpening(rows, say) {
  for (const { model, ms, longest } of rows) {
    const picture = `first picture ${ms.toFixed(0).padStart(5)} ms`;
    say(
      `open    ${model.padEnd(28)} ${picture}, longest task ${longest.toFixed(0).padStart(4)} ms (medians of ${ROUNDS})`,
    );
  }
}
