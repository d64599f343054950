import { describe, expect, it } from 'vitest';
import { keptWeights } from './kept-weights.ts';
import type { Folder } from './types.ts';

/** A folder in memory; `sizes` stand in for what would take too much room. */
function memory(sizes: Readonly<Record<string, number>> = {}) {
  const files = new Map<string, Blob>();
  const folder: Folder = {
    read: (path) => Promise.resolve(files.get(path) ?? null),
    write(path, content) {
      files.set(path, content);
      return Promise.resolve();
    },
    remove(path) {
      for (const key of files.keys()) if (key.startsWith(`${path}/`)) files.delete(key);
      return Promise.resolve();
    },
    room: () => Promise.resolve(null),
    exclusive: (work) => work(),
  };
  const large = (sha256: string): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array([1, 2, 3]);
    Object.defineProperty(bytes, 'length', { value: sizes[sha256] ?? 3 });
    return bytes;
  };
  return { folder, files, large };
}

describe('learnt weights that are kept', () => {
  it('come back by their SHA-256, and others do not', async () => {
    const { folder } = memory();
    await keptWeights(folder).save('aa', Uint8Array.of(1, 2, 3));
    expect(await keptWeights(folder).load('aa')).toEqual(Uint8Array.of(1, 2, 3));
    expect(await keptWeights(folder).load('bb')).toBeNull();
    expect([await keptWeights(folder).has('aa'), await keptWeights(folder).has('bb')]).toEqual([true, false]);
  });

  it('make room: those that were used longest ago go first, the newest stays', async () => {
    const size = 200 << 20;
    const { folder, large } = memory({ aa: size, bb: size, cc: size });
    const kept = keptWeights(folder);
    await kept.save('aa', large('aa'));
    await kept.save('bb', large('bb'));
    await kept.save('cc', large('cc'));
    expect(await kept.load('aa')).toBeNull();
    expect(await kept.load('bb')).not.toBeNull();
    expect(await kept.load('cc')).not.toBeNull();
  });

  it('are there still where the list of them is damaged', async () => {
    const { folder, files } = memory();
    const kept = keptWeights(folder);
    await kept.save('aa', Uint8Array.of(1));
    files.set('index.json', new Blob(['{ no list']));
    expect(await kept.load('aa')).toEqual(Uint8Array.of(1));
  });
});
