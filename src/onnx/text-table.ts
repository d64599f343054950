const SLOTS = 1 << 15;
/** Longer text is rarely a name, and rarely said twice. */
const LONGEST = 120;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes UTF-8. A model says each name several times (where it is made, where it is read, where it is typed): names
 * that were seen lately come from a table, without being decoded or stored again.
 */
export class TextTable {
  private readonly slots: (string | undefined)[] = [];

  constructor() {
    // Room without contents: filling it takes 3 ms, and every file that holds one tensor has a table.
    this.slots.length = SLOTS;
  }

  read(bytes: Uint8Array, start: number, length: number): string {
    if (length === 0) return '';
    if (length > LONGEST) return decoder.decode(bytes.subarray(start, start + length));
    const slot = hashOf(bytes, start, length) % SLOTS;
    const known = this.slots[slot];
    if (known !== undefined && isSame(known, bytes, start, length)) return known;
    const text = decoder.decode(bytes.subarray(start, start + length));
    this.slots[slot] = text;
    return text;
  }
}

/** FNV-1a. */
export function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < start + length; i++) value = Math.imul(value ^ (bytes[i] ?? 0), 0x01000193);
  return value >>> 0;
}

/** Only ASCII is found again: other text has fewer characters than bytes. */
function isSame(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] ?? 0;
    if (byte > 0x7f || text.charCodeAt(i) !== byte) return false;
  }
  return true;
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
