import { CHANGE_PATHS } from '../glyphs.tsx';
import { fade } from '../theme.ts';
import type { Frame } from './frame.ts';
import { fontSize, meets, roundedBox, screenBox, textWidth } from './frame.ts';

const HATCH = 8;

/** Nodes that are gone, hatched at their old places. */
export function paintGhosts(frame: Frame): void {
  for (const { box, label } of frame.look.ghosts) if (meets(box, frame.visible)) paintGhost(frame, box, label);
}

function paintGhost(frame: Frame, box: Parameters<typeof screenBox>[1], label: string): void {
  const { context, theme, viewport, detail } = frame;
  const at = screenBox(frame, box);
  context.save();
  roundedBox(context, at, 7 * viewport.zoom);
  context.fillStyle = fade(theme.removed, 0.06);
  context.fill();
  context.strokeStyle = fade(theme.removed, 0.62);
  context.lineWidth = 1.25;
  context.stroke();
  context.clip();
  hatch(frame, at);
  if (detail !== 'far') words(frame, at, label);
  context.restore();
}

/** Lines at 135°. */
function hatch({ context, theme, viewport, detail }: Frame, at: ReturnType<typeof screenBox>): void {
  const step = Math.max(detail === 'far' ? 3 : 5, HATCH * Math.min(1, viewport.zoom));
  context.beginPath();
  for (let x = at.x - at.height; x < at.x + at.width; x += step) {
    context.moveTo(x, at.y + at.height);
    context.lineTo(x + at.height, at.y);
  }
  context.strokeStyle = fade(theme.removed, 0.22);
  context.lineWidth = Math.max(1, step / 2.6);
  context.stroke();
}

function words(frame: Frame, at: ReturnType<typeof screenBox>, label: string): void {
  const { context, theme, viewport } = frame;
  const size = Math.min(12, fontSize(frame, 12));
  if (at.height < size) return;
  const glyph = Math.min(12, size + 1);
  const left = at.x + 12 * Math.min(1, viewport.zoom);
  const middle = at.y + at.height / 2;
  context.font = `520 ${size}px ${theme.fontUi}`;
  context.fillStyle = theme.canvas;
  context.globalAlpha = 0.72;
  roundedBox(
    context,
    { x: left - 4, y: middle - size * 0.8, width: textWidth(context, label) + glyph + 12, height: size * 1.6 },
    3,
  );
  context.fill();
  context.globalAlpha = 1;
  context.save();
  context.translate(left, middle - glyph / 2);
  context.scale(glyph / 12, glyph / 12);
  context.strokeStyle = theme.removed;
  context.lineWidth = 1.75;
  context.lineCap = 'round';
  context.stroke(new Path2D(CHANGE_PATHS.removed));
  context.restore();
  context.fillStyle = theme.text2;
  context.textBaseline = 'middle';
  context.fillText(label, left + glyph + 5, middle + 0.5);
}
