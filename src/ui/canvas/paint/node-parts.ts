import type { Family } from '../../../base/families.ts';
import { CHANGE_PATHS, GLYPH_PATHS, type Change } from '../glyphs.tsx';
import { changeColor, familyIsShown, type Look } from '../look.ts';
import { blend, fade } from '../theme.ts';
import { roundedBox, type Frame, type ScreenBox } from './frame.ts';

export const isHeated = (look: Look): boolean =>
  look.heat.steps !== null && look.changes === null && look.pruned === null;

/** The ground of a node with its outline; its shape stays the pen's path, to clip what stands on it. */
export function plate(frame: Frame, at: ScreenBox, color: string, change: Change | null): void {
  const { pen, look, theme, viewport } = frame;
  roundedBox(pen, at, 7 * viewport.zoom);
  pen.fillStyle = change
    ? blend(changeColor(theme, change), theme.raised, 0.1)
    : isHeated(look)
      ? blend(color, theme.raised, 0.18)
      : theme.raised;
  pen.fill();
  pen.strokeStyle = change ? fade(changeColor(theme, change), 0.62) : theme.line;
  pen.lineWidth = change ? 1.25 : 1;
  pen.stroke();
}

/** A second sheet that shows below a box: there is more inside. */
export function sheetBelow({ pen, theme, viewport }: Frame, at: ScreenBox): void {
  const { zoom } = viewport;
  roundedBox(pen, { ...at, x: at.x + 4 * zoom, y: at.y + 3 * zoom, width: at.width - 8 * zoom }, 7 * zoom);
  pen.fillStyle = theme.raised;
  pen.fill();
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.stroke();
}

export function edgeOf({ pen }: Frame, at: ScreenBox, width: number, color: string): void {
  pen.fillStyle = color;
  pen.fillRect(at.x, at.y, width, at.height);
}

export function costBar(
  { pen }: Frame,
  at: ScreenBox,
  edge: number,
  height: number,
  share: number,
  color: string,
): void {
  const width = share * (at.width - edge);
  if (width <= 0.5) return;
  pen.fillStyle = color;
  pen.fillRect(at.x + edge, at.y + at.height - height, width, height);
}

/** Glyphs are coloured by family only while families are what colour shows. */
export const glyphColor = ({ scene, look, theme }: Frame, row: number): string =>
  familyIsShown(look) || look.pruned?.has(row) ? theme.families[scene.family(row)] : theme.text3;

export function paintGlyph(
  { pen, theme }: Frame,
  family: Family,
  change: Change | null,
  place: { readonly x: number; readonly y: number; readonly size: number },
  color: string,
): void {
  const { path, filled } = change ? { path: CHANGE_PATHS[change], filled: false } : GLYPH_PATHS[family];
  pen.save();
  pen.translate(place.x, place.y);
  pen.scale(place.size / 12, place.size / 12);
  pen.lineWidth = 1.75;
  pen.lineCap = 'round';
  pen.fillStyle = pen.strokeStyle = change ? changeColor(theme, change) : color;
  pen.figure(path, filled ? 'fill' : 'stroke');
  pen.restore();
}
