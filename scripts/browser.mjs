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
