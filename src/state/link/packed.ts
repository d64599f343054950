import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';

const known = new WeakMap<object, string>();

/** Compressed JSON (deflate without a head) in the alphabet of addresses; made once per object. */
export function pack(value: object): string {
  const before = known.get(value);
  if (before !== undefined) return before;
  const bytes = deflateSync(strToU8(JSON.stringify(value)), { level: 9 });
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const packed = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  known.set(value, packed);
  return packed;
}

/** The value that was packed; null: it is none, or would take `most` bytes and more. No more than that is ever unpacked. */
export function unpack(text: string, most: number): unknown {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    // A full buffer means that there was more.
    const bytes = inflateSync(packed, { out: new Uint8Array(most) });
    return bytes.byteLength < most ? (JSON.parse(strFromU8(bytes)) as unknown) : null;
  } catch {
    return null;
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

/** CRC-32 (ISO 3309, as in PNG and zip) of the names and values of a fragment, 8 hexadecimal digits. */
export function checksum(entries: Iterable<readonly [string, string]>): string {
  let crc = 0xffffffff;
  for (const [name, value] of entries) {
    for (const byte of strToU8(`${name}=${value}\n`)) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!;
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
