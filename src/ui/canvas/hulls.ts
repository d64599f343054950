import type { Scene } from './scene.ts';
import { boxOf, itemOfNode } from './scene.ts';
import type { Box } from './types.ts';

/** From a node's edge to the hull around it. */
export const HULL_PAD = 8;

/**
 * Boxes around some nodes: few, and none holds a node that is not one of them. The first is the topmost. Nodes in a
 * folded group have the box of the group.
 */
export function hullBoxes(scene: Scene, nodes: readonly number[]): Box[] {
  const members = new Set(nodes.map((node) => itemOfNode(scene, node)).filter((item) => item >= 0));
  const { columns, y } = scene.items;
  const ordered = [...members].sort((a, b) => columns[a]! - columns[b]! || y[a]! - y[b]!);
  const boxes: Box[] = [];
  for (const item of ordered) {
    const box = boxOf(scene.items, item);
    const last = boxes.at(-1);
    const joined = last && union(last, box);
    if (joined && isOwn(scene, joined, members)) boxes[boxes.length - 1] = joined;
    else boxes.push(box);
  }
  return boxes.map(padded);
}

const union = (a: Box, b: Box): Box => ({
  left: Math.min(a.left, b.left),
  top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right),
  bottom: Math.max(a.bottom, b.bottom),
});

const padded = (box: Box): Box => ({
  left: box.left - HULL_PAD,
  top: box.top - HULL_PAD,
  right: box.right + HULL_PAD,
  bottom: box.bottom + HULL_PAD,
});

function isOwn(scene: Scene, box: Box, members: ReadonlySet<number>): boolean {
  let own = true;
  scene.tiles.query(box, (item) => {
    if (members.has(item)) return;
    const other = boxOf(scene.items, item);
    if (other.left < box.right && other.right > box.left && other.top < box.bottom && other.bottom > box.top)
      own = false;
  });
  return own;
}
