import { plural } from '../../base/format.ts';
import type { Scene } from './scene.ts';
import { consumersOf, listOf, producersOf } from './scene.ts';

export type Direction = 'up' | 'down' | 'left' | 'right';

/** Where an arrow leads from a row: along edges, or to the nearest node beside it. -1: nowhere. */
export function walk(scene: Scene, row: number, direction: Direction): number {
  if (row < 0) return scene.order[0] ?? -1;
  switch (direction) {
    case 'up':
      return nearest(scene, row, producersOf(scene, row));
    case 'down':
      return nearest(scene, row, consumersOf(scene, row));
    case 'left':
      return beside(scene, row, -1);
    case 'right':
      return beside(scene, row, 1);
    default:
      return direction satisfies never;
  }
}

/** The one in the same column, then the one that is least far away. */
function nearest({ picture: { layout } }: Scene, row: number, rows: readonly number[]): number {
  let best = -1;
  let bestCost = Infinity;
  for (const other of rows) {
    const away = layout.columns[other] === layout.columns[row] ? 0 : 1e6;
    const cost = away + Math.abs(layout.x[other]! - layout.x[row]!) + Math.abs(layout.y[other]! - layout.y[row]!);
    if (cost < bestCost) {
      best = other;
      bestCost = cost;
    }
  }
  return best;
}

/** The nearest node on that side, at about the same height. */
function beside({ picture: { layout } }: Scene, row: number, side: 1 | -1): number {
  let best = -1;
  let bestCost = Infinity;
  const x = layout.x[row]!;
  const y = layout.y[row]! + layout.heights[row]! / 2;
  for (let other = 0; other < layout.x.length; other++) {
    const across = (layout.x[other]! - x) * side;
    if (across < layout.widths[row]! / 2) continue;
    const cost = across + 4 * Math.abs(layout.y[other]! + layout.heights[other]! / 2 - y);
    if (cost < bestCost) {
      best = other;
      bestCost = cost;
    }
  }
  return best;
}

/** What a screen reader says of a row. */
export function describeRow(scene: Scene, row: number, site: { readonly on: boolean } | null): string {
  const { view, layout } = scene.picture;
  const detail = view.nodeDetails[row] ? `, ${view.nodeDetails[row]}` : '';
  const shapes = Array.from(listOf(scene.routesFrom, row), (route) => view.wireShapes[layout.routeWires[route]!]!);
  const output = shapes[0] ? `, output ${shapes[0]}` : '';
  const producers = producersOf(scene, row).length;
  const consumers = consumersOf(scene, row).length;
  const state = site ? `, site ${site.on ? 'on' : 'off'}` : '';
  return `${scene.label(row)}${detail}${output}, ${plural(producers, 'producer')}, ${plural(consumers, 'consumer')}${state}`;
}
