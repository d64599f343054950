import type { Folder } from './types.ts';

const isMissing = (error: unknown): boolean => error instanceof DOMException && error.name === 'NotFoundError';

async function rootAt(name: string): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
}

async function fileAt(root: string, path: string, create: boolean): Promise<FileSystemFileHandle> {
  const parts = path.split('/');
  let folder = await rootAt(root);
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create });
  return folder.getFileHandle(parts.at(-1) ?? '', { create });
}

/** A file that is written in place; only workers may ask for one. */
async function writeInPlace(
  root: string,
  path: string,
  content: Blob,
  onBytes: (bytes: number) => Promise<void>,
): Promise<void> {
  const handle = await (await fileAt(root, path, true)).createSyncAccessHandle();
  try {
    handle.truncate(0);
    let at = 0;
    const reader = content.stream().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      handle.write(value, { at });
      at += value.byteLength;
      await onBytes(value.byteLength);
    }
    handle.flush();
  } finally {
    handle.close();
  }
}

/**
 * A folder inside of the browser's own storage (OPFS); for a worker. Other pages cannot read it, and it never leaves the
 * device.
 */
const opfsFolder = (root: string): Folder => ({
  async read(path) {
    try {
      return await (await fileAt(root, path, false)).getFile();
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  write: (path, content, onBytes) => writeInPlace(root, path, content, onBytes),
  async remove(path) {
    try {
      await (await rootAt(root)).removeEntry(path, { recursive: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  },
  async room() {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined ? null : Math.max(0, quota - (usage ?? 0));
  },
  exclusive: <T>(work: () => Promise<T>) => navigator.locks.request(`whittle.${root}`, work) as Promise<T>,
});

/** Models that were opened. */
export const modelsFolder = opfsFolder('models');
/** Learnt weights that recipes name. */
export const weightsFolder = opfsFolder('weights');
/** Where trainings stand. */
export const trainingsFolder = opfsFolder('trainings');
