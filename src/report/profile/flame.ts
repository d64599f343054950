import type { ProfileView } from './types.ts';

/** A scope or a node, as wide as its time. */
export interface FlameBox {
  /** Path of the names that lead to it. */
  readonly key: string;
  readonly label: string;
  readonly ms: number;
  /** From the start of the whole, ms: boxes of one parent stand side by side in the order in which they ran. */
  readonly start: number;
  readonly depth: number;
  /** Index into the profile's rows; null: a scope. */
  readonly row: number | null;
  readonly children: readonly FlameBox[];
}

interface Growing {
  readonly key: string;
  readonly label: string;
  readonly row: number | null;
  ms: number;
  readonly children: Map<string, Growing>;
}

const grow = (key: string, label: string, row: number | null): Growing => ({
  key,
  label,
  row,
  ms: 0,
  children: new Map(),
});

/** Scopes in scopes, nodes in them, and what lies between operators; the root is a whole run. */
export function flameTree({ name, rows, betweenMs }: Pick<ProfileView, 'name' | 'rows' | 'betweenMs'>): FlameBox {
  const root = grow('', name, null);
  const add = (path: readonly string[], label: string, row: number | null, ms: number): void => {
    let at = root;
    at.ms += ms;
    path.forEach((scope, depth) => {
      const key = path.slice(0, depth + 1).join('/');
      const next = at.children.get(`scope ${key}`) ?? grow(`scope ${key}`, scope, null);
      at.children.set(`scope ${key}`, next);
      next.ms += ms;
      at = next;
    });
    const key = row === null ? label : `row ${row}`;
    at.children.set(key, { ...grow(key, label, row), ms });
  };
  rows.forEach(({ scope, label, ms }, row) => {
    if (ms !== null && ms > 0) add(scope, label, row, ms);
  });
  if (betweenMs > 0) add([], 'Between operators', null, betweenMs);
  return placed(root, 0, 0);
}

function placed({ key, label, row, ms, children }: Growing, start: number, depth: number): FlameBox {
  let at = start;
  const inside = Array.from(children.values(), (child) => {
    const box = placed(child, at, depth + 1);
    at += child.ms;
    return box;
  });
  return { key, label, row, ms, start, depth, children: inside };
}

/** A box as it is drawn: place and width as shares of the whole width. */
export interface FlamePlace {
  readonly box: FlameBox;
  readonly left: number;
  readonly width: number;
}

/**
 * The boxes that are seen when `focus` takes the whole width: those that it stands in, as wide as it, then all in it
 * that are at least `least` of the width. By depth, then from the left.
 */
export function flamePlaces(root: FlameBox, focus: string, least: number): readonly FlamePlace[] {
  const path = pathTo(root, focus) ?? [root];
  const shown = path.at(-1)!;
  const places: FlamePlace[] = path.slice(0, -1).map((box) => ({ box, left: 0, width: 1 }));
  let level: readonly FlameBox[] = [shown];
  while (level.length > 0) {
    const wide = level.filter(({ ms }) => shown.ms > 0 && ms / shown.ms >= least);
    places.push(...wide.map((box) => ({ box, left: (box.start - shown.start) / shown.ms, width: box.ms / shown.ms })));
    level = wide.flatMap(({ children }) => children);
  }
  return places;
}

/** The boxes from the root to the one of this key; null: there is none. */
export function pathTo(root: FlameBox, key: string): readonly FlameBox[] | null {
  if (root.key === key) return [root];
  for (const child of root.children) {
    const rest = pathTo(child, key);
    if (rest) return [root, ...rest];
  }
  return null;
}

/** All boxes, a parent before its children: the table behind the chart. */
export function* flameRows(box: FlameBox): Generator<FlameBox> {
  yield box;
  for (const child of box.children) yield* flameRows(child);
}
