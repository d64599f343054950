import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { CodedError } from '../base/error.ts';
import type { ByteSource } from './types.ts';

/** A file on disk, of any size. Throws `bad-file` where it cannot be opened. */
export function pathSource(path: string): ByteSource & { close(): void } {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new CodedError('bad-file', `${path} cannot be read: ${(error as Error).message}. Check the path.`);
  }
  return {
    name: basename(path),
    size: fstatSync(fd).size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const got = readSync(fd, bytes, done, length - done, offset + done);
        if (got === 0) throw new CodedError('bad-file', `${path} has become shorter while it was read.`);
        done += got;
      }
      return bytes;
    },
    close: () => closeSync(fd),
  };
}
