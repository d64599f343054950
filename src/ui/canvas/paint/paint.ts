import { paintBlocks, paintDots } from './backdrop.ts';
import type { Frame } from './frame.ts';
import { paintGhosts } from './ghosts.ts';
import { paintFused, paintHulls } from './hulls.ts';
import { paintPills, paintShapes } from './labels.ts';
import { paintFarNodes, paintMiddleNodes, paintPlates } from './nodes.ts';
import { paintWires } from './wires.ts';

/** Paints everything that is not in the DOM: near, that is all but nodes and ticks. */
export function paint(frame: Frame): void {
  frame.context.clearRect(0, 0, frame.width, frame.height);
  if (frame.detail !== 'far') paintDots(frame);
  paintBlocks(frame);
  paintWires(frame);
  if (frame.detail !== 'far') {
    paintHulls(frame);
    paintFused(frame);
  }
  paintGhosts(frame);
  if (frame.detail === 'near') {
    paintPlates(frame);
    paintShapes(frame);
  }
  paintPills(frame);
  if (frame.detail === 'far') {
    paintFarNodes(frame);
    paintHulls(frame);
  } else if (frame.detail === 'middle') paintMiddleNodes(frame);
}
