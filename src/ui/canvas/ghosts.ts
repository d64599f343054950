import { idOfRemoved } from '../../base/changes.ts';
import { hullBoxes } from './hulls.ts';
import type { Scene } from './scene.ts';
import { boxOfRow } from './scene.ts';
import type { Box, CanvasGhosts } from './types.ts';

/** A node that is gone, at the place where it was. */
export interface Ghost {
  /** See `idOfRemoved`. */
  readonly node: number;
  readonly box: Box;
  readonly label: string;
}

/** Those whose place is free: where something stands now, it is what is seen. */
export function ghostsOf(scene: Scene, before: Scene, { nodes }: CanvasGhosts): Ghost[] {
  return nodes.flatMap((node) => {
    const row = before.rowOf.get(node);
    if (row === undefined) return [];
    const box = boxOfRow(before.picture, row);
    return isFree(scene, box) ? [{ node: idOfRemoved(node), box, label: before.label(row) }] : [];
  });
}

function isFree(scene: Scene, box: Box): boolean {
  let free = true;
  scene.rows.query(box, (row) => {
    const other = boxOfRow(scene.picture, row);
    if (other.left < box.right && other.right > box.left && other.top < box.bottom && other.bottom > box.top)
      free = false;
  });
  return free;
}

/** The hull over the places of some nodes of the picture before that holds a row of this one; null: none does. */
export function placeOver(scene: Scene, row: number, before: Scene, nodes: readonly number[]): Box | null {
  const own = boxOfRow(scene.picture, row);
  const box = hullBoxes(before, nodes).find((each) => each.left <= own.left && each.top <= own.top);
  return box && box.right >= own.right && box.bottom >= own.bottom ? box : null;
}
