import { fade } from '../theme.ts';
import type { Box } from '../types.ts';
import { grown, itemBox, roundedBox, screenBox, type Frame } from './frame.ts';

/** Rings of the selection, of the item under the pointer and of what a search found, where nodes are painted. */
export function paintRings(frame: Frame): void {
  const { look, theme, detail, hovered, selected } = frame;
  if (frame.frame) selectedFrame(frame, frame.frame);
  if (detail === 'near' && !frame.wholeNodes) return;
  if (detail === 'far' && look.matches) for (const item of look.matches) ring(frame, item, theme.text1, 1.25, null);
  if (hovered >= 0 && hovered !== selected) ring(frame, hovered, theme.text2, 1, null);
  if (selected >= 0) ring(frame, selected, theme.accent, 2, fade(theme.accent, 0.22));
}

function selectedFrame(frame: Frame, box: Box): void {
  const { pen, theme, viewport } = frame;
  roundedBox(pen, screenBox(frame, box), 12 * viewport.zoom);
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 2;
  pen.stroke();
}

function ring(frame: Frame, item: number, color: string, width: number, halo: string | null): void {
  const { pen, viewport } = frame;
  const at = itemBox(frame, item);
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = 4;
    roundedBox(pen, grown(at, 4), 7 * viewport.zoom + 4);
    pen.stroke();
  }
  pen.strokeStyle = color;
  pen.lineWidth = width;
  roundedBox(pen, grown(at, width / 2), 7 * viewport.zoom + 1);
  pen.stroke();
}
