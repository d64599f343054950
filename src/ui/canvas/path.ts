import { listOf, type Lists } from './lists.ts';
import type { Scene } from './scene.ts';

/** What a path through the graph lights: the rest is dimmed. */
export interface Lit {
  /** [items] 1: upstream, 2: downstream, 3: the item itself. */
  readonly items: Uint8Array;
  /** Lit items beside the one it starts from. */
  readonly upstream: number;
  readonly downstream: number;
}

const UP = 1;
const DOWN = 2;

/** Everything that an item is computed from, and everything that is computed from it, in O(nodes + links). */
export function pathThrough(scene: Scene, item: number): Lit {
  const items = new Uint8Array(scene.items.count);
  const upstream = reach(scene.sources, item, items, UP);
  const downstream = reach(scene.readers, item, items, DOWN);
  items[item] = UP | DOWN;
  return { items, upstream, downstream };
}

function reach(links: Lists, from: number, seen: Uint8Array, mark: number): number {
  const stack = [from];
  let count = 0;
  while (stack.length > 0) {
    for (const next of listOf(links, stack.pop()!)) {
      if ((seen[next]! & mark) !== 0 || next === from) continue;
      seen[next]! |= mark;
      count += 1;
      stack.push(next);
    }
  }
  return count;
}

/** Whether a route lies on the path: both of its ends do, on the same side; ports are ends of whatever they touch. */
export function routeIsLit({ items }: Lit, source: number, sink: number): boolean {
  if (source < 0) return ((items[sink] ?? 0) & UP) !== 0;
  if (sink < 0) return ((items[source] ?? 0) & DOWN) !== 0;
  return (items[source]! & items[sink]!) !== 0;
}
