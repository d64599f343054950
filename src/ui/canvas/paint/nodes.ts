import { itemColor } from '../look.ts';
import { isGroup } from '../scene.ts';
import { DIMMED, itemBox, roundedBox, type Frame } from './frame.ts';
import { middleGroup, nearGroup } from './groups.ts';
import { middleNode } from './node-middle.ts';
import { nearNode } from './node-near.ts';

/** Nodes and folded groups as far as they are painted at this zoom. */
export function paintNodes(frame: Frame): void {
  if (frame.detail === 'far') farNodes(frame);
  else if (frame.detail === 'middle') eachItem(frame, isGroup, middleGroup, middleNode);
  else if (frame.wholeNodes) eachItem(frame, isGroup, nearGroup, nearNode);
  else plates(frame);
}

/** What a search did not find shows through this much. */
const UNMATCHED = 0.42;

type PaintItem = (frame: Frame, item: number) => void;

function eachItem(frame: Frame, isBox: typeof isGroup, group: PaintItem, node: PaintItem): void {
  const { pen, scene, look, lit } = frame;
  pen.textBaseline = 'middle';
  frame.tiles.query(frame.visible, (item) => {
    const dimmed = lit && lit.items[item] === 0 ? DIMMED : look.matches && !look.matches.has(item) ? UNMATCHED : 1;
    pen.globalAlpha = dimmed * frame.alphaOf(item);
    if (isBox(scene, item)) group(frame, item);
    else node(frame, item);
  });
  pen.globalAlpha = 1;
}

/** A node that is multiplied by weights is drawn in full width, others in a part of it. */
const LIGHT = 0.55;
const FAR_ALPHA = 0.85;

/** Far: a rectangle per item, filled with its colour; folded groups are plates with cells for what is inside. */
function farNodes(frame: Frame): void {
  const { pen, scene, lit, items, viewport } = frame;
  const { macs } = scene.picture.view;
  for (const [dimmed, byColor] of farRows(frame)) {
    pen.globalAlpha = dimmed ? FAR_ALPHA * DIMMED : FAR_ALPHA;
    for (const [color, rows] of byColor) {
      pen.fillStyle = color;
      for (const row of rows) {
        const full = Math.max(3, items.widths[row]! * viewport.zoom);
        const width = macs[row]! > 0 ? full : full * LIGHT;
        const height = Math.max(1.5, items.heights[row]! * viewport.zoom - 0.5);
        const x = (items.x[row]! + items.widths[row]! / 2) * viewport.zoom + viewport.x - width / 2;
        pen.fillRect(x, items.y[row]! * viewport.zoom + viewport.y, width, height);
      }
    }
  }
  if (items.count > items.rows) {
    frame.tiles.query(frame.visible, (item) => {
      if (item < items.rows) return;
      pen.globalAlpha = lit && lit.items[item] === 0 ? DIMMED : 1;
      farGroup(frame, item);
    });
  }
  pen.globalAlpha = 1;
}

/** Rows in view by colour, those that are dimmed apart: few changes of style. */
function farRows(frame: Frame): [boolean, Map<string, number[]>][] {
  const { scene, look, theme, lit, items } = frame;
  const kinds = [new Map<string, number[]>(), new Map<string, number[]>()] as const;
  frame.tiles.query(frame.visible, (item) => {
    if (item >= items.rows) return;
    const byColor = kinds[lit && lit.items[item] === 0 ? 1 : 0];
    const color = itemColor(scene, look, theme, item);
    const rows = byColor.get(color);
    if (rows) rows.push(item);
    else byColor.set(color, [item]);
  });
  return kinds.map((byColor, dimmed) => [dimmed === 1, byColor]);
}

function farGroup(frame: Frame, item: number): void {
  const { pen, scene, look, theme, items } = frame;
  const at = itemBox(frame, item);
  pen.fillStyle = theme.raised;
  pen.fillRect(at.x, at.y, at.width, at.height);
  const alone = look.heat.steps !== null || look.changes !== null || look.pruned !== null;
  const { cells } = look.groups[item - items.rows]!;
  const pitch = at.width / Math.max(1, cells.length);
  cells.forEach((row, cell) => {
    pen.fillStyle = itemColor(scene, look, theme, alone ? item : row);
    pen.fillRect(at.x + cell * pitch, at.y, pitch, at.height);
  });
}

/**
 * Plain plates below the nodes of the page's DOM, so that a fast pan never shows a hole while the page catches up, and
 * that the change from middle to near is a cross-fade.
 */
function plates(frame: Frame): void {
  const { pen, scene, look, theme, lit, viewport } = frame;
  frame.tiles.query(frame.visible, (item) => {
    if ((look.matches && !look.matches.has(item)) || (lit && lit.items[item] === 0)) return;
    const at = itemBox(frame, item);
    roundedBox(pen, at, 7 * viewport.zoom);
    pen.fillStyle = theme.raised;
    pen.fill();
    pen.fillStyle = itemColor(scene, look, theme, item);
    pen.fillRect(at.x, at.y + 7 * viewport.zoom, 2, at.height - 14 * viewport.zoom);
  });
}
