import { unzipSync, type UnzipFileInfo } from 'fflate';
import { CodedError } from '../base/error.ts';
import { readNpy } from './npy.ts';
import { MOST_BYTES, refuse } from './refuse.ts';
import type { DataTensor } from './types.ts';

/** No deflate stream unpacks to more than this many times its size (zlib's technical details). */
const MOST_RATIO = 1032;
const MOST_ENTRIES = 10_000;

export const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);

/**
 * The arrays of a NumPy `.npz`, stored or deflated, by name. Sizes are checked in the archive's directory before
 * anything is unpacked. Throws `bad-file`, and `unsupported` beyond 1 GiB.
 */
export function readNpz(file: string, bytes: Uint8Array): Map<string, DataTensor> {
  const arrays = new Map<string, DataTensor>();
  for (const [name, content] of Object.entries(unpack(file, bytes))) {
    arrays.set(name.slice(0, -'.npy'.length), readNpy(`${file}/${name}`, content));
  }
  if (arrays.size === 0) throw refuse('bad-file', file, 'it holds no .npy array. Write it with numpy.savez.');
  return arrays;
}

/** Twice over the directory: `unzipSync` unpacks as it goes, so all sizes are looked at before anything is taken out. */
function unpack(file: string, bytes: Uint8Array): Record<string, Uint8Array> {
  let [entries, total] = [0, 0];
  const check = ({ name, size, originalSize, compression }: UnzipFileInfo): false => {
    total += originalSize;
    if (++entries > MOST_ENTRIES)
      throw refuse('unsupported', file, `it has more than ${MOST_ENTRIES} entries. Split it.`);
    const most = compression === 0 ? size : size * MOST_RATIO + MOST_RATIO;
    if (originalSize > most || size > bytes.byteLength) {
      throw refuse(
        'bad-file',
        file,
        `${name} cannot hold the ${originalSize} bytes that the directory promises. Get it again.`,
      );
    }
    if (total > MOST_BYTES) {
      throw refuse('unsupported', file, `it unpacks to more than ${MOST_BYTES} bytes. Split it.`, {
        limit: MOST_BYTES,
      });
    }
    return false;
  };
  try {
    unzipSync(bytes, { filter: check });
    return unzipSync(bytes, { filter: ({ name }) => name.endsWith('.npy') });
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw refuse('bad-file', file, `the archive is damaged or cut short (${(error as Error).message}). Get it again.`);
  }
}
