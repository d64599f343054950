import { changeColor, itemColor } from '../look.ts';
import { cellsOfCut, widthParts, widthsOf, type WidthPart } from '../prune-detail.ts';
import { isLeaf } from '../scene.ts';
import { fade } from '../theme.ts';
import type { PruneMark } from '../types.ts';
import { fontSize, itemBox, roundedBox, textThatFits, textWidth, type Frame, type ScreenBox } from './frame.ts';
import { costBar, edgeOf, glyphColor, isHeated, paintGlyph, plate, sheetBelow } from './node-parts.ts';

const TALL = 40;

/** Near: what the page's own node shows, for pictures and for nodes on their way to another place. */
export function nearNode(frame: Frame, item: number): void {
  const { pen, scene, look, theme, viewport, items } = frame;
  const at = itemBox(frame, item);
  const { zoom } = viewport;
  const color = itemColor(scene, look, theme, item);
  const change = look.changes?.get(item) ?? null;
  if (frame.items.holding.has(item)) sheetBelow(frame, at);
  plate(frame, at, color, change);
  pen.save();
  pen.clip();
  edgeOf(frame, at, (isLeaf(scene, item) ? 2 : 3) * zoom, color);
  if (isLeaf(scene, item)) leaf(frame, item, at);
  else {
    const mark = look.prune?.get(item) ?? null;
    const short = items.heights[item]! < TALL;
    firstLine(frame, item, at, (short && !mark ? 13.5 : 11.5) * zoom);
    if (!short || mark) secondLine(frame, item, at, mark);
    if (mark?.cut) channelCells(frame, item, at, mark.cut);
    else {
      pen.fillStyle = fade(theme.text3, 0.15);
      pen.fillRect(at.x + 3 * zoom, at.y + at.height - 2 * zoom, at.width, 2 * zoom);
      costBar(frame, at, 3 * zoom, 2 * zoom, look.heat.bars[item]!, isHeated(look) ? color : theme.text3);
    }
  }
  pen.restore();
  if (change === null && scene.family(item) === 'unknown') unknownRing(frame, at);
}

function unknownRing({ pen, theme, viewport }: Frame, at: ScreenBox): void {
  roundedBox(pen, at, 7 * viewport.zoom);
  pen.setLineDash([1.25, 2.5]);
  pen.strokeStyle = theme.text3;
  pen.lineWidth = 1.25;
  pen.stroke();
  pen.setLineDash([]);
}

function leaf(frame: Frame, row: number, at: ScreenBox): void {
  const { pen, scene, theme, viewport } = frame;
  pen.font = `420 ${fontSize(frame, 10) * Math.max(1, viewport.zoom)}px ${theme.fontMono}`;
  pen.fillStyle = theme.text2;
  const text = scene.picture.view.nodeDetails[row] || scene.op(row);
  pen.fillText(textThatFits(pen, text, at.width - 12 * viewport.zoom), at.x + 8 * viewport.zoom, at.y + at.height / 2);
}

/** Size of text that grows with the zoom beyond 100 %, and is never too small to read below. */
const textSize = (frame: Frame, size: number): number => fontSize(frame, size) * Math.max(1, frame.viewport.zoom);

function firstLine(frame: Frame, row: number, at: ScreenBox, down: number): void {
  const { pen, scene, look, theme, viewport } = frame;
  const { zoom } = viewport;
  const middle = at.y + down;
  const place = { x: at.x + 12 * zoom, y: middle - 6 * zoom, size: 12 * zoom };
  paintGlyph(frame, scene.family(row), look.changes?.get(row) ?? null, place, glyphColor(frame, row));
  pen.font = `420 ${textSize(frame, 10)}px ${theme.fontUi}`;
  const id = String(scene.picture.view.nodeOrdinals[row]);
  const idLeft = at.x + at.width - 9 * zoom - textWidth(pen, id);
  pen.fillStyle = theme.text3;
  pen.fillText(id, idLeft, middle);
  pen.font = `620 ${textSize(frame, 12)}px ${theme.fontUi}`;
  pen.fillStyle = look.changes?.get(row) === 'removed' ? theme.text2 : theme.text1;
  const left = at.x + 30 * zoom;
  pen.fillText(textThatFits(pen, scene.op(row), idLeft - left - 6 * zoom), left, middle);
}

function secondLine(frame: Frame, row: number, at: ScreenBox, mark: PruneMark | null): void {
  const { pen, scene, look, theme, viewport } = frame;
  const { zoom } = viewport;
  const middle = at.y + 26.5 * zoom;
  const share = mark ? mark.role : look.heat.text(row);
  pen.font = `420 ${textSize(frame, 10)}px ${theme.fontUi}`;
  const end = at.x + at.width - 9 * zoom - textWidth(pen, share);
  pen.fillStyle = theme.text2;
  pen.fillText(share, end, middle);
  const detail = scene.picture.view.nodeDetails[row]!;
  const left = at.x + 12 * zoom;
  const widths = widthParts(detail, widthsOf(mark, look.widths?.get(row)));
  if (widths) {
    prunedDetail(frame, widths, { x: left, y: middle });
    return;
  }
  pen.font = `420 ${textSize(frame, 10)}px ${theme.fontMono}`;
  pen.fillText(textThatFits(pen, detail, end - left - 6 * zoom), left, middle);
}

/** The attributes, with old widths struck and the new ones beside them. */
function prunedDetail(frame: Frame, parts: readonly WidthPart[], from: { x: number; y: number }): void {
  const { pen, theme } = frame;
  const colors = { same: theme.text2, old: theme.removed, new: theme.text1 } as const;
  let x = from.x;
  for (const { text, kind } of parts) {
    pen.font = `${kind === 'new' ? 600 : 420} ${textSize(frame, 10)}px ${theme.fontMono}`;
    pen.fillStyle = colors[kind];
    pen.fillText(text, x, from.y);
    const width = textWidth(pen, text);
    if (kind === 'old') pen.fillRect(x, from.y - 0.5, width, 1);
    x += width;
  }
}

/** Channels in file order: kept ones filled, cut ones hollow. */
function channelCells(frame: Frame, row: number, at: ScreenBox, cut: Uint8Array): void {
  const { pen, scene, theme, viewport } = frame;
  const { zoom } = viewport;
  const cells = cellsOfCut(cut);
  const pitch = (at.width - 21 * zoom) / cells.length;
  cells.forEach((kept, cell) => {
    const x = at.x + 12 * zoom + cell * pitch;
    const y = at.y + at.height - 11 * zoom;
    pen.fillStyle = fade(theme.families[scene.family(row)], 0.85);
    pen.strokeStyle = fade(changeColor(theme, 'removed'), 0.6);
    pen.lineWidth = 0.75;
    if (kept) pen.fillRect(x, y, pitch * 0.74, 6 * zoom);
    else {
      roundedBox(pen, { x, y, width: pitch * 0.74, height: 6 * zoom }, 0);
      pen.stroke();
    }
  });
}
