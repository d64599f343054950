import { plural } from '../../base/format.ts';
import type { Look } from './look.ts';
import type { Scene } from './scene.ts';
import { listOf } from './lists.ts';
import { consumersOf, isGroup, producersOf } from './scene.ts';

export type Direction = 'up' | 'down' | 'left' | 'right';

/** Where an arrow leads from an item: along edges, or to the nearest node beside it. -1: nowhere. */
export function walk(scene: Scene, item: number, direction: Direction): number {
  if (item < 0) return scene.order[0] ?? -1;
  switch (direction) {
    case 'up':
      return nearest(scene, item, producersOf(scene, item));
    case 'down':
      return nearest(scene, item, consumersOf(scene, item));
    case 'left':
      return beside(scene, item, -1);
    case 'right':
      return beside(scene, item, 1);
    default:
      return direction satisfies never;
  }
}

/** The one in the same column, then the one that is least far away. */
function nearest({ items: { columns, x, y } }: Scene, item: number, others: readonly number[]): number {
  let best = -1;
  let bestCost = Infinity;
  for (const other of others) {
    const away = columns[other] === columns[item] ? 0 : 1e6;
    const cost = away + Math.abs(x[other]! - x[item]!) + Math.abs(y[other]! - y[item]!);
    if (cost < bestCost) {
      best = other;
      bestCost = cost;
    }
  }
  return best;
}

/** The nearest item on that side, at about the same height. */
function beside({ items, order }: Scene, item: number, side: 1 | -1): number {
  let best = -1;
  let bestCost = Infinity;
  const middle = (each: number): number => items.y[each]! + items.heights[each]! / 2;
  for (const other of order) {
    const across = (items.x[other]! - items.x[item]!) * side;
    if (across < items.widths[item]! / 2) continue;
    const cost = across + 4 * Math.abs(middle(other) - middle(item));
    if (cost < bestCost) {
      best = other;
      bestCost = cost;
    }
  }
  return best;
}

/** What a screen reader says of an item. */
export function describeItem(scene: Scene, look: Look, item: number, site: { readonly on: boolean } | null): string {
  const producers = plural(producersOf(scene, item).length, 'producer');
  const consumers = plural(consumersOf(scene, item).length, 'consumer');
  const state = site ? `, site ${site.on ? 'on' : 'off'}` : '';
  return `${nameOf(scene, look, item)}, ${producers}, ${consumers}${state}`;
}

function nameOf(scene: Scene, look: Look, item: number): string {
  if (isGroup(scene, item)) {
    const { name, copies, size } = look.groups[item - scene.items.rows]!;
    return `Folded group ${name}${copies > 1 ? `, ${copies} alike` : ''}, ${size}`;
  }
  const { view, layout } = scene.picture;
  const detail = view.nodeDetails[item] ? `, ${view.nodeDetails[item]}` : '';
  const shapes = Array.from(listOf(scene.routesFrom, item), (route) => view.wireShapes[layout.routeWires[route]!]!);
  const output = shapes[0] ? `, output ${shapes[0]}` : '';
  return `${scene.label(item)}${detail}${output}`;
}
