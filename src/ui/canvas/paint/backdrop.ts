import { GROUP_KINDS } from '../../../base/group-kinds.ts';
import type { LayoutBlock } from '../../../layout/types.ts';
import { fade } from '../theme.ts';
import { meets, roundedBox, screenBox, type Frame } from './frame.ts';

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
