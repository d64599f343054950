import { beforeEach, describe, expect, it } from 'vitest';
import { keptCheckpoint } from './checkpoints.ts';
import type { Folder } from './types.ts';

/** A folder in memory whose writes may break off after so many bytes. */
class MemoryFolder implements Folder {
  readonly files = new Map<string, Blob>();
  breaksAfter = Infinity;

  read = (path: string) => Promise.resolve(this.files.get(path) ?? null);
  write(path: string, content: Blob): Promise<void> {
    const whole = content.size <= this.breaksAfter || path === 'index.json';
    this.files.set(path, whole ? content : content.slice(0, this.breaksAfter));
    return whole ? Promise.resolve() : Promise.reject(new Error('The tab was closed.'));
  }
  remove(path: string): Promise<void> {
    for (const key of this.files.keys()) if (key.startsWith(`${path}/`)) this.files.delete(key);
    return Promise.resolve();
  }
  room = () => Promise.resolve(null);
  exclusive = <T>(work: () => Promise<T>): Promise<T> => work();
}

const bytes = (...numbers: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(numbers);

let folder: MemoryFolder;
beforeEach(() => void (folder = new MemoryFolder()));

describe('a checkpoint that is kept', () => {
  it('is the one that was written last, of each training its own', async () => {
    const [a, b] = [keptCheckpoint(folder, 'a'), keptCheckpoint(folder, 'b')];
    expect(await a.load()).toBeNull();
    for (let i = 1; i <= 5; i++) await a.save(bytes(i, i));
    await b.save(bytes(9));
    expect(await a.load()).toEqual(bytes(5, 5));
    expect(await b.load()).toEqual(bytes(9));
    await a.drop();
    expect(await a.load()).toBeNull();
    expect(await b.load()).toEqual(bytes(9));
  });

  it.each([0, 3, 16, 19])('is still there when a newer one breaks off after %i bytes', async (after) => {
    const kept = keptCheckpoint(folder, 'a');
    await kept.save(bytes(1, 2, 3, 4));
    await kept.save(bytes(5, 6, 7, 8));
    folder.breaksAfter = after;
    await expect(kept.save(bytes(9, 9, 9, 9))).rejects.toThrow('closed');
    expect(await kept.load()).toEqual(bytes(5, 6, 7, 8));
    folder.breaksAfter = Infinity;
    await kept.save(bytes(10));
    expect(await keptCheckpoint(folder, 'a').load()).toEqual(bytes(10));
  });

  it('goes when four other trainings were written to since', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await keptCheckpoint(folder, key).save(bytes(1));
    await keptCheckpoint(folder, 'a').save(bytes(2));
    await keptCheckpoint(folder, 'e').save(bytes(1));
    expect(await keptCheckpoint(folder, 'b').load()).toBeNull();
    expect(await keptCheckpoint(folder, 'a').load()).toEqual(bytes(2));
  });

  it('survives an index that is damaged', async () => {
    const kept = keptCheckpoint(folder, 'a');
    await kept.save(bytes(1));
    folder.files.set('index.json', new Blob(['{']));
    await kept.save(bytes(2));
    expect(await kept.load()).toEqual(bytes(2));
  });
});
