import { blend, fade } from '../theme.ts';
import type { Frame } from './frame.ts';
import { fontSize, meets, roundedBox, screenBox, textWidth } from './frame.ts';

const DOTS = 20;

/** The dotted ground; dots keep about their distance at every zoom. */
export function paintDots(frame: Frame): void {
  const { context, viewport, width, height, theme } = frame;
  const step = DOTS * viewport.zoom * 2 ** Math.round(-Math.log2(viewport.zoom));
  context.fillStyle = theme.dot;
  const left = ((viewport.x % step) + step) % step;
  const top = ((viewport.y % step) + step) % step;
  for (let y = top; y < height; y += step) {
    for (let x = left; x < width; x += step) context.fillRect(Math.round(x) - 1, Math.round(y) - 1, 2, 2);
  }
}

/** Frames around blocks; names inside them, or above them when far. */
export function paintBlocks(frame: Frame): void {
  const { context, scene, theme, viewport, detail } = frame;
  const labelled = new Map<number, number>();
  const { blocks } = scene.picture.layout;
  // Far, only the frames at the heads of the columns have room above them for a name.
  const topmost = headLine(blocks);
  for (const block of blocks) {
    const box = { left: block.x, top: block.y, right: block.x + block.width, bottom: block.y + block.height };
    if (!meets(box, frame.visible)) continue;
    const at = screenBox(frame, box);
    roundedBox(context, at, 12 * viewport.zoom);
    context.fillStyle = fade(theme.text1, 0.022);
    context.fill();
    context.strokeStyle = theme.lineSoft;
    context.lineWidth = 1;
    context.stroke();
    if (detail === 'far') {
      if (block.y <= topmost + 1) farName(frame, block.name, at, labelled);
    } else header(frame, block, at);
  }
}

/** The height at which the frames that start columns begin: the lowest of the upper ones. */
function headLine(blocks: readonly { readonly x: number; readonly y: number }[]): number {
  const heads = new Map<number, number>();
  for (const { x, y } of blocks) heads.set(x, Math.min(heads.get(x) ?? Infinity, y));
  return Math.max(...heads.values(), 0);
}

/** A name above its frame, unless the name before it on the same line reaches here. */
function farName(
  { context, theme }: Frame,
  name: string,
  at: { x: number; y: number; width: number },
  labelled: Map<number, number>,
): void {
  context.font = `520 11px ${theme.fontUi}`;
  const line = Math.round(at.y / 16);
  const width = textWidth(context, name);
  if ((labelled.get(line) ?? -Infinity) > at.x - 6 || width > at.width * 4) return;
  labelled.set(line, at.x + width);
  context.fillStyle = theme.text3;
  context.textBaseline = 'alphabetic';
  context.fillText(name, at.x, at.y - 4);
}

function header(
  frame: Frame,
  block: { readonly name: string; readonly rows: Int32Array },
  at: { x: number; y: number; width: number },
): void {
  const { context, theme, viewport } = frame;
  const size = fontSize(frame, 11);
  const baseline = at.y + 19 * viewport.zoom + (size - 11 * Math.min(1, viewport.zoom)) / 2;
  const left = at.x + 12 * viewport.zoom;
  context.textBaseline = 'alphabetic';
  context.font = `620 ${size}px ${theme.fontUi}`;
  const width = textWidth(context, block.name);
  context.fillStyle = blend(theme.canvas, theme.text1, 0.978);
  context.fillRect(left - 3, baseline - size, width + 6, size + 3);
  context.fillStyle = theme.text1;
  context.fillText(block.name, left, baseline);
  if (frame.detail !== 'near') return;
  const count = `${block.rows.length} nodes`;
  context.font = `420 ${size}px ${theme.fontUi}`;
  const start = Math.max(left + width + 9, at.x + 131 * viewport.zoom);
  if (start + textWidth(context, count) > at.x + at.width - 8) return;
  context.fillStyle = theme.text3;
  context.fillText(count, start, baseline);
}
