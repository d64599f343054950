import type { Hull } from '../look.ts';
import { fade } from '../theme.ts';
import type { Box } from '../types.ts';
import type { Frame } from './frame.ts';
import { fontSize, meets, roundedBox, screenBox } from './frame.ts';

/** Hulls around sites, near misses and pruned groups. */
export function paintHulls(frame: Frame): void {
  for (const hull of frame.look.hulls) {
    for (const box of hull.boxes) if (meets(box, frame.visible)) paintHull(frame, hull, box);
  }
  frame.pen.setLineDash([]);
}

function paintHull(frame: Frame, hull: Hull, box: Box): void {
  const { pen, viewport } = frame;
  const at = screenBox(frame, box);
  const inset = 0.75;
  roundedBox(
    pen,
    { x: at.x + inset, y: at.y + inset, width: at.width - 1.5, height: at.height - 1.5 },
    11 * viewport.zoom,
  );
  const style = styleOf(frame, hull);
  if (style.fill) {
    pen.fillStyle = style.fill;
    pen.fill();
  }
  pen.setLineDash(style.dashed ? [4, 3] : []);
  pen.strokeStyle = style.stroke;
  pen.lineWidth = frame.detail === 'far' ? 1 : 1.5;
  pen.stroke();
}

function styleOf({ theme }: Frame, hull: Hull): { fill: string | null; stroke: string; dashed: boolean } {
  switch (hull.kind) {
    case 'on':
      return { fill: fade(theme.accent, 0.09), stroke: fade(theme.accent, 0.7), dashed: false };
    case 'off':
      return { fill: null, stroke: theme.lineStrong, dashed: true };
    case 'miss':
      return { fill: fade(theme.warning, 0.07), stroke: theme.warning, dashed: true };
    case 'frozen':
      return { fill: null, stroke: theme.lineStrong, dashed: false };
    case 'group':
      return { fill: fade(theme.accent, 0.06), stroke: fade(theme.accent, 0.7), dashed: false };
    default:
      return hull.kind satisfies never;
  }
}

const LINE = 18;

/** A dashed hull over the place of a fused node's ancestors, which are listed below it. */
export function paintFused(frame: Frame): void {
  const { pen, items, look, theme, viewport } = frame;
  if (frame.detail === 'far') return;
  for (const { row, box, ancestors } of look.fused) {
    if (!meets(box, frame.visible)) continue;
    const at = screenBox(frame, box);
    roundedBox(pen, at, 11 * viewport.zoom);
    pen.fillStyle = fade(theme.fused, 0.04);
    pen.fill();
    pen.setLineDash([4, 3]);
    pen.strokeStyle = fade(theme.fused, 0.45);
    pen.lineWidth = 1.25;
    pen.stroke();
    pen.setLineDash([]);
    // Ghosts of the ancestors say it better than a list.
    if (frame.detail !== 'near' || look.ghosts) continue;
    pen.font = `420 ${fontSize(frame, 10.5)}px ${theme.fontUi}`;
    pen.fillStyle = theme.text3;
    pen.textBaseline = 'middle';
    let y = items.y[row]! + items.heights[row]! + LINE;
    for (const ancestor of ancestors) {
      if (y + 6 > box.bottom) break;
      pen.fillText(`↳ ${ancestor}`, (items.x[row]! + 8) * viewport.zoom + viewport.x, y * viewport.zoom + viewport.y);
      y += LINE;
    }
  }
}
