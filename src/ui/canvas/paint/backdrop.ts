import { GROUP_KINDS } from '../../../base/group-kinds.ts';
import { plural } from '../../../base/format.ts';
import type { LayoutBlock } from '../../../layout/types.ts';
import { nameInset, outerFrames } from '../frames.ts';
import { blend, fade } from '../theme.ts';
import {
  fontSize,
  meets,
  roundedBox,
  screenBox,
  textThatFits,
  textWidth,
  type Frame,
  type ScreenBox,
} from './frame.ts';

const DOTS = 20;

/** The dotted ground; dots keep about their distance at every zoom, and lie where they do whatever part is painted. */
export function paintDots(frame: Frame): void {
  if (frame.detail === 'far') return;
  const { pen, viewport, width, height, theme } = frame;
  const step = DOTS * viewport.zoom * 2 ** Math.round(-Math.log2(viewport.zoom));
  pen.fillStyle = theme.dot;
  const left = ((viewport.x % step) + step) % step;
  const top = ((viewport.y % step) + step) % step;
  for (let y = top; y < height + 1; y += step) {
    for (let x = left; x < width + 1; x += step) pen.fillRect(Math.round(x) - 1, Math.round(y) - 1, 2, 2);
  }
}

const boxOfBlock = ({ x, y, width, height }: LayoutBlock) => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** Whether a frame stands around a subgraph that is run again and again: a closed loop. */
function isLoop({ scene }: Frame, { group }: LayoutBlock): boolean {
  const { groups } = scene.picture.view;
  if (group < 0 || GROUP_KINDS[groups.kinds[group]!] !== 'subgraph') return false;
  const holder = groups.holders[group]!;
  return holder >= 0 && LOOPS.has(scene.op(holder));
}
const LOOPS = new Set(['Loop', 'Scan']);

/** Frames around open groups: a dotted hull where a subgraph is a loop. */
export function paintBlocks(frame: Frame): void {
  const { pen, scene, theme, viewport } = frame;
  for (const block of scene.picture.layout.blocks) {
    const box = boxOfBlock(block);
    if (!meets(box, frame.visible)) continue;
    roundedBox(pen, screenBox(frame, box), 12 * viewport.zoom);
    pen.fillStyle = fade(theme.text1, 0.022);
    pen.fill();
    const loop = isLoop(frame, block);
    pen.setLineDash(loop ? [1.5, 3] : []);
    pen.strokeStyle = loop ? theme.text3 : theme.lineSoft;
    pen.lineWidth = loop ? 1.25 : 1;
    pen.stroke();
  }
  pen.setLineDash([]);
}

/** Names of frames: inside them, or above them when far. */
export function paintBlockNames(frame: Frame): void {
  const { blocks } = frame.scene.picture.layout;
  if (frame.detail !== 'far') {
    for (const block of blocks) if (meets(boxOfBlock(block), frame.visible)) header(frame, block);
    return;
  }
  const labelled = new Map<number, number>();
  for (const { block, head } of outerFrames(frame.scene)) {
    if (!meets(boxOfBlock(block), frame.visible)) continue;
    if (head) nameAbove(frame, block, labelled);
    else nameInside(frame, block);
  }
}

/** Far, only frames that start columns have room above them: a name, unless the one before it on its line reaches here. */
function nameAbove(frame: Frame, block: LayoutBlock, labelled: Map<number, number>): void {
  const { pen, theme } = frame;
  const at = screenBox(frame, boxOfBlock(block));
  pen.font = `520 11px ${theme.fontUi}`;
  const line = Math.round(at.y / 16);
  const width = textWidth(pen, block.name);
  if ((labelled.get(line) ?? -Infinity) > at.x - 6 || width > at.width * 4) return;
  labelled.set(line, at.x + width);
  pen.fillStyle = theme.text3;
  pen.textBaseline = 'alphabetic';
  pen.fillText(block.name, at.x, at.y - 4);
}

/** The others have their names in a corner, on a plate, once they are wide and tall enough for that. */
function nameInside(frame: Frame, block: LayoutBlock): void {
  const { pen, theme } = frame;
  const at = screenBox(frame, boxOfBlock(block));
  pen.font = `520 10px ${theme.fontUi}`;
  const width = textWidth(pen, block.name);
  if (width + 10 > at.width || at.height < 64) return;
  roundedBox(pen, { x: at.x + 2, y: at.y + 2, width: width + 6, height: 14 }, 3);
  pen.fillStyle = fade(theme.canvas, 0.82);
  pen.fill();
  pen.fillStyle = theme.text2;
  pen.textBaseline = 'middle';
  pen.fillText(block.name, at.x + 5, at.y + 9.5);
}

function header(frame: Frame, block: LayoutBlock): void {
  const { pen, theme, viewport } = frame;
  const at = screenBox(frame, boxOfBlock(block));
  const size = fontSize(frame, 11) * Math.max(1, viewport.zoom);
  const baseline = at.y + 19 * viewport.zoom + (size - 11 * viewport.zoom) / 2;
  const left = at.x + nameInset(block, viewport.zoom);
  pen.textBaseline = 'alphabetic';
  pen.font = `620 ${size}px ${theme.fontUi}`;
  const name = textThatFits(pen, block.name, at.x + at.width - left - 6);
  const width = textWidth(pen, name);
  plateBehind(frame, left, baseline, width, size);
  pen.fillStyle = theme.text1;
  pen.fillText(name, left, baseline);
  if (frame.detail === 'near') nodeCount(frame, block, at, { left, width, baseline, size });
}

interface Name {
  readonly left: number;
  readonly width: number;
  readonly baseline: number;
  readonly size: number;
}

/** How many nodes are inside, right of the wire that enters. */
function nodeCount({ pen, theme, viewport }: Frame, block: LayoutBlock, at: ScreenBox, name: Name): void {
  const count = plural(block.rows.length, 'node');
  pen.font = `420 ${name.size}px ${theme.fontUi}`;
  const start = Math.max(name.left + name.width + 9, at.x + 131 * viewport.zoom);
  if (start + textWidth(pen, count) > at.x + at.width - 8) return;
  pen.fillStyle = theme.text3;
  pen.fillText(count, start, name.baseline);
}

function plateBehind({ pen, theme }: Frame, left: number, baseline: number, width: number, size: number): void {
  pen.fillStyle = blend(theme.canvas, theme.text1, 0.978);
  pen.fillRect(left - 3, baseline - size, width + 6, size + 3);
}
