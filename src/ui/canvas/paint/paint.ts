import { paintBlocks, paintDots } from './backdrop.ts';
import type { Box } from '../types.ts';
import type { Frame } from './frame.ts';
import { paintFrameNames } from './frame-names.ts';
import { paintGhosts } from './ghosts.ts';
import { paintFused, paintHulls } from './hulls.ts';
import { paintPorts, paintStubs } from './pills.ts';
import { paintInputShapes, paintNodeShapes } from './shapes.ts';
import { paintMarks } from './marks.ts';
import { paintNodes } from './nodes.ts';
import { paintRings } from './rings.ts';
import { paintChevrons, paintGroupWires, paintLiveWires, paintWires } from './wires.ts';

/** What a layer is made of: things that are found by tile, or everything at once. */
type Source = 'tiles' | 'routes' | 'stubs';

interface Layer {
  readonly paint: (frame: Frame) => void;
  readonly of: Source | null;
}

/**
 * From the ground up. Layers of things that are found by tile can be painted in parts. Near nodes are painted where the
 * page does not have them in its DOM.
 */
const STILL: readonly Layer[] = [
  { paint: paintBlocks, of: null },
  { paint: paintWires, of: 'routes' },
  { paint: paintChevrons, of: 'routes' },
  { paint: paintGroupWires, of: null },
  { paint: (frame) => frame.detail !== 'far' && paintHulls(frame), of: null },
  { paint: paintFused, of: null },
  { paint: paintGhosts, of: null },
  { paint: paintNodeShapes, of: 'tiles' },
  { paint: paintInputShapes, of: null },
  { paint: paintPorts, of: null },
  { paint: paintStubs, of: 'stubs' },
  { paint: paintNodes, of: 'tiles' },
  { paint: (frame) => frame.detail === 'far' && paintHulls(frame), of: null },
];

/** Names that reach beyond what they name, and what follows the pointer and the selection: painted in every frame. */
const LIVE: readonly Layer[] = [
  { paint: paintFrameNames, of: null },
  { paint: paintLiveWires, of: null },
  { paint: paintRings, of: null },
];

/** Things that one step of a long painting takes. */
const STEP = 250;

/**
 * Paints everything but the dotted ground, ticks included, in short steps: for pictures of whole graphs.
 *
 * @yields after each step, the layers that are done and their number
 */
export function* paintInSteps(frame: Frame): Generator<{ readonly done: number; readonly total: number }> {
  const layers = [...STILL, ...LIVE, { paint: paintMarks, of: null }];
  const total = layers.length;
  for (const [done, { paint, of }] of layers.entries()) {
    if (of === null) paint(frame);
    else {
      const found: number[] = [];
      frame[of].query(frame.visible, (index) => found.push(index));
      for (let start = 0; start < found.length; start += STEP) {
        const some = found.slice(start, start + STEP);
        paint({ ...frame, [of]: { query: (_: Box, visit: (index: number) => void) => some.forEach(visit) } });
        yield { done: done + start / found.length, total };
      }
    }
    yield { done: done + 1, total };
  }
}

export function paintStill(frame: Frame): void {
  paintDots(frame);
  for (const layer of STILL) layer.paint(frame);
}

export function paintLive(frame: Frame): void {
  for (const layer of LIVE) layer.paint(frame);
}
