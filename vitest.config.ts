import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 60_000,
    pool: 'forks',
    // Files of one worker share what they import: a fifth of the time. No test changes what a module holds.
    isolate: false,
    maxWorkers: 2,
    reporters: ['default'],
  },
});
