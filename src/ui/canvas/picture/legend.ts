import { FAMILIES, FAMILY_NAMES } from '../../../base/families.ts';
import { plural } from '../../../base/format.ts';
import { nodeCount } from '../../../state/node-count.ts';
import { CHANGE_PATHS, type Change } from '../glyphs.tsx';
import { changeColor } from '../look.ts';
import { textWidth, type Frame } from '../paint/frame.ts';
import { paintGlyph } from '../paint/node-parts.ts';
import { LEGEND_HEIGHT, type PictureArea } from './size.ts';

const INSET = 16;
const GAP = 16;

/** Below the graph: whose it is, and what its colours mean. `name` is that of the model. */
export function paintLegend(frame: Frame, area: PictureArea, name: string): void {
  const { pen, theme, scene } = frame;
  const top = area.height - LEGEND_HEIGHT;
  pen.fillStyle = theme.panel;
  pen.fillRect(0, top, area.width, LEGEND_HEIGHT);
  pen.fillStyle = theme.line;
  pen.fillRect(0, top, area.width, 1);
  const middle = top + LEGEND_HEIGHT / 2;
  pen.textBaseline = 'middle';
  pen.font = `620 12px ${theme.fontUi}`;
  let x = words(frame, name, INSET, middle, theme.text1) + 8;
  pen.font = `420 12px ${theme.fontUi}`;
  x = words(frame, plural(nodeCount(scene.picture.view), 'node'), x, middle, theme.text3) + 2 * GAP;
  const { look } = frame;
  if (look.changes) changes(frame, new Set(look.changes.values()), x, middle, area.width);
  else if (look.heat.legend && !look.prune) ramp(frame, x, middle);
  else families(frame, x, middle, area.width);
}

/** Returns where the words end. */
function words({ pen }: Frame, text: string, x: number, y: number, color: string): number {
  pen.fillStyle = color;
  pen.fillText(text, x, y);
  return x + textWidth(pen, text);
}

/** Families in the order of their table, for as far as there is room. */
function families(frame: Frame, from: number, middle: number, width: number): void {
  const { pen, scene, theme } = frame;
  const { nodeOps } = scene.picture.view;
  const there = new Set(Array.from(nodeOps.keys(), (row) => scene.family(row)));
  let x = from;
  for (const family of FAMILIES) {
    if (!there.has(family)) continue;
    if (x + 18 + textWidth(pen, FAMILY_NAMES[family]) > width - INSET) return;
    paintGlyph(frame, family, null, { x, y: middle - 6, size: 12 }, theme.families[family]);
    x = words(frame, FAMILY_NAMES[family], x + 18, middle, theme.text2) + GAP;
  }
}

function changes(frame: Frame, there: ReadonlySet<Change>, from: number, middle: number, width: number): void {
  const { pen, look, theme } = frame;
  const shown = new Set(there);
  if (look.ghosts) shown.add('removed');
  let x = from;
  for (const change of Object.keys(CHANGE_PATHS) as Change[]) {
    if (!shown.has(change)) continue;
    if (x + 18 + textWidth(pen, change) > width - INSET) return;
    paintGlyph(frame, 'unknown', change, { x, y: middle - 6, size: 12 }, changeColor(theme, change));
    x = words(frame, change, x + 18, middle, theme.text2) + GAP;
  }
}

/** A heat map's ramp with both of its ends. */
function ramp(frame: Frame, from: number, middle: number): void {
  const { pen, look, theme } = frame;
  const { legend } = look.heat;
  if (!legend) return;
  let x = words(frame, legend.low, from, middle, theme.text2) + 8;
  for (const color of theme.sequential) {
    pen.fillStyle = color;
    pen.fillRect(x, middle - 4.5, 20, 9);
    x += 21;
  }
  words(frame, `${legend.high} ${legend.what}`, x + 7, middle, theme.text2);
}
