import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Bytes of a file, as it is and as a server would send it. */
export interface CompressedSizes {
  readonly bytes: number;
  /** Level 9. */
  readonly gzip: number;
  /** Quality 11, window 2²⁴; null: not measured. */
  readonly brotli: number | null;
}

/** Really compresses, off the main thread. Brotli takes seconds a MB. */
export async function compressedSizes(bytes: Uint8Array, brotli: boolean): Promise<CompressedSizes> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  };
  const [zipped, smaller] = await Promise.all([
    promisify(gzip)(bytes, { level: 9 }),
    brotli ? promisify(brotliCompress)(bytes, { params }) : null,
  ]);
  return { bytes: bytes.byteLength, gzip: zipped.byteLength, brotli: smaller?.byteLength ?? null };
}
