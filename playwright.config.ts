import { defineConfig } from '@playwright/test';
import { NAME } from './e2e/served-studio.ts';
import { CHROMIUM_FLAGS, findChromium } from './scripts/chromium.mjs';

const port = Number(process.env['WHITTLE_E2E_PORT'] ?? 4319);

/** Real Chromium against the built studio; `npm run build` first. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: /.*\.e2e\.ts/,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // Three pages at a time, also on two cores: much of a test is waiting. Files are shared out, so tests of one file stay in order.
  workers: 3,
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    launchOptions: {
      ...(findChromium() ? { executablePath: findChromium() ?? '' } : {}),
      // The studio's server has a name in the local network. For all tests: those of another browser would come last, alone.
      args: [...CHROMIUM_FLAGS, `--host-resolver-rules=MAP ${NAME} 127.0.0.1`],
    },
    trace: 'off',
    // A service worker would keep the whole studio anew for each test; tests of it let it in.
    serviceWorkers: 'block',
  },
  webServer: {
    command: `npx --no-install vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
    timeout: 60_000,
  },
});
