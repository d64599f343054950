import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryFiles } from './external.ts';
import { sha256 } from './hash.ts';

const bytes = new TextEncoder().encode('a model');
const files = memoryFiles(new Map([['w.bin', Uint8Array.of(1, 2)]]));

describe('the hash of a model', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is that of its file', async () => {
    expect(await sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await sha256(bytes, { files, locations: [] })).toBe(await sha256(bytes));
  });

  it('covers external data, in any order of its files', async () => {
    const other = memoryFiles(new Map([['w.bin', Uint8Array.of(1, 3)]]));
    const all = await sha256(bytes, { files, locations: ['w.bin', 'none.bin'] });
    expect(all).not.toBe(await sha256(bytes));
    expect(all).toBe(await sha256(bytes, { files, locations: ['none.bin', 'w.bin', 'w.bin'] }));
    expect(all).not.toBe(await sha256(bytes, { files: other, locations: ['none.bin', 'w.bin'] }));
  });

  it('is not known where the platform has no digest', async () => {
    vi.stubGlobal('crypto', {});
    expect(await sha256(bytes)).toBeNull();
  });
});
