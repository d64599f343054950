import { SNOWFLAKE } from '../glyphs.tsx';
import type { Hull } from '../look.ts';
import { meets, roundedBox, type Frame } from './frame.ts';

const SIZE = 18;
/** Path data on a grid of 24. */
const TICK = 'M20 6 9 17l-5-5';
const QUESTION = 'M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3M12 17h.01';

/** Ticks, question marks and snowflakes of hulls, which the page has in its DOM, for pictures. */
export function paintMarks(frame: Frame): void {
  if (!frame.wholeNodes || frame.detail === 'far') return;
  for (const hull of frame.look.hulls) {
    const [first] = hull.boxes;
    if (first && hull.kind !== 'group' && meets(first, frame.visible)) mark(frame, hull.kind, first.right, first.top);
  }
}

function mark({ pen, theme, viewport }: Frame, kind: Exclude<Hull['kind'], 'group'>, right: number, top: number): void {
  const x = (right - 2) * viewport.zoom + viewport.x - SIZE / 2;
  const y = (top + 2) * viewport.zoom + viewport.y - SIZE / 2;
  const fills = { on: theme.accentSolid, off: theme.raised, miss: theme.warning, frozen: theme.raised } as const;
  const strokes = { on: theme.onAccent, off: theme.text3, miss: theme.canvas, frozen: theme.text3 } as const;
  roundedBox(pen, { x: x - 2, y: y - 2, width: SIZE + 4, height: SIZE + 4 }, 8);
  pen.fillStyle = theme.canvas;
  pen.fill();
  roundedBox(pen, { x, y, width: SIZE, height: SIZE }, 6);
  pen.fillStyle = fills[kind];
  pen.fill();
  if (kind === 'off') {
    pen.strokeStyle = strokes[kind];
    pen.lineWidth = 1.5;
    pen.stroke();
    return;
  }
  pen.save();
  pen.translate(x + 3, y + 3);
  pen.scale(0.5, 0.5);
  pen.strokeStyle = strokes[kind];
  pen.lineWidth = kind === 'on' ? 2.25 : 2;
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.figure({ on: TICK, miss: QUESTION, frozen: SNOWFLAKE }[kind], 'stroke');
  pen.restore();
}
