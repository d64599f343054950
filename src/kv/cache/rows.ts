/** Rows `[heads, positions, width]` of any element type. */
export type Elements = Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

const likeOf = <T extends Elements>(source: T, length: number): T =>
  new (source.constructor as new (length: number) => T)(length);

/** Copies `count` positions from one array of `[heads, fromTotal, width]` into one of `[heads, toTotal, width]`. */
export function copyRows(
  {
    source,
    from,
    fromTotal,
  }: { readonly source: ArrayLike<number>; readonly from: number; readonly fromTotal: number },
  { target, to, toTotal }: { readonly target: Elements; readonly to: number; readonly toTotal: number },
  { heads, width, count }: { readonly heads: number; readonly width: number; readonly count: number },
): void {
  const view = source as Elements;
  for (let head = 0; head < heads; head++) {
    const start = (head * fromTotal + from) * width;
    target.set(view.subarray(start, start + count * width), (head * toTotal + to) * width);
  }
}

/** The positions `from … from + count` of `[heads, total, width]`, as an array of their own. */
export function sliceRows<T extends Elements>(source: T, heads: number, width: number, from: number, count: number): T {
  const fromTotal = heads * width === 0 ? 0 : source.length / (heads * width);
  if (from === 0 && count === fromTotal) return source;
  const target = likeOf(source, heads * count * width);
  copyRows({ source, from, fromTotal }, { target, to: 0, toTotal: count }, { heads, width, count });
  return target;
}

/** Positions of the first, then those of the second. */
export function joinRows<T extends Elements>(first: T, second: T, heads: number, width: number): T {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const [before, after] = [first.length / (heads * width), second.length / (heads * width)];
  const target = likeOf(first, first.length + second.length);
  const toTotal = before + after;
  copyRows({ source: first, from: 0, fromTotal: before }, { target, to: 0, toTotal }, { heads, width, count: before });
  copyRows(
    { source: second, from: 0, fromTotal: after },
    { target, to: before, toTotal },
    { heads, width, count: after },
  );
  return target;
}
