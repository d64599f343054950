import { CHANGE_PATHS } from '../glyphs.tsx';
import { boxOf } from '../scene.ts';
import { blend, fade } from '../theme.ts';
import { fontSize, meets, roundedBox, screenBox, textThatFits, type Frame, type ScreenBox } from './frame.ts';

/** Distance of the hatch's strokes, graph units. */
const HATCH = 7;

/** Nodes that went, at their old places: hatched, struck out of the graph. */
export function paintGhosts(frame: Frame): void {
  const { ghosts } = frame.look;
  if (!ghosts) return;
  for (const row of ghosts.rows) {
    const box = boxOf(ghosts.scene.items, row);
    if (meets(box, frame.visible)) ghost(frame, screenBox(frame, box), ghosts.scene.op(row));
  }
}

function ghost(frame: Frame, at: ScreenBox, op: string): void {
  const { pen, theme, viewport } = frame;
  roundedBox(pen, at, 7 * viewport.zoom);
  pen.fillStyle = blend(theme.removed, theme.canvas, 0.06);
  pen.fill();
  pen.strokeStyle = fade(theme.removed, 0.62);
  pen.lineWidth = frame.detail === 'far' ? 1 : 1.25;
  pen.stroke();
  if (frame.detail === 'far') return;
  pen.save();
  pen.clip();
  hatch(frame, at);
  const size = fontSize(frame, 12) * Math.max(1, viewport.zoom);
  if (at.height > size + 2) words(frame, at, op, size);
  pen.restore();
}

/** Strokes at 135°. */
function hatch({ pen, theme, viewport }: Frame, at: ScreenBox): void {
  const step = HATCH * viewport.zoom;
  pen.beginPath();
  for (let x = at.x - at.height; x < at.x + at.width; x += step) {
    pen.moveTo(x, at.y);
    pen.lineTo(x + at.height, at.y + at.height);
  }
  pen.strokeStyle = fade(theme.removed, 0.2);
  pen.lineWidth = Math.max(1, 2 * viewport.zoom);
  pen.stroke();
}

function words({ pen, theme, viewport }: Frame, at: ScreenBox, op: string, size: number): void {
  const { zoom } = viewport;
  pen.save();
  pen.translate(at.x + 12 * zoom, at.y + at.height / 2 - 6 * zoom);
  pen.scale(zoom, zoom);
  pen.strokeStyle = theme.removed;
  pen.lineWidth = 1.75;
  pen.lineCap = 'round';
  pen.figure(CHANGE_PATHS.removed, 'stroke');
  pen.restore();
  pen.font = `620 ${size}px ${theme.fontUi}`;
  pen.textBaseline = 'middle';
  pen.fillStyle = theme.text2;
  pen.fillText(textThatFits(pen, op, at.width - 40 * zoom), at.x + 30 * zoom, at.y + at.height / 2);
}
