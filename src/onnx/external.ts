import { CodedError } from '../base/error.ts';

/**
 * Files beside the model that hold its external data. Synchronous, because tensors are read where they are used:
 * `FileReaderSync` over `Blob.slice` in a worker, `readSync` on file handles in Node. Locations are what
 * `checkLocation` returns.
 */
export interface ExternalFiles {
  /** Exactly `length` bytes from `offset` on. */
  read(location: string, offset: number, length: number): Uint8Array;
  /** The file's size in bytes; null: there is no such file. */
  size(location: string): number | null;
  /** SHA-256 of a file in hexadecimal, where it can be had without the whole file in memory. */
  sha256?(location: string): string;
}

const TRICKS: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'is empty'],
  [/\\/, 'has a backslash'],
  [/^\//, 'is an absolute path'],
  [/:/, 'names a drive or an address'],
  [/(^|\/)\.\.(\/|$)/, 'leaves the folder of the model'],
  [/%[0-9a-f]{2}/i, 'is URL-encoded'],
  [/\p{Cc}/u, 'has a control character'],
];

const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

/**
 * The location of external data, relative to the model's folder, with `./` and doubled slashes taken out. Throws
 * `external-data` for anything that could reach outside that folder (ONNX: "relative to the filesystem directory where
 * the model is; up-directory components disallowed").
 */
export function checkLocation(location: string, tensor: string): string {
  for (const [trick, problem] of TRICKS) {
    if (trick.test(location)) {
      throw new CodedError(
        'external-data',
        `The data of ${tensor} is not read: its location "${printable(location)}" ${problem}. ` +
          `External data must lie in the folder of the model.`,
        { tensor, location },
      );
    }
  }
  return location
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** External files that lie in memory, by location. */
export const memoryFiles = (files: ReadonlyMap<string, Uint8Array>): ExternalFiles => ({
  size: (location) => files.get(location)?.byteLength ?? null,
  read: (location, offset, length) => {
    const bytes = files.get(location);
    if (!bytes) throw missingFile(location);
    return bytes.subarray(offset, offset + length);
  },
});

export const missingFile = (location: string, tensor?: string): CodedError =>
  new CodedError(
    'external-data',
    `${tensor === undefined ? 'Weights lie' : `The data of ${tensor} lies`} in ${location}, which was not given. ` +
      `Open the model together with that file.`,
    { location },
  );
