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
  frame.context.setLineDash([]);
}

function paintHull(frame: Frame, hull: Hull, box: Box): void {
  const { context, viewport } = frame;
  const at = screenBox(frame, box);
  const inset = 0.75;
  roundedBox(
    context,
    { x: at.x + inset, y: at.y + inset, width: at.width - 1.5, height: at.height - 1.5 },
    11 * viewport.zoom,
  );
  const style = styleOf(frame, hull);
  if (style.fill) {
    context.fillStyle = style.fill;
    context.fill();
  }
  context.setLineDash(style.dashed ? [4, 3] : []);
  context.strokeStyle = style.stroke;
  context.lineWidth = frame.detail === 'far' ? 1 : 1.5;
  context.stroke();
}

function styleOf({ theme }: Frame, hull: Hull): { fill: string | null; stroke: string; dashed: boolean } {
  switch (hull.kind) {
    case 'on':
      return { fill: fade(theme.accent, 0.09), stroke: fade(theme.accent, 0.7), dashed: false };
    case 'off':
      return { fill: null, stroke: theme.lineStrong, dashed: true };
    case 'miss':
      return { fill: fade(theme.warning, 0.07), stroke: theme.warning, dashed: true };
    case 'group':
      return { fill: fade(theme.accent, 0.06), stroke: fade(theme.accent, 0.7), dashed: false };
    default:
      return hull.kind satisfies never;
  }
}

const LINE = 18;

/** A dashed hull over the place of a fused node's ancestors, which are listed below it. */
export function paintFused(frame: Frame): void {
  const { context, scene, look, theme, viewport } = frame;
  const { layout } = scene.picture;
  for (const { row, box, ancestors } of look.fused) {
    if (!meets(box, frame.visible)) continue;
    const at = screenBox(frame, box);
    roundedBox(context, at, 11 * viewport.zoom);
    context.fillStyle = fade(theme.fused, 0.04);
    context.fill();
    context.setLineDash([4, 3]);
    context.strokeStyle = fade(theme.fused, 0.45);
    context.lineWidth = 1.25;
    context.stroke();
    context.setLineDash([]);
    // Where its ancestors are drawn they need no list.
    if (frame.detail !== 'near' || look.ghosts.length > 0) continue;
    context.font = `420 ${fontSize(frame, 10.5)}px ${theme.fontUi}`;
    context.fillStyle = theme.text3;
    context.textBaseline = 'middle';
    let y = layout.y[row]! + layout.heights[row]! + LINE;
    for (const ancestor of ancestors) {
      if (y + 6 > box.bottom) break;
      context.fillText(
        `↳ ${ancestor}`,
        (layout.x[row]! + 8) * viewport.zoom + viewport.x,
        y * viewport.zoom + viewport.y,
      );
      y += LINE;
    }
  }
}
