import { itemColor } from '../look.ts';
import { isLeaf } from '../scene.ts';
import { fontSize, itemBox, textWidth, type Frame, type ScreenBox } from './frame.ts';
import { costBar, edgeOf, glyphColor, isHeated, paintGlyph, plate, sheetBelow } from './node-parts.ts';

/** Middle: family edge, glyph, operator and cost bar; no ids. */
export function middleNode(frame: Frame, item: number): void {
  const { pen, scene, look, theme, viewport } = frame;
  const at = itemBox(frame, item);
  const color = itemColor(scene, look, theme, item);
  if (frame.items.holding.has(item)) sheetBelow(frame, at);
  plate(frame, at, color, look.changes?.get(item) ?? null);
  pen.save();
  pen.clip();
  const edge = Math.max(2, 3 * viewport.zoom);
  edgeOf(frame, at, edge, color);
  if (at.height >= 12) costBar(frame, at, edge, 1.5, look.heat.bars[item]!, isHeated(look) ? color : theme.text3);
  if (isLeaf(scene, item)) leafWords(frame, item, at);
  else words(frame, item, at, edge);
  pen.restore();
}

/** A leaf says its value, where that fits. */
function leafWords({ pen, scene, theme }: Frame, row: number, at: ScreenBox): void {
  if (at.height < 8) return;
  const { view } = scene.picture;
  pen.font = `420 9px ${theme.fontMono}`;
  pen.fillStyle = theme.text2;
  pen.fillText(view.nodeDetails[row] || scene.op(row), at.x + 5, at.y + at.height / 2 + 0.5);
}

function words(frame: Frame, row: number, at: ScreenBox, edge: number): void {
  const { pen, scene, look, theme, viewport } = frame;
  const size = Math.min(12, fontSize(frame, 16));
  if (at.height < size - 2) return;
  pen.font = `620 ${size}px ${theme.fontUi}`;
  const op = scene.op(row);
  const gap = Math.max(3, 8 * viewport.zoom);
  const glyph = Math.min(12, at.height - 2, size + 1);
  const room = at.width - edge - 2 * gap;
  let left = at.x + edge + gap;
  if (textWidth(pen, op) + glyph + gap <= room + gap) {
    const place = { x: left, y: at.y + (at.height - glyph) / 2, size: glyph };
    paintGlyph(frame, scene.family(row), look.changes?.get(row) ?? null, place, glyphColor(frame, row));
    left += glyph + Math.max(3, 6 * viewport.zoom);
  }
  pen.fillStyle = theme.text1;
  pen.fillText(op, left, at.y + at.height / 2 + 0.5);
}
