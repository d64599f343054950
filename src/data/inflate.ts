import { refuse } from './refuse.ts';

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** `gzip` (RFC 1952) or `deflate`, which is zlib's format (RFC 1950); both carry a checksum, which is checked. */
type Format = 'gzip' | 'deflate';

/**
 * Unpacks at most `limit` bytes, in steps of a few kB, so that a bomb costs no more than the limit. What lies beyond is
 * an error (`refuse`) or left unread (`leave`, to look at a header). Throws `bad-file` for damaged or short input.
 */
export async function inflate(
  file: string,
  bytes: Uint8Array,
  format: Format,
  limit: number,
  beyond: 'refuse' | 'leave',
): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = stream.pipeThrough(new DecompressionStream(format)).getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      size += next.value.byteLength;
      if (size > limit) break;
      if (size === limit && beyond === 'leave') break;
    }
  } catch (error) {
    throw refuse(
      'bad-file',
      file,
      `its compressed data are damaged or cut short (${(error as Error).message}). Get it again.`,
    );
  }
  await reader.cancel();
  if (size > limit && beyond === 'refuse') {
    throw refuse(
      'bad-file',
      file,
      `it unpacks to more than the ${limit} bytes that are due. Give it unpacked, or get it again.`,
      { limit },
    );
  }
  return join(chunks, Math.min(size, limit));
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk.subarray(0, size - at), at);
    at += chunk.byteLength;
  }
  return out;
}
