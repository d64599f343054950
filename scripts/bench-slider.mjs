// A step of the pruning slider, in the page.
import { basename } from 'node:path';
import { canvasOf } from './browser.mjs';
import { withSource } from './source.mjs';

/** Steps before those that count. */
const WARM = 10;

/** Models with channels to cut, as they are opened: inputs with a default stay inputs. */
const prunable = (files) =>
  withSource(async (load) => {
    const { openStudio } = await load('/src/cli/studio.ts');
    const job = (await load('/src/base/job.ts')).silentJob();
    const found = [];
    for (const file of files) {
      const { studio } = await openStudio(file, job);
      const { groups } = await studio.prunePlan({ importance: 'l2', seed: 0 }, job);
      if (groups.length > 0) found.push(file);
    }
    return found;
  });

/** Time of one slider step with the groups listed: key press to the end of the frame's work, ms. */
async function benchModel(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  try {
    await page.goto(url);
    await page.setInputFiles('input[type=file]', file);
    await canvasOf(page).waitFor();
    await page.getByRole('button', { name: /^Prune channels, \d+/ }).click();
    const list = page.getByRole('list', { name: 'Channel groups' });
    await list.waitFor();
    const groups = Number(await list.getByRole('listitem').first().getAttribute('aria-setsize'));
    const slider = list.getByRole('slider', { name: /^Width of/ }).first();
    await slider.focus();
    const times = await page.evaluate(stepBackAndForth);
    const steps = times.slice(WARM).sort((a, b) => a - b);
    return {
      model: basename(file, '.onnx'),
      groups,
      median: steps[steps.length >> 1],
      p95: steps[Math.floor(steps.length * 0.95)],
    };
  } finally {
    await page.close();
  }
}

/** In the page. */
async function stepBackAndForth() {
  const target = document.activeElement;
  const steps = [];
  for (let i = 0; i < 60; i++) {
    const key = i % 20 < 10 ? 'ArrowLeft' : 'ArrowRight';
    const start = performance.now();
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    if (target instanceof HTMLInputElement) {
      const value = Number(target.value) + (key === 'ArrowLeft' ? -1 : 1);
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(target, String(value));
      target.dispatchEvent(new Event('input', { bubbles: true }));
    }
    await new Promise((resolve) => requestAnimationFrame(() => resolve()));
    void document.body.offsetHeight;
    steps.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return steps;
}

export async function benchSlider(browser, url, files) {
  const rows = [];
  for (const file of await prunable(files)) rows.push(await benchModel(browser, url, file));
  return rows;
}

export function printSlider(rows, say) {
  for (const { model, groups, median, p95 } of rows) {
    say(`slider  ${model}, ${groups} groups: one step ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
  }
}
