import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { KeptModels, LARGEST_KEPT } from './kept-models.ts';
import type { Folder } from './types.ts';

/** A folder in memory with a limit, whose files are written in parts of two bytes. */
class MemoryFolder implements Folder {
  readonly files = new Map<string, Blob>();
  limit: number | null = null;

  read = async (path: string) => this.files.get(path) ?? null;
  async write(path: string, content: Blob, onBytes: (bytes: number) => Promise<void>): Promise<void> {
    for (let at = 0; at < content.size; at += 2) {
      this.files.set(path, content.slice(0, at + 2));
      await onBytes(Math.min(2, content.size - at));
    }
  }
  async remove(path: string): Promise<void> {
    for (const key of this.files.keys()) if (key === path || key.startsWith(`${path}/`)) this.files.delete(key);
  }
  async room(): Promise<number | null> {
    if (this.limit === null) return null;
    const used = [...this.files]
      .filter(([path]) => path !== 'index.json')
      .reduce((all, [, blob]) => all + blob.size, 0);
    return this.limit - used;
  }
  exclusive = <T>(work: () => Promise<T>): Promise<T> => work();
}

function setUp() {
  const folder = new MemoryFolder();
  let clock = 0;
  return { folder, models: new KeptModels(folder, () => ++clock) };
}
const file = (name: string, text: string): File => new File([text], name, { lastModified: 5 });
const names = async (models: KeptModels): Promise<readonly string[]> => (await models.list()).map(({ name }) => name);

describe('models that are kept', () => {
  it('come back with their data under their own names', async () => {
    const { models } = setUp();
    await models.keep('a.onnx', [file('a.onnx', 'graph'), file('weights.bin', 'weights')], silentJob());
    const files = await models.files('a.onnx');
    expect(await Promise.all(files.map(async (each) => [each.name, await each.text()]))).toEqual([
      ['a.onnx', 'graph'],
      ['weights.bin', 'weights'],
    ]);
    expect(await models.list()).toMatchObject([{ name: 'a.onnx', bytes: 12 }]);
  });

  it('are listed with the last opened first, and replaced by one of the same name', async () => {
    const { folder, models } = setUp();
    await models.keep('a.onnx', [file('a.onnx', '1')], silentJob());
    await models.keep('b.onnx', [file('b.onnx', '22')], silentJob());
    await models.files('a.onnx');
    expect(await names(models)).toEqual(['a.onnx', 'b.onnx']);
    await models.keep('b.onnx', [file('b.onnx', '333')], silentJob());
    expect(await names(models)).toEqual(['b.onnx', 'a.onnx']);
    expect(folder.files.size).toBe(3);
  });

  it('are not copied again while their files are the same', async () => {
    const { models } = setUp();
    await models.keep('a.onnx', [file('a.onnx', '1234')], silentJob());
    let told = 0;
    const job = createJob(new AbortController().signal, () => (told += 1));
    await models.keep('a.onnx', [file('a.onnx', '1234')], job);
    expect(told).toBe(0);
  });

  it('go when others need the room, the least recently opened first', async () => {
    const { folder, models } = setUp();
    folder.limit = 20;
    for (const name of ['a', 'b', 'c']) await models.keep(name, [file(name, '123456')], silentJob());
    await models.files('a');
    await models.keep('d', [file('d', '123456')], silentJob());
    expect(await names(models)).toEqual(['d', 'a', 'c']);
  });

  it('are refused when there is no room at all, or when they are too large', async () => {
    const { folder, models } = setUp();
    folder.limit = 5;
    await expect(models.keep('a', [file('a', '123456')], silentJob())).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('room for 5') as string,
    });
    const large = Object.defineProperty(file('big', ''), 'size', { value: LARGEST_KEPT + 1 });
    await expect(models.keep('big', [large], silentJob())).rejects.toMatchObject({ code: 'unsupported' });
    expect(await names(models)).toEqual([]);
  });

  it('leave nothing behind when the copy is cancelled', async () => {
    const { folder, models } = setUp();
    const controller = new AbortController();
    const job = createJob(controller.signal, ({ done }) => done === 4 && controller.abort());
    await expect(models.keep('a', [file('a', '123456')], job)).rejects.toMatchObject({ code: 'cancelled' });
    expect([...folder.files.keys()]).toEqual(['index.json']);
    expect(await names(models)).toEqual([]);
  });

  it('say so when they are gone or not whole', async () => {
    const { folder, models } = setUp();
    await expect(models.files('a')).rejects.toMatchObject({ code: 'bad-request' });
    await models.keep('a', [file('a', '123456')], silentJob());
    folder.files.set('m1/0', new Blob(['12']));
    await expect(models.files('a')).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('are forgotten one by one or all at once, with the bytes that this frees', async () => {
    const { folder, models } = setUp();
    for (const name of ['a', 'b', 'c']) await models.keep(name, [file(name, '123456')], silentJob());
    await models.forget('b');
    expect(await names(models)).toEqual(['c', 'a']);
    expect(await models.clear()).toBe(12);
    expect([...folder.files.keys()]).toEqual(['index.json']);
  });

  it('start over from a damaged index', async () => {
    const { folder, models } = setUp();
    folder.files.set('index.json', new Blob(['{']));
    expect(await models.list()).toEqual([]);
    await models.keep('a', [file('a', '1')], silentJob());
    expect(await names(models)).toEqual(['a']);
  });
});
