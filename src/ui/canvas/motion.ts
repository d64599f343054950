import type { LayoutBlock } from '../../layout/types.ts';
import type { Items } from './items.ts';
import { boxOf, groupOfItem, isGroup, itemOfGroup, type Scene } from './scene.ts';
import type { Box } from './types.ts';

/** When what happens, ms from the start: [begin, end]. */
interface Timing {
  readonly leave: readonly [number, number];
  readonly move: readonly [number, number];
  readonly wires: readonly [number, number];
}

/** A step lands: what went fades, the new node grows from its first ancestor's place, then the wires. */
const LANDING: Timing = { leave: [0, 140], move: [0, 220], wires: [220, 360] };
const FOLDING: Timing = { leave: [0, 110], move: [0, 180], wires: [130, 180] };
/** More changes than this are a cross-fade, and so are more things on the move than can be painted in time. */
const MOST_CHANGES = 400;
const MOST_MOVING = 1200;
const CROSS_FADE = 220;

export interface Shift {
  readonly x: number;
  readonly y: number;
}
const NO_SHIFT: Shift = { x: 0, y: 0 };

/** From one picture of a document to the next. */
export interface Motion {
  readonly startedAt: number;
  /** ms */
  readonly duration: number;
  /** Null: the picture before fades out as a whole. */
  readonly change: Change | null;
}

interface Change {
  readonly timing: Timing;
  readonly from: Scene;
  /** What the picture before has to be moved by, so that the two lie over each other. */
  readonly shift: Shift;
  /** Items that start elsewhere, and where. */
  readonly moving: ReadonlyMap<number, Box>;
  /** Items that were not there before. */
  readonly entering: ReadonlySet<number>;
  /** Items of the picture before that are no longer there, and where they go. */
  readonly leaving: ReadonlyMap<number, Box>;
}

/** Whether two pictures show the same graph with other groups folded. */
const isFolding = (from: Scene, to: Scene): boolean =>
  from.picture.view.revision === to.picture.view.revision && from.picture.toggled !== to.picture.toggled;

const meets = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const moved = ({ left, top, right, bottom }: Box, { x, y }: Shift): Box => ({
  left: left + x,
  top: top + y,
  right: right + x,
  bottom: bottom + y,
});

/**
 * @param visible the part of the new picture in view, graph units
 * @param now `performance.now()`, ms
 * @returns null when nothing in view changes
 */
export function motionBetween(from: Scene, to: Scene, shift: Shift, visible: Box, now: number): Motion | null {
  const folding = isFolding(from, to);
  const { moving, entering } = arrivals(from, to, shift);
  const leaving = departures(from, to, shift);
  const changes = entering.size + leaving.size;
  if (changes + moving.size === 0) return null;
  let inView = 0;
  for (const [item, start] of moving) if (meets(start, visible) || meets(boxOf(to.items, item), visible)) inView++;
  if ((!folding && changes > MOST_CHANGES) || inView > MOST_MOVING) {
    return { startedAt: now, duration: CROSS_FADE, change: null };
  }
  const timing = folding ? FOLDING : LANDING;
  return { startedAt: now, duration: timing.wires[1], change: { timing, from, shift, moving, entering, leaving } };
}

function arrivals(from: Scene, to: Scene, shift: Shift): Pick<Change, 'moving' | 'entering'> {
  const moving = new Map<number, Box>();
  const entering = new Set<number>();
  for (const item of to.order) {
    const start = isGroup(to, item) ? startOfGroup(from, to, item) : startOfRow(from, to, item);
    if (start.isNew) entering.add(item);
    if (!start.box) continue;
    const box = moved(start.box, shift);
    if (!isSame(box, boxOf(to.items, item))) moving.set(item, box);
  }
  return { moving, entering };
}

interface Start {
  readonly box: Box | null;
  readonly isNew: boolean;
}

/** Where a row was: its own place, that of the group it was folded into, or that of its first ancestor. */
function startOfRow(from: Scene, to: Scene, row: number): Start {
  const { nodeIds, ancestorStarts, ancestorIds } = to.picture.view;
  const before = from.rowOf.get(nodeIds[row]!);
  if (before !== undefined) return { box: boxOf(from.items, before), isNew: from.items.hidden[before] === 1 };
  const first = ancestorStarts[row]! < ancestorStarts[row + 1]! ? ancestorIds[ancestorStarts[row]!]! : -1;
  const ancestor = from.rowOf.get(first);
  return { box: ancestor === undefined ? null : boxOf(from.items, ancestor), isNew: true };
}

