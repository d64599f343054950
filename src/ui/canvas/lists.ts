/** Lists of numbers by key, as CSR: those of key k are `entries[starts[k] … starts[k + 1]]`. */
export interface Lists {
  readonly starts: Int32Array;
  readonly entries: Int32Array;
}

/** Indices of `keys` by key; keys that are not in `0 … count - 1` are left out. */
export function listsOf(keys: Int32Array, count: number): Lists {
  const { starts, next } = startsOf(keys, count);
  const entries = new Int32Array(starts[count]!);
  keys.forEach((key, index) => {
    if (key >= 0 && key < count) entries[next[key]!++] = index;
  });
  return { starts, entries };
}

/** `values[i]` by `keys[i]`. */
export function pairLists(keys: Int32Array, values: Int32Array, count: number): Lists {
  const lists = listsOf(keys, count);
  return { starts: lists.starts, entries: lists.entries.map((index) => values[index]!) };
}

export const listOf = ({ starts, entries }: Lists, key: number): Int32Array =>
  entries.subarray(starts[key], starts[key + 1]);

function startsOf(keys: Int32Array, count: number): { readonly starts: Int32Array; readonly next: Int32Array } {
  const starts = new Int32Array(count + 1);
  for (const key of keys) if (key >= 0 && key < count) starts[key + 1]!++;
  for (let key = 0; key < count; key++) starts[key + 1]! += starts[key]!;
  return { starts, next: starts.slice() };
}
