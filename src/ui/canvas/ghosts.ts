import { removedOf } from '../../base/changes.ts';
import { hullBoxes } from './hulls.ts';
import { boxOf, type Scene } from './scene.ts';
import type { Box } from './types.ts';

/** Rows of another picture that are gone from this one, drawn hatched at the places that they had there. */
export interface Ghosts {
  readonly scene: Scene;
  readonly rows: readonly number[];
}

/** Those whose place is free: where something stands now, it is what is seen. Null: there are none. */
export function ghostsOf(scene: Scene, before: Scene, nodes: readonly number[]): Ghosts | null {
  const rows = nodes.flatMap((node) => {
    const row = before.rowOf.get(node);
    const seen = row !== undefined && before.items.hidden[row] === 0 && isFree(scene, boxOf(before.items, row));
    return seen ? [row] : [];
  });
  return rows.length > 0 ? { scene: before, rows } : null;
}

function isFree(scene: Scene, box: Box): boolean {
  let free = true;
  scene.tiles.query(box, (item) => {
    const other = boxOf(scene.items, item);
    if (other.left < box.right && other.right > box.left && other.top < box.bottom && other.bottom > box.top)
      free = false;
  });
  return free;
}

/** Where the ghost of a node is, by the id that stands for what is gone (see `idOfRemoved`); null: it has none. */
export function ghostOfNode(ghosts: Ghosts | null, id: number): Box | null {
  const node = removedOf(id);
  const row = node === null ? undefined : ghosts?.scene.rowOf.get(node);
  return ghosts && row !== undefined && ghosts.rows.includes(row) ? boxOf(ghosts.scene.items, row) : null;
}

/** The hull over the places of some nodes of the picture before that holds a row of this one; null: none does. */
export function placeOver(scene: Scene, row: number, before: Scene, nodes: readonly number[]): Box | null {
  const own = boxOf(scene.items, row);
  const box = hullBoxes(before, nodes).find((each) => each.left <= own.left && each.top <= own.top);
  return box && box.right >= own.right && box.bottom >= own.bottom ? box : null;
}