/** A group that is folded now was folded before, or was a frame. */
function startOfGroup(from: Scene, to: Scene, item: number): Start {
  const key = to.picture.view.groups.keys[groupOfItem(to, item)]!;
  const before = itemOfGroup(from, key);
  if (before >= 0) return { box: boxOf(from.items, before), isNew: false };
  const frame = frameOfGroup(from, key);
  return { box: frame ? boxOfFrame(frame) : null, isNew: true };
}

/** What is shown no longer: folded away, replaced or removed. */
function departures(from: Scene, to: Scene, shift: Shift): Map<number, Box> {
  const leaving = new Map<number, Box>();
  for (const item of from.order) {
    const own = moved(boxOf(from.items, item), shift);
    if (isGroup(from, item)) {
      const key = from.picture.view.groups.keys[groupOfItem(from, item)]!;
      if (itemOfGroup(to, key) < 0) leaving.set(item, own);
      continue;
    }
    const row = to.rowOf.get(from.picture.view.nodeIds[item]!);
    if (row === undefined) leaving.set(item, own);
    else if (to.items.hidden[row] === 1) leaving.set(item, boxOf(to.items, row));
  }
  return leaving;
}

const CLOSE = 0.01;
const isSame = (a: Box, b: Box): boolean =>
  Math.abs(a.left - b.left) < CLOSE &&
  Math.abs(a.top - b.top) < CLOSE &&
  Math.abs(a.right - b.right) < CLOSE &&
  Math.abs(a.bottom - b.bottom) < CLOSE;

const frameOfGroup = ({ picture }: Scene, key: string): LayoutBlock | undefined => {
  const group = picture.view.groups.keys.indexOf(key);
  return group < 0 ? undefined : picture.layout.blocks.find((block) => block.group === group);
};
const boxOfFrame = ({ x, y, width, height }: LayoutBlock): Box => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** Box or frame of a group, whichever is shown; else, where it is open without a frame, its first node. */
function placeOfGroup(scene: Scene, key: string): Box | null {
  const item = itemOfGroup(scene, key);
  if (item >= 0) return boxOf(scene.items, item);
  const frame = frameOfGroup(scene, key);
  if (frame) return boxOfFrame(frame);
  const { ofRow, keys } = scene.picture.view.groups;
  const row = ofRow.indexOf(keys.indexOf(key));
  return row < 0 ? null : boxOf(scene.items, scene.items.ofRow[row]!);
}

/**
 * What the picture before has to be moved by so that the group that was folded or unfolded keeps its top left corner:
 * of several, the one that lies nearest to the middle of the view.
 *
 * @param visible the part of the picture before that is in view
 */
export function foldShift(from: Scene, to: Scene, visible: Box): Shift {
  if (!isFolding(from, to)) return NO_SHIFT;
  const [before, after] = [new Set(from.picture.toggled), new Set(to.picture.toggled)];
  const turned = [...after].filter((key) => !before.has(key)).concat([...before].filter((key) => !after.has(key)));
  const [x, y] = [(visible.left + visible.right) / 2, (visible.top + visible.bottom) / 2];
  let best: Shift = NO_SHIFT;
  let least = Infinity;
  for (const key of turned) {
    const [was, is] = [placeOfGroup(from, key), placeOfGroup(to, key)];
    if (!was || !is) continue;
    const away = Math.hypot(clamped(x, was.left, was.right) - x, clamped(y, was.top, was.bottom) - y);
    if (away >= least) continue;
    least = away;
    best = { x: is.left - was.left, y: is.top - was.top };
  }
  return best;
}

const clamped = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** How far a phase is, eased out; 0 to 1. */
export function phase([begin, end]: readonly [number, number], elapsed: number): number {
  const share = clamped((elapsed - begin) / (end - begin), 0, 1);
  return 1 - (1 - share) ** 3;
}

const between = (from: number, to: number, share: number): number => from + (to - from) * share;

/** Items on their way: those that move are written into copies of the places they go to. */
export function itemsAt({ moving }: Pick<Change, 'moving'>, items: Items, share: number): Items {
  const [x, y, widths, heights] = [items.x.slice(), items.y.slice(), items.widths.slice(), items.heights.slice()];
  for (const [item, start] of moving) {
    x[item] = between(start.left, x[item]!, share);
    y[item] = between(start.top, y[item]!, share);
    widths[item] = between(start.right - start.left, widths[item]!, share);
    heights[item] = between(start.bottom - start.top, heights[item]!, share);
  }
  return { ...items, x, y, widths, heights };
}

/** A leaving item on its way, in the coordinates of the new picture. */
export function leavingBox({ from, shift }: Change, item: number, end: Box, share: number): Box {
  const own = moved(boxOf(from.items, item), shift);
  return {
    left: between(own.left, end.left, share),
    top: between(own.top, end.top, share),
    right: between(own.right, end.right, share),
    bottom: between(own.bottom, end.bottom, share),
  };
}
