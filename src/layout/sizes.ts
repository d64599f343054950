import type { GraphView } from '../ir/view.ts';
import type { Items } from './items.ts';
import { FOLDED_HEIGHT, NODE_HEIGHT, NODE_WIDTH, pillWidth, PORT_HEIGHT, SHORT_NODE_HEIGHT } from './metrics.ts';

const PORT_WORDS = 66;

/** Sizes of items that stand in cells of their own. */
export interface Sizes {
  /** [items] */
  readonly widths: Float32Array;
  readonly heights: Float32Array;
}

/** @param kept heights of nodes in the previous layout, by NodeId: they keep them */
export function sizesOf(view: GraphView, items: Items, kept: ReadonlyMap<number, number>): Sizes {
  const widths = new Float32Array(items.count).fill(NODE_WIDTH);
  const heights = new Float32Array(items.count).fill(FOLDED_HEIGHT);
  for (let row = 0; row < items.rows; row++) {
    const short = view.nodeDetails[row] === '' && !(view.macs[row]! > 0);
    heights[row] = kept.get(view.nodeIds[row]!) ?? (short ? SHORT_NODE_HEIGHT : NODE_HEIGHT);
  }
  [...view.inputs, ...view.outputs].forEach((wire, port) => {
    widths[items.rows + port] = pillWidth(view.wireNames[wire]!.length, PORT_WORDS, NODE_WIDTH);
    heights[items.rows + port] = PORT_HEIGHT;
  });
  return { widths, heights };
}
