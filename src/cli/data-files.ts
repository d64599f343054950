import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { CodedError } from '../base/error.ts';
import type { DataFile } from '../data/types.ts';

/** `readFile` ends here. */
const LARGEST = 2 ** 31 - 1;

const onDisk = (path: string, name: string): DataFile => ({
  name,
  async bytes() {
    const { size } = statOf(path);
    if (size > LARGEST)
      throw new CodedError('unsupported', `${path} has ${size} bytes; at most 2 GB are read. Split it.`);
    const bytes = await readFile(path);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  },
});

export const fileAt = (path: string): DataFile => {
  if (!statOf(path).isFile()) throw new CodedError('bad-file', `${path} is no file. Give the path of a file.`);
  return onDisk(path, basename(path));
};

/** The file at `path`, or all files below the folder there, in the order of their names; hidden ones are left out. */
export function filesAt(path: string): DataFile[] {
  if (!statOf(path).isDirectory()) return [fileAt(path)];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(path, sep).length))
    .filter((name) => !name.split(sep).some((part) => part.startsWith('.')))
    .sort()
    .map((name) => onDisk(join(path, name), name.split(sep).join('/')));
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw new CodedError('bad-file', `${path} cannot be read: ${(error as Error).message}. Check the path.`);
  }
}
