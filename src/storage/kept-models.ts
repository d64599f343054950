import { CodedError } from '../base/error.ts';
import { formatBytes } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { Folder, KeptFile, KeptModel } from './types.ts';

/** Larger models are not kept, bytes of all files. */
export const LARGEST_KEPT = 1e9;
/** All kept models together; those that were not opened for longest go first, bytes. */
export const MOST_KEPT = 4e9;
/** Part of the browser's room that is left alone. */
const SPARE = 0.1;

const INDEX = 'index.json';

interface Entry extends KeptModel {
  /** Folder of its files, which are named by their place in `files`. */
  readonly folder: string;
}
interface Index {
  readonly version: 1;
  readonly next: number;
  readonly models: readonly Entry[];
}
const EMPTY: Index = { version: 1, next: 1, models: [] };

const fileOf = (file: File): KeptFile => ({ name: file.name, bytes: file.size, modified: file.lastModified });
const bytesOf = (models: readonly { readonly bytes: number }[]): number =>
  models.reduce((all, { bytes }) => all + bytes, 0);

function isSame(entry: Entry, files: readonly File[]): boolean {
  const same = ({ name, bytes, modified }: KeptFile, file: File | undefined): boolean =>
    file !== undefined && name === file.name && bytes === file.size && modified === file.lastModified;
  return entry.files.length === files.length && entry.files.every((each, i) => same(each, files[i]));
}

/** Models kept in a folder, with an index that is written last: what is not in it does not exist. */
export class KeptModels {
  private readonly folder: Folder;
  private readonly now: () => number;

  constructor(folder: Folder, now: () => number) {
    this.folder = folder;
    this.now = now;
  }

  /** The last opened first. */
  async list(): Promise<readonly KeptModel[]> {
    const { models } = await this.index();
    return models.map(({ name, bytes, at, files }) => ({ name, bytes, at, files })).sort((a, b) => b.at - a.at);
  }

  /**
   * Copies a model; one of the same name is replaced, and the same files are not copied again.
   *
   * @throws CodedError `unsupported` when it is too large or there is no room, `cancelled`
   */
  keep(name: string, files: readonly File[], job: Job): Promise<readonly KeptModel[]> {
    return this.folder.exclusive(async () => {
      const index = await this.index();
      const before = index.models.find((model) => model.name === name);
      const at = this.now();
      if (before && isSame(before, files)) {
        await this.write({ ...index, models: index.models.map((each) => (each === before ? { ...each, at } : each)) });
        return this.list();
      }
      const kept = files.map(fileOf);
      const free = await this.makeRoom(index, name, bytesOf(kept));
      const folder = `m${free.next}`;
      await this.copy(folder, files, job);
      const entry = { name, bytes: bytesOf(kept), at, files: kept, folder };
      await this.write({ ...free, next: free.next + 1, models: [...free.models, entry] });
      return this.list();
    });
  }

  /**
   * The files of a model under their own names, read when they are used.
   *
   * @throws CodedError `bad-request` when it is not kept (any more)
   */
  files(name: string): Promise<readonly File[]> {
    return this.folder.exclusive(async () => {
      const index = await this.index();
      const entry = index.models.find((model) => model.name === name);
      const found = await Promise.all(entry?.files.map((_, i) => this.folder.read(`${entry.folder}/${i}`)) ?? []);
      const files = found.flatMap((blob, i) => {
        const { name: own, modified, bytes } = entry!.files[i]!;
        return blob?.size === bytes ? [new File([blob], own, { lastModified: modified })] : [];
      });
      if (!entry || files.length < entry.files.length) {
        throw new CodedError('bad-request', `${name} is no longer kept in this browser. Open the file itself.`);
      }
      const at = this.now();
      await this.write({ ...index, models: index.models.map((each) => (each === entry ? { ...each, at } : each)) });
      return files;
    });
  }

  forget(name: string): Promise<readonly KeptModel[]> {
    return this.folder.exclusive(async () => {
      const index = await this.index();
      await this.drop(index, (model) => model.name === name);
      return this.list();
    });
  }

  /** Removes all; gives back the bytes that this freed. */
  clear(): Promise<number> {
    return this.folder.exclusive(async () => {
      const index = await this.index();
      await this.drop(index, () => true);
      return bytesOf(index.models);
    });
  }

  private async index(): Promise<Index> {
    const blob = await this.folder.read(INDEX);
    if (!blob) return EMPTY;
    try {
      const index = JSON.parse(await blob.text()) as Index;
      return index.version === 1 ? index : EMPTY;
    } catch {
      // A damaged index is replaced at the next change.
      return EMPTY;
    }
  }

  private write(index: Index): Promise<void> {
    return this.folder.write(INDEX, new Blob([JSON.stringify(index)]), async () => {});
  }

  private async drop(index: Index, gone: (model: Entry) => boolean): Promise<Index> {
    const next = { ...index, models: index.models.filter((model) => !gone(model)) };
    await this.write(next);
    for (const model of index.models) if (gone(model)) await this.folder.remove(model.folder);
    return next;
  }

  /** Drops the model of that name, then the least recently opened ones until `bytes` fit. */
  private async makeRoom(index: Index, name: string, bytes: number): Promise<Index> {
    const size = formatBytes(bytes);
    if (bytes > LARGEST_KEPT) {
      const text = `${name} is not kept: it has ${size}, and models of up to ${formatBytes(LARGEST_KEPT)} are.`;
      throw new CodedError('unsupported', text);
    }
    let left = await this.drop(index, (model) => model.name === name);
    for (;;) {
      const room = await this.folder.room();
      const fits = room === null || bytes <= room * (1 - SPARE);
      if (fits && bytesOf(left.models) + bytes <= MOST_KEPT) return left;
      const [oldest] = [...left.models].sort((a, b) => a.at - b.at);
      if (!oldest) {
        const text = `${name} is not kept: it has ${size}, and this browser has room for ${formatBytes(room)}.`;
        throw new CodedError('unsupported', text);
      }
      left = await this.drop(left, (model) => model === oldest);
    }
  }

  private async copy(folder: string, files: readonly File[], job: Job): Promise<void> {
    const total = bytesOf(files.map(fileOf));
    let done = 0;
    try {
      for (const [i, file] of files.entries()) {
        await this.folder.write(`${folder}/${i}`, file, async (bytes) => {
          done += bytes;
          job.progress({ stage: 'Keeping the files', done, total });
          await job.checkpoint();
        });
      }
    } catch (error) {
      await this.folder.remove(folder);
      throw error;
    }
  }
}
