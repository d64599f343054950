import { strFromU8, unzipSync } from 'fflate';
import { CodedError, toErrorRecord } from '../base/error.ts';
import { zipOf } from './zip.ts';

/** A recipe with the learnt weights that its steps name, as safetensors files. */
export interface RecipeArchive {
  readonly name: string;
  readonly text: string;
  readonly weights: readonly Uint8Array<ArrayBuffer>[];
}

/** The recipe, and beside it a folder of weights by SHA-256, as the command line reads them. */
export function packRecipe(
  name: string,
  text: string,
  weights: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Uint8Array<ArrayBuffer> {
  const folder = `${name.replace(/\.json$/, '')}.weights`;
  const files = [...weights].map(([sha256, bytes]) => [`${folder}/${sha256}.safetensors`, bytes] as const);
  return zipOf({ [name]: text, ...Object.fromEntries(files) });
}

/** Throws `bad-file` with the archive's name where it cannot be unpacked, or holds no recipe. */
export function unpackRecipe(archive: string, bytes: Uint8Array): RecipeArchive {
  let files: [path: string, bytes: Uint8Array][];
  try {
    files = Object.entries(unzipSync(bytes));
  } catch (error) {
    throw new CodedError('bad-file', `${archive} cannot be unpacked: ${toErrorRecord(error).message}`, {
      file: archive,
    });
  }
  const recipe = files.find(([path]) => path.endsWith('.json'));
  if (!recipe)
    throw new CodedError('bad-file', `${archive} holds no recipe: there is no .json in it.`, { file: archive });
  return {
    name: recipe[0].split('/').at(-1) ?? '',
    text: strFromU8(recipe[1]),
    weights: files.filter(([path]) => path.endsWith('.safetensors')).map(([, each]) => new Uint8Array(each)),
  };
}
