import { itemColor, type Look } from '../look.ts';
import type { GroupLook } from '../group-look.ts';
import { CHEVRON_PATH } from '../glyphs.tsx';
import { fontSize, itemBox, textThatFits, textWidth, type Frame, type ScreenBox } from './frame.ts';
import { costBar, edgeOf, isHeated, plate, sheetBelow } from './node-parts.ts';

const lookOf = (look: Look, frame: Frame, item: number): GroupLook => look.groups[item - frame.items.rows]!;

function sheets(frame: Frame, item: number): ScreenBox {
  const { scene, look, theme } = frame;
  const at = itemBox(frame, item);
  sheetBelow(frame, at);
  plate(frame, at, itemColor(scene, look, theme, item), look.changes?.get(item) ?? null);
  return at;
}

/** What is inside, in order, as a row of cells along the foot. */
function cells(frame: Frame, item: number, at: ScreenBox, height: number): void {
  const { pen, scene, look, theme } = frame;
  const alone = look.changes !== null || look.pruned !== null;
  const inside = lookOf(look, frame, item).cells;
  const pitch = at.width / Math.max(1, inside.length);
  inside.forEach((row, cell) => {
    pen.fillStyle = itemColor(scene, look, theme, alone ? item : row);
    pen.fillRect(at.x + cell * pitch, at.y + at.height - height, pitch, height);
  });
}

export function middleGroup(frame: Frame, item: number): void {
  const { pen, look, theme, viewport } = frame;
  const at = sheets(frame, item);
  const { name } = lookOf(look, frame, item);
  pen.save();
  pen.clip();
  cells(frame, item, at, Math.max(2, 3 * viewport.zoom));
  const size = Math.min(12, fontSize(frame, 16));
  if (at.height >= size + 2) {
    pen.font = `620 ${size}px ${theme.fontUi}`;
    pen.fillStyle = theme.text1;
    const left = at.x + Math.max(4, 12 * viewport.zoom);
    pen.fillText(textThatFits(pen, name, at.x + at.width - left - 3), left, at.y + at.height / 2 - viewport.zoom);
  }
  pen.restore();
}

/** Near: name and copies; node count and share of the cost; what is inside as cells. */
export function nearGroup(frame: Frame, item: number): void {
  const { pen, scene, look, theme, viewport } = frame;
  const { zoom } = viewport;
  const at = sheets(frame, item);
  const group = lookOf(look, frame, item);
  const color = itemColor(scene, look, theme, item);
  const scale = Math.max(1, zoom);
  pen.save();
  pen.clip();
  edgeOf(frame, at, 3 * zoom, isHeated(look) ? color : theme.lineStrong);
  cells(frame, item, at, 3 * zoom);
  const [first, second] = [at.y + 11.5 * zoom, at.y + 26.5 * zoom];
  chevron(frame, at.x + 11 * zoom, first - 6 * zoom);
  const end = at.x + at.width - 9 * zoom;
  const left = at.x + 12 * zoom;
  let nameEnd = end;
  if (group.copies > 1) {
    const copies = `× ${group.copies}`;
    pen.font = `420 ${fontSize(frame, 10) * scale}px ${theme.fontUi}`;
    pen.fillStyle = theme.text3;
    nameEnd = end - textWidth(pen, copies) - 6 * zoom;
    pen.fillText(copies, nameEnd + 6 * zoom, first);
  }
  pen.font = `620 ${fontSize(frame, 12) * scale}px ${theme.fontUi}`;
  pen.fillStyle = theme.text1;
  pen.fillText(textThatFits(pen, group.name, nameEnd - left - 18 * zoom), left + 18 * zoom, first);
  if (at.height >= 34 * zoom) {
    pen.font = `420 ${fontSize(frame, 10) * scale}px ${theme.fontUi}`;
    pen.fillStyle = theme.text2;
    pen.fillText(group.size, left, second);
    pen.fillText(group.share, end - textWidth(pen, group.share), second);
    costBar(frame, { ...at, height: at.height - 3 * zoom }, 3 * zoom, 1.5 * zoom, group.bar, theme.text3);
  }
  pen.restore();
}

function chevron({ pen, theme, viewport }: Frame, x: number, y: number): void {
  pen.save();
  pen.translate(x, y);
  pen.scale(viewport.zoom, viewport.zoom);
  pen.strokeStyle = theme.text3;
  pen.lineWidth = 1.75;
  pen.lineCap = 'round';
  pen.figure(CHEVRON_PATH, 'stroke');
  pen.restore();
}
