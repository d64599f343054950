import { strToU8, unzipSync, zipSync } from 'fflate';
import { CodedError, toErrorRecord } from '../base/error.ts';

/** A file by name, with all that is in it. */
export interface ArchiveFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A recipe of which steps name learnt weights, with them: beside it in a folder, as the command line reads them. */
export function packRecipe(recipeName: string, text: string, weights: readonly ArchiveFile[]): Blob {
  const folder = `${recipeName.replace(/\.json$/, '')}.weights`;
  const files = Object.fromEntries(weights.map(({ name, bytes }) => [`${folder}/${name}`, bytes] as const));
  // Weights hardly shrink: they are stored as they are.
  return new Blob([zipSync({ [recipeName]: strToU8(text), ...files }, { level: 0 })], { type: 'application/zip' });
}

/** The files of an archive, without their folders. Throws `bad-file`, with its name. */
export async function unpackRecipe(archive: File): Promise<File[]> {
  try {
    const files = unzipSync(new Uint8Array(await archive.arrayBuffer()));
    return Object.entries(files).flatMap(([path, bytes]) => {
      const name = path.split('/').at(-1) ?? '';
      return name === '' ? [] : [new File([new Uint8Array(bytes)], name)];
    });
  } catch (error) {
    throw new CodedError('bad-file', `${archive.name} cannot be unpacked: ${toErrorRecord(error).message}`, {
      file: archive.name,
    });
  }
}
