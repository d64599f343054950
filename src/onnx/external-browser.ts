import { missingFile, type ExternalFiles } from './external.ts';

/** In lib.dom only for workers, and missing from TypeScript's worker library where both are loaded. */
interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/**
 * External data among files that a person dropped: found by their path below the dropped folder, else by their bare
 * name. Only in workers: a page has no synchronous reader.
 */
export function blobFiles(files: readonly File[]): ExternalFiles {
  const byPath = new Map<string, Blob>();
  for (const file of files) {
    byPath.set(file.name, file);
    // Not every browser has it in workers.
    const [, ...below] = ((file.webkitRelativePath as string | undefined) ?? '').split('/');
    if (below.length > 0) byPath.set(below.join('/'), file);
  }
  const find = (location: string): Blob | undefined =>
    byPath.get(location) ?? byPath.get(location.slice(location.lastIndexOf('/') + 1));
  return {
    size: (location) => find(location)?.size ?? null,
    read: (location, offset, length) => {
      const blob = find(location);
      if (!blob) throw missingFile(location);
      return new Uint8Array(syncReader().readAsArrayBuffer(blob.slice(offset, offset + length)));
    },
  };
}

function syncReader(): SyncReader {
  const scope = globalThis as unknown as { FileReaderSync: new () => SyncReader };
  return new scope.FileReaderSync();
}
