/** Lists by key in two flat arrays: list k is `entries[starts[k] … starts[k + 1]]`. */
export interface Csr {
  /** [keys + 1] */
  readonly starts: Int32Array;
  readonly entries: Int32Array;
}

/** Indices of `keys`, grouped by key, in order. Keys below 0 are left out. */
export function bucket(keys: Int32Array, size: number): Csr {
  const starts = new Int32Array(size + 1);
  for (let i = 0; i < keys.length; i++) if (keys[i]! >= 0) starts[keys[i]! + 1]!++;
  for (let i = 0; i < size; i++) starts[i + 1]! += starts[i]!;
  const next = starts.slice(0, size);
  const entries = new Int32Array(starts[size]!);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key >= 0) entries[next[key]!++] = i;
  }
  return { starts, entries };
}
