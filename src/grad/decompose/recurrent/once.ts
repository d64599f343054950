/** Made when it is first asked for, once for each key. */
export function byKey<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, { readonly value: T }>();
  return (key) => {
    const known = made.get(key) ?? { value: make(key) };
    made.set(key, known);
    return known.value;
  };
}

/** Made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  const of = byKey<null, T>(make);
  return () => of(null);
}
