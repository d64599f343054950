// The built studio in Chromium, for the benchmark and the screenshots.
import { chromium } from '@playwright/test';
import { preview } from 'vite';
import { CHROMIUM_FLAGS, findChromium } from './chromium.mjs';

/** Serves `dist`, opens a browser, runs `work(browser, url)`, and ends both. */
export async function withStudio(work) {
  const server = await preview({ preview: { host: '127.0.0.1', port: 4391 }, logLevel: 'error' });
  const browser = await chromium.launch({ executablePath: findChromium() ?? undefined, args: CHROMIUM_FLAGS });
  try {
    return await work(browser, server.resolvedUrls.local[0]);
  } finally {
    await browser.close();
    await server.close();
  }
}

export const canvasOf = (page) => page.getByRole('application', { name: /^Graph of/ });

/** For `addInitScript`: notes tasks of the page's thread that take over 50 ms. */
export function watchLongTasks() {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.longTasks.push({ start: entry.startTime, ms: entry.duration });
  }).observe({ type: 'longtask', buffered: true });
}

/** For `evaluate`, on the start page: notes when a file is chosen, and when its whole picture is on the screen. */
export function watchOpening() {
  document
    .querySelector('input[type=file]')
    .addEventListener('change', () => (globalThis.chosen = performance.now()), { capture: true });
  const seen = new MutationObserver(() => {
    if (!document.querySelector('canvas[data-whole]')) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.painted = performance.now())));
  });
  seen.observe(document.body, { childList: true, subtree: true, attributeFilter: ['data-whole'] });
}
