import type { Family } from '../../../base/families.ts';
import { CHANGE_PATHS, GLYPH_PATHS } from '../glyphs.tsx';
import { changeColor, familyIsShown, rowColor } from '../look.ts';
import { boxOfRow, isLeaf } from '../scene.ts';
import { blend, fade } from '../theme.ts';
import type { Frame } from './frame.ts';
import { fontSize, roundedBox, screenBox, textWidth } from './frame.ts';

const glyphs = new Map<string, Path2D>();
function glyphOf(path: string): Path2D {
  let glyph = glyphs.get(path);
  if (!glyph) glyphs.set(path, (glyph = new Path2D(path)));
  return glyph;
}

/** Far: a rectangle per row, full width where it multiplies by weights, filled with the row's colour. */
export function paintFarNodes(frame: Frame): void {
  const { context, scene, look, theme, viewport } = frame;
  const { layout, view } = scene.picture;
  const byColor = new Map<string, number[]>();
  scene.rows.query(frame.visible, (row) => {
    const color = rowColor(scene, look, theme, row);
    const rows = byColor.get(color);
    if (rows) rows.push(row);
    else byColor.set(color, [row]);
  });
  context.globalAlpha = 0.85;
  for (const [color, rows] of byColor) {
    context.fillStyle = color;
    for (const row of rows) {
      const full = Math.max(3, layout.widths[row]! * viewport.zoom);
      const width = view.macs[row]! > 0 ? full : full * 0.55;
      const height = Math.max(1.5, layout.heights[row]! * viewport.zoom - 0.5);
      const x = (layout.x[row]! + layout.widths[row]! / 2) * viewport.zoom + viewport.x - width / 2;
      context.fillRect(x, layout.y[row]! * viewport.zoom + viewport.y, width, height);
    }
  }
  context.globalAlpha = 1;
  outline(frame);
}

/**
 * Near: plain plates below the nodes of the DOM, so that a fast pan never shows a hole while React catches up, and
 * that the change from middle to near is a cross-fade.
 */
export function paintPlates(frame: Frame): void {
  const { context, scene, look, theme, viewport } = frame;
  scene.rows.query(frame.visible, (row) => {
    if ((look.matches && !look.matches.has(row)) || frame.fresh.has(row)) return;
    const at = screenBox(frame, boxOfRow(scene.picture, row));
    roundedBox(context, at, 7 * viewport.zoom);
    context.fillStyle = theme.raised;
    context.fill();
    context.fillStyle = rowColor(scene, look, theme, row);
    context.fillRect(at.x, at.y + 7 * viewport.zoom, 2, at.height - 14 * viewport.zoom);
  });
}

/** Middle: family edge, glyph, operator and cost bar; no ids. */
export function paintMiddleNodes(frame: Frame): void {
  const { context, scene } = frame;
  context.textBaseline = 'middle';
  scene.rows.query(frame.visible, (row) => middleNode(frame, row));
  outline(frame);
}

function middleNode(frame: Frame, row: number): void {
  const { context, scene, look, theme, viewport } = frame;
  const at = screenBox(frame, boxOfRow(scene.picture, row));
  const color = rowColor(scene, look, theme, row);
  const change = look.changes?.get(row);
  const dim = look.matches !== null && !look.matches.has(row);
  context.globalAlpha = dim ? 0.42 : 1;
  const heated = look.heat.steps !== null && look.changes === null && look.prune === null;
  const tinted = change || heated;
  roundedBox(context, at, 7 * viewport.zoom);
  context.fillStyle = tinted ? blend(color, theme.raised, change ? 0.12 : 0.22) : theme.raised;
  context.fill();
  context.strokeStyle = change ? fade(changeColor(theme, change), 0.62) : theme.line;
  context.lineWidth = 1;
  context.stroke();
  context.save();
  context.clip();
  const edge = Math.max(2, 3 * viewport.zoom);
  context.fillStyle = color;
  context.fillRect(at.x, at.y, edge, at.height);
  const bar = look.heat.bars[row]! * (at.width - edge);
  if (bar > 0.5 && at.height >= 12) {
    context.fillStyle = heated ? color : theme.text3;
    context.fillRect(at.x + edge, at.y + at.height - 1.5, bar, 1.5);
  }
  if (isLeaf(scene.picture, row)) leafWords(frame, row, at);
  else words(frame, row, at, edge);
  context.restore();
  context.globalAlpha = 1;
}

