// A step of the pruning slider, in the page.
import { canvasOf } from './browser.mjs';

/** Steps before those that count. */
const WARM = 10;

/** Script time of one slider step with the groups listed: key press to the end of the frame's work, ms. */
export async function benchSlider(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page.setInputFiles('input[type=file]', file);
  await canvasOf(page).waitFor();
  await page.getByRole('button', { name: /^Prune channels, \d+/ }).click();
  await page.getByRole('list', { name: 'Channel groups' }).waitFor();
  const slider = page.getByRole('slider', { name: /^Width of/ }).first();
  await slider.focus();
  const times = await page.evaluate(async () => {
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
  });
  await page.close();
  const steps = times.slice(WARM).sort((a, b) => a - b);
  return { median: steps[steps.length >> 1], p95: steps[Math.floor(steps.length * 0.95)] };
}

export const printSlider = ({ median, p95 }, say) =>
  say(`slider  one step: median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
