import type { Items } from '../items.ts';
import type { Look } from '../look.ts';
import { itemsAt, leavingBox, phase, type Motion } from '../motion.ts';
import { boxOf, isGroup } from '../scene.ts';
import type { Finder } from '../tiles.ts';
import { paintBlocks, paintDots } from './backdrop.ts';
import { paintFrameNames } from './frame-names.ts';
import { meets, type Frame } from './frame.ts';
import { middleGroup, nearGroup } from './groups.ts';
import { paintPorts, paintStubs } from './pills.ts';
import { paintInputShapes, paintNodeShapes } from './shapes.ts';
import { middleNode } from './node-middle.ts';
import { nearNode } from './node-near.ts';
import { paintNodes } from './nodes.ts';
import { paintRings } from './rings.ts';
import { paintWires } from './wires.ts';

type Change = NonNullable<Motion['change']>;

/**
 * Paints a change on its way: what stays is in its place, what moves is between two places, and wires of what moves come
 * last.
 *
 * @param before how the picture before looked
 * @param elapsed ms since the start
 */
export function paintMotion(frame: Frame, change: Change, before: Look, elapsed: number): void {
  const { timing, moving, entering } = change;
  const items = itemsAt(change, frame.items, phase(timing.move, elapsed));
  const arrived = phase(timing.move, elapsed);
  const wires = phase(timing.wires, elapsed);
  const folds = change.from.picture.toggled !== frame.scene.picture.toggled;
  const onTheWay = (item: number): boolean => moving.has(item) || entering.has(item);
  const moved: Frame = {
    ...frame,
    items,
    tiles: tilesOf(frame, change, items),
    wholeNodes: true,
    alphaOf: (item) => (entering.has(item) ? arrived : 1),
  };
  paintDots(moved);
  frame.pen.globalAlpha = folds ? wires : 1;
  paintBlocks(moved);
  frame.pen.globalAlpha = 1;
  paintWires({ ...moved, routes: routesThat(frame, onTheWay, folds, false) });
  paintWires({ ...moved, routes: routesThat(frame, onTheWay, folds, true), wireAlpha: wires });
  if (!folds) {
    paintNodeShapes({ ...moved, tiles: without(frame.tiles, onTheWay) });
    paintInputShapes(moved);
  }
  frame.pen.globalAlpha = folds ? wires : 1;
  paintPorts(moved);
  paintFrameNames(moved);
  frame.pen.globalAlpha = 1;
  if (!folds) paintStubs(moved);
  paintLeaving(moved, change, before, elapsed);
  paintNodes(moved);
  paintRings(moved);
}

const without = (finder: Finder, left: (index: number) => boolean): Finder => ({
  query: (box, visit) => finder.query(box, (index) => !left(index) && visit(index)),
});

function tilesOf({ tiles }: Frame, { moving }: Change, items: Items): Finder {
  return {
    query(box, visit) {
      tiles.query(box, (item) => !moving.has(item) && visit(item));
      for (const item of moving.keys()) if (meets(boxOf(items, item), box)) visit(item);
    },
  };
}

/** Routes of what is on its way, or the others. Where groups fold, the ends of the graph move too. */
function routesThat(
  { scene, routes }: Frame,
  onTheWay: (item: number) => boolean,
  folds: boolean,
  late: boolean,
): Finder {
  const { routeSources, routeSinks } = scene.picture.layout;
  const moves = (end: number): boolean => (end < 0 ? folds : onTheWay(end));
  return without(routes, (route) => (moves(routeSources[route]!) || moves(routeSinks[route]!)) !== late);
}

/** What was in the picture before and goes: it fades where it is, or on the way into the group that takes it in. */
function paintLeaving(frame: Frame, change: Change, before: Look, elapsed: number): void {
  const { pen, detail } = frame;
  const alpha = 1 - phase(change.timing.leave, elapsed);
  if (alpha <= 0 || detail === 'far') return;
  const share = phase(change.timing.move, elapsed);
  const { from } = change;
  const { x, y, widths, heights } = from.items;
  const items = { ...from.items, x: x.slice(), y: y.slice(), widths: widths.slice(), heights: heights.slice() };
  const old: Frame = { ...frame, scene: from, look: before, items, lit: null };
  pen.textBaseline = 'middle';
  for (const [item, end] of change.leaving) {
    const box = leavingBox(change, item, end, share);
    if (!meets(box, frame.visible)) continue;
    items.x[item] = box.left;
    items.y[item] = box.top;
    items.widths[item] = box.right - box.left;
    items.heights[item] = box.bottom - box.top;
    pen.globalAlpha = alpha;
    const near = detail === 'near';
    if (isGroup(from, item)) (near ? nearGroup : middleGroup)(old, item);
    else (near ? nearNode : middleNode)(old, item);
  }
  pen.globalAlpha = 1;
}
