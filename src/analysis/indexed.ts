/** A column of words as indices into the distinct ones; `first` have the first places. */
export function indexed<T>(
  items: readonly T[],
  wordOf: (item: T, index: number) => string,
  first: readonly string[] = [],
): [Uint8Array, readonly string[]] {
  const places = new Map(first.map((word, place) => [word, place]));
  const column = Uint8Array.from(items, (item, index) => {
    const word = wordOf(item, index);
    const place = places.get(word) ?? places.size;
    places.set(word, place);
    return place;
  });
  return [column, [...places.keys()]];
}
