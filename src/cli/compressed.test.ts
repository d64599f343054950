import { expect, it } from 'vitest';
import { compressedSizes } from './compressed.ts';

it('measures gzip always, and brotli when it is asked for', async () => {
  const zeros = new Uint8Array(100_000);
  const plain = await compressedSizes(zeros, false);
  expect(plain).toEqual({ bytes: 100_000, gzip: expect.any(Number) as number, brotli: null });
  expect(plain.gzip).toBeLessThan(200);
  const both = await compressedSizes(zeros, true);
  expect(both.gzip).toBe(plain.gzip);
  expect(both.brotli).toBeGreaterThan(0);
  expect(both.brotli).toBeLessThan(plain.gzip);
});
