/** Places from the least, 0 first; equal values share the mean of theirs. */
function places(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const found: number[] = [];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let k = from; k < to; k++) found[order[k] ?? 0] = (from + to - 1) / 2;
    from = to;
  }
  return found;
}

/** Spearman's rank correlation, −1 to 1; NaN where one side does not vary. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [places(a), places(b)];
  const mean = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((place, i) => {
    const [dx, dy] = [place - mean, (y[i] ?? 0) - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  });
  return xy / Math.sqrt(xx * yy);
}
