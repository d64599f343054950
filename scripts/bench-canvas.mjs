// How the canvas holds up on large graphs: panning and zooming near and far, in the built studio.
import { basename } from 'node:path';
import { canvasOf, watchLongTasks } from './browser.mjs';

/** Frames of each gesture, without those in which it starts. */
const FRAMES = 120;
const WARM = 10;

/** Zooms at which the gestures are made; near is what a person reads, middle is text on the canvas, far is all. */
const PLACES = [
  { name: 'far', keys: ['0'] },
  { name: 'middle', keys: ['1', '-', '-', '-', '-'] },
  { name: 'near', keys: ['1'] },
];

/** One wheel event a frame: what a trackpad sends. */
const GESTURES = {
  pan: (frame) => ({ deltaX: 23 * Math.sin(frame / 20), deltaY: 31 * Math.cos(frame / 25) }),
  zoom: (frame) => ({ deltaY: frame % 60 < 30 ? 6 : -6, ctrlKey: true }),
};

const sorted = (values) => [...values].sort((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** Makes one gesture in the page: a wheel event in each frame. Gives the frames' times in ms. */
async function gesture(page, kind) {
  return page.evaluate(
    async ({ events }) => {
      const pane = document.querySelector('.react-flow__pane');
      const box = pane.getBoundingClientRect();
      const middle = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
      const frames = [];
      let before = await new Promise(requestAnimationFrame);
      for (const event of events) {
        pane.dispatchEvent(
          new WheelEvent('wheel', { ...middle, ...event, bubbles: true, cancelable: true, view: window }),
        );
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
      }
      return frames;
    },
    { events: Array.from({ length: FRAMES + WARM }, (_, frame) => GESTURES[kind](frame)) },
  );
}

/** JS heap of the page in use after a collection, bytes; its workers have heaps of their own. */
async function heapOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

async function benchFile(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watchLongTasks);
  await page.goto(url);
  await page.getByRole('button', { name: /Choose files/ }).waitFor();
  await page.setInputFiles('input[type=file]', file);
  await canvasOf(page).waitFor();
  await page.waitForFunction(() => !/, sites are being looked for/.test(document.body.innerHTML), null, {
    timeout: 120_000,
  });
  const gestures = [];
  await canvasOf(page).focus();
  for (const place of PLACES) {
    for (const key of place.keys) {
      await page.keyboard.press(key);
      // A move of the camera takes 220 ms; the next key starts from where it ends.
      await page.waitForTimeout(350);
    }
    for (const kind of Object.keys(GESTURES)) {
      await page.evaluate(() => (globalThis.longTasks.length = 0));
      const frames = (await gesture(page, kind)).slice(WARM);
      const longest = await page.evaluate(() => Math.max(0, ...globalThis.longTasks.map(({ ms }) => ms)));
      gestures.push({ place: place.name, kind, median: at(frames, 0.5), p95: at(frames, 0.95), longest });
      await page.waitForTimeout(350);
    }
  }
  const heap = await heapOf(page);
  await page.close();
  return { model: basename(file), heap, gestures };
}

/**
 * Opens each file in a fresh page of the studio at `url` and works its canvas.
 *
 * @returns one row a file: `heap` (bytes), and for each gesture its frames' median and 95th percentile (ms) and the
 *   longest task (ms; 0: none over 50)
 */
export async function benchCanvas(browser, url, files) {
  const rows = [];
  for (const file of files) rows.push(await benchFile(browser, url, file));
  return rows;
}

export function printCanvas(rows, say) {
  for (const { model, heap, gestures } of rows) {
    say(`canvas  ${model.padEnd(28)} JS heap ${(heap / 1e6).toFixed(1)} MB`);
    for (const { place, kind, median, p95, longest: task } of gestures) {
      const frames = `frame median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
      say(`        ${`${kind}, ${place}`.padEnd(28)} ${frames}, longest task ${task.toFixed(0)} ms`);
    }
  }
}
