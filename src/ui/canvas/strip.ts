import type { Items } from './items.ts';
import { listsOf } from './lists.ts';
import type { Box } from './types.ts';

/** A column of the drawing as part of the strip: `order[start … end]`, from top to bottom. */
export interface StripColumn {
  readonly start: number;
  readonly end: number;
  readonly left: number;
  readonly right: number;
}

/** Items that are drawn, by column and from top to bottom. */
export function stripOrder({ count, hidden, columns, y }: Items): Int32Array {
  const keys = Int32Array.from({ length: count }, (_, item) => (hidden[item] === 1 ? -1 : columns[item]!));
  const { starts, entries } = listsOf(keys, 1 + columns.reduce((most, column) => Math.max(most, column), 0));
  // Column by column: many short sorts instead of a long one.
  for (let column = 0; column + 1 < starts.length; column++) {
    entries.subarray(starts[column], starts[column + 1]).sort((a, b) => y[a]! - y[b]! || a - b);
  }
  return entries;
}

export function columnsOf({ columns, x, widths }: Items, order: Int32Array): StripColumn[] {
  const found: StripColumn[] = [];
  for (let start = 0; start < order.length;) {
    const column = columns[order[start]!];
    let [end, left, right] = [start, Infinity, -Infinity];
    for (; end < order.length && columns[order[end]!] === column; end++) {
      const item = order[end]!;
      left = Math.min(left, x[item]! + widths[item]! / 2);
      right = Math.max(right, x[item]! + widths[item]! / 2);
    }
    found.push({ start, end, left, right });
    start = end;
  }
  return found;
}

/** First and last place in the order whose items lie in a box; null: none does. Items in between count as seen. */
export function seenSpan(
  items: Items,
  order: Int32Array,
  columns: readonly StripColumn[],
  box: Box,
): readonly [number, number] | null {
  let [first, last] = [order.length, -1];
  for (const { start, end, left, right } of columns) {
    if (right < box.left || left > box.right) continue;
    const from = lowerBound(items, order, start, end, box.top);
    const to = lowerBound(items, order, start, end, box.bottom) - 1;
    if (to < from) continue;
    first = Math.min(first, from);
    last = Math.max(last, to);
  }
  return last < 0 ? null : [first, last];
}

/** The first place in `start … end` whose item has its middle at `y` or below. */
function lowerBound({ y, heights }: Items, order: Int32Array, start: number, end: number, at: number): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = order[middle]!;
    if (y[item]! + heights[item]! / 2 < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
