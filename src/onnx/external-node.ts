import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { CodedError } from '../base/error.ts';
import { missingFile, type ExternalFiles } from './external.ts';

/** Bytes that a hash takes at a time. */
const PIECE = 4 << 20;

/**
 * External data in a folder on disk. Files are opened when first asked for and stay open until `close`. A symbolic
 * link that leads out of the folder is refused with `external-data`.
 */
export function folderFiles(folder: string): ExternalFiles & { close(): void } {
  const handles = new Map<string, { readonly fd: number; readonly size: number } | null>();
  const open = (location: string): { readonly fd: number; readonly size: number } | null => {
    const kept = handles.get(location);
    if (kept !== undefined) return kept;
    const path = insideFolder(folder, location);
    const fd = path === null ? null : openSync(path, 'r');
    const handle = fd === null ? null : { fd, size: fstatSync(fd).size };
    handles.set(location, handle);
    return handle;
  };
  return {
    size: (location) => open(location)?.size ?? null,
    read: (location, offset, length) => {
      const handle = open(location);
      if (!handle) throw missingFile(location);
      return readFully(handle.fd, offset, length);
    },
    sha256: (location) => {
      const handle = open(location);
      if (!handle) throw missingFile(location);
      const hash = createHash('sha256');
      for (let at = 0; at < handle.size; at += PIECE) {
        hash.update(readFully(handle.fd, at, Math.min(PIECE, handle.size - at)));
      }
      return hash.digest('hex');
    },
    close: () => {
      for (const handle of handles.values()) if (handle) closeSync(handle.fd);
      handles.clear();
    },
  };
}

/** The real path of a file, which must lie below the real path of the folder; null: there is no such file. */
function insideFolder(folder: string, location: string): string | null {
  let path: string;
  try {
    path = realpathSync(join(folder, location));
  } catch {
    return null;
  }
  const below = relative(realpathSync(folder), path);
  if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    throw new CodedError(
      'external-data',
      `${location} is a link that leads out of the folder of the model. It is not read.`,
      { location },
    );
  }
  return path;
}

/** `readSync` may return less than asked for, and never more than 2 GiB at a time. */
function readFully(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, Math.min(length - done, 1 << 30), offset + done);
    if (got === 0) return bytes.subarray(0, done);
    done += got;
  }
  return bytes;
}
