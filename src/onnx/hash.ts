import type { ExternalFiles } from './external.ts';

/**
 * SHA-256 in hexadecimal; null where the platform has no `crypto.subtle` (a page without a secure context). The
 * platform's digest takes its input whole, so an external file is hashed in one piece where the files cannot do better.
 *
 * A model with external data is named by the hash of a list: its own hash, then the path and the hash of each file, by
 * path.
 */
export async function sha256(
  model: Uint8Array,
  external: { readonly files: ExternalFiles; readonly locations: readonly string[] } | null = null,
): Promise<string | null> {
  // Absent outside secure contexts, whatever the types say.
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (!subtle) return null;
  const own = await digest(subtle, model);
  if (!external || external.locations.length === 0) return own;
  const lines = [own];
  for (const location of [...new Set(external.locations)].sort()) {
    const size = external.files.size(location);
    const hash = size === null ? 'missing' : await hashOf(subtle, external.files, location, size);
    lines.push(`${location} ${hash}`);
  }
  return digest(subtle, new TextEncoder().encode(lines.join('\n')));
}

const hashOf = async (subtle: SubtleCrypto, files: ExternalFiles, location: string, size: number): Promise<string> =>
  files.sha256?.(location) ?? digest(subtle, files.read(location, 0, size));

async function digest(subtle: SubtleCrypto, bytes: Uint8Array): Promise<string> {
  const hash = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