/** A leaf says its value, where that fits. */
function leafWords({ context, scene, theme }: Frame, row: number, at: ReturnType<typeof screenBox>): void {
  if (at.height < 8) return;
  const { view } = scene.picture;
  context.font = `420 9px ${theme.fontMono}`;
  context.fillStyle = theme.text2;
  context.fillText(view.nodeDetails[row] || scene.op(row), at.x + 5, at.y + at.height / 2 + 0.5);
}

function words(frame: Frame, row: number, at: ReturnType<typeof screenBox>, edge: number): void {
  const { context, scene, look, theme, viewport } = frame;
  const size = Math.min(12, fontSize(frame, 16));
  if (at.height < size - 2) return;
  context.font = `620 ${size}px ${theme.fontUi}`;
  const op = scene.op(row);
  const gap = Math.max(3, 8 * viewport.zoom);
  const glyph = Math.min(12, at.height - 2, size + 1);
  const room = at.width - edge - 2 * gap;
  const withGlyph = textWidth(context, op) + glyph + gap <= room + gap;
  let left = at.x + edge + gap;
  if (withGlyph) {
    const change = look.changes?.get(row);
    const color = familyIsShown(look) || look.prune?.has(row) ? theme.families[scene.family(row)] : theme.text3;
    paintGlyph(frame, scene.family(row), change ?? null, left, at.y + (at.height - glyph) / 2, glyph, color);
    left += glyph + Math.max(3, 6 * viewport.zoom);
  }
  context.fillStyle = theme.text1;
  context.fillText(op, left, at.y + at.height / 2 + 0.5);
}

function paintGlyph(
  { context, theme }: Frame,
  family: Family,
  change: keyof typeof CHANGE_PATHS | null,
  x: number,
  y: number,
  size: number,
  color: string,
): void {
  const { path, filled } = change ? { path: CHANGE_PATHS[change], filled: false } : GLYPH_PATHS[family];
  context.save();
  context.translate(x, y);
  context.scale(size / 12, size / 12);
  context.lineWidth = 1.75;
  context.lineCap = 'round';
  context.fillStyle = context.strokeStyle = change ? changeColor(theme, change) : color;
  if (filled) context.fill(glyphOf(path));
  else context.stroke(glyphOf(path));
  context.restore();
}

/** Rings of the selection and of what a search found, where nodes are painted. */
function outline(frame: Frame): void {
  const { look, theme, detail } = frame;
  if (detail === 'far' && look.matches) for (const row of look.matches) ring(frame, row, theme.text1, 1.25, null);
  if (frame.hovered >= 0 && frame.hovered !== frame.selected) ring(frame, frame.hovered, theme.text2, 1, null);
  if (frame.selected >= 0) ring(frame, frame.selected, theme.accent, 2, fade(theme.accent, 0.22));
}

function ring(frame: Frame, row: number, color: string, width: number, halo: string | null): void {
  const { context, scene, viewport } = frame;
  const at = screenBox(frame, boxOfRow(scene.picture, row));
  if (halo) {
    context.strokeStyle = halo;
    context.lineWidth = 4;
    roundedBox(context, grown(at, 4), 7 * viewport.zoom + 4);
    context.stroke();
  }
  context.strokeStyle = color;
  context.lineWidth = width;
  roundedBox(context, grown(at, width / 2), 7 * viewport.zoom + 1);
  context.stroke();
}

const grown = (at: ReturnType<typeof screenBox>, by: number): ReturnType<typeof screenBox> => ({
  x: at.x - by,
  y: at.y - by,
  width: at.width + 2 * by,
  height: at.height + 2 * by,
});
