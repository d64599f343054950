// What a person does to a large graph: the longest task of the page's thread (ms; 0: none over 50) in each action.
import { basename } from 'node:path';
import { canvasOf, watchLongTasks } from './browser.mjs';

/** What an action sets off is over by then, ms. */
const SETTLED = 1500;
const LONG = 6000;

const field = (page) => page.getByRole('combobox', { name: 'Search nodes' });

/** In order: each starts from what the one before it left. */
const ACTIONS = [
  ['search by operator', (page) => field(page).fill('op:MatMul')],
  ['next match', (page) => field(page).press('Enter')],
  ['search a path', (page) => field(page).fill('MatMul > * > Softmax')],
  ['clear the search', (page) => field(page).fill('')],
  ['select a node', (page) => canvasOf(page).press('ArrowDown')],
  ['fit the selection', (page) => canvasOf(page).press('f')],
  ['fit all', (page) => canvasOf(page).press('0')],
  ['fold a group', (page) => canvasOf(page).press('e')],
  ['unfold it', (page) => canvasOf(page).press('e')],
  ['next overlay', (page) => canvasOf(page).press('o')],
  ['open the palette', (page) => page.keyboard.press('ControlOrMeta+k')],
  ['close it', (page) => page.keyboard.press('Escape')],
  ['look at a pass', (page) => page.getByRole('button', { name: /^Fuse convolution and activation, / }).click()],
  [
    'apply it',
    (page) =>
      page
        .getByRole('button', { name: /^Apply/ })
        .first()
        .click(),
    LONG,
  ],
  ['undo', (page) => page.keyboard.press('ControlOrMeta+z'), LONG],
  ['compare with a file', compareWithItself, LONG],
];

async function compareWithItself(page, file) {
  await page.getByRole('tab', { name: 'Compare' }).click();
  await page.getByLabel('Second model files').setInputFiles(file);
}

/** Rows by action. */
export async function benchActions(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watchLongTasks);
  await page.goto(url);
  await page.getByRole('button', { name: /Choose files/ }).waitFor();
  await page.setInputFiles('input[type=file]', file);
  await canvasOf(page).waitFor();
  await page.waitForTimeout(LONG);
  const rows = [];
  for (const [action, run, wait = SETTLED] of ACTIONS) {
    await page.evaluate(() => (globalThis.longTasks.length = 0));
    await run(page, file);
    await page.waitForTimeout(wait);
    const longest = await page.evaluate(() => Math.max(0, ...globalThis.longTasks.map(({ ms }) => ms)));
    rows.push({ model: basename(file), action, longest });
  }
  await page.close();
  return rows;
}

export function printActions(rows, say) {
  for (const { model, action, longest } of rows) {
    say(`actions ${model.padEnd(28)} ${action.padEnd(20)} longest task ${longest.toFixed(0).padStart(4)} ms`);
  }
}
