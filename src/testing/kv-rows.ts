import { expect } from 'vitest';

/** What a layer keeps of a position. */
interface Shape {
  readonly heads: number;
  readonly keyWidth: number;
  readonly valueWidth: number;
}

/**
 * Keys and values that tell where they belong: row `id` of each layer, head and channel is another number, exact in
 * float32 for ids below 16 000. `[heads, ids, width]` for each layer.
 */
export function codedRows(layers: readonly Shape[], ids: readonly number[]) {
  return layers.map(({ heads, keyWidth, valueWidth }, layer) => {
    const coded = (width: number, kind: number): Float32Array<ArrayBuffer> => {
      const rows = new Float32Array(heads * ids.length * width);
      let at = 0;
      for (let head = 0; head < heads; head++) {
        for (const id of ids) {
          for (let channel = 0; channel < width; channel++) {
            rows[at++] = id * 1024 + layer * 256 + kind * 128 + head * 16 + channel;
          }
        }
      }
      return rows;
    };
    return { key: coded(keyWidth, 0), value: coded(valueWidth, 1) };
  });
}

interface Rows {
  readonly key: Float32Array;
  readonly value: Float32Array;
}

/** Bit for bit. Compared by a plain loop: a matcher takes most of a test's time on many small arrays. */
export function expectSameRows(found: readonly Rows[], wanted: readonly Rows[]): void {
  const same = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
  const all = wanted.every(({ key, value }, layer) => {
    const rows = found[layer];
    return rows !== undefined && same(rows.key, key) && same(rows.value, value);
  });
  if (!all || found.length !== wanted.length) expect(found).toEqual(wanted);
}
