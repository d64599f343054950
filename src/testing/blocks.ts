import type { Picture } from '../engine/types.ts';
import type { GroupTree } from '../ir/view.ts';
import { layoutGraph } from '../layout/layout.ts';
import type { GraphLayout } from '../layout/types.ts';
import { viewOf, type ViewNode } from './view.ts';

const BLOCK = ['Conv', 'BatchNormalization', 'Clip'] as const;
const BLOCKS = 3;
/** Key of a block's group. */
export const keyOf = (block: number): string => `scope b${block}`;

/**
 * Three blocks of Conv, BatchNormalization and Clip in a row, then a Gemm; each block is a group, and all are alike.
 * Those whose numbers are given are folded: their rows are hidden behind a box at the place of their first.
 */
export function blocksPicture(folded: readonly number[], revision = 1): Picture {
  const nodes: ViewNode[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    BLOCK.forEach((op, i) => {
      const at = 3 * block + i;
      nodes.push({
        op,
        id: 100 + at,
        inputs: [`w${at}`],
        outputs: [`w${at + 1}`],
        name: `/b${block}/${op}`,
        macs: 9 - at,
      });
    });
  }
  const last = nodes.length;
  nodes.push({ op: 'Gemm', id: 100 + last, inputs: [`w${last}`], outputs: ['y'], macs: 0 });
  const plain = viewOf(nodes, ['w0'], ['y']);
  const groups: GroupTree = {
    keys: Array.from({ length: BLOCKS }, (_, block) => keyOf(block)),
    names: Array.from({ length: BLOCKS }, (_, block) => `b${block}`),
    kinds: new Uint8Array(BLOCKS),
    parents: new Int32Array(BLOCKS).fill(-1),
    classes: new Int32Array(BLOCKS),
    holders: new Int32Array(BLOCKS).fill(-1),
    sizes: new Int32Array(BLOCKS).fill(BLOCK.length),
    ofRow: Int32Array.from(nodes, (_, row) => (row < last ? Math.floor(row / 3) : -1)),
  };
  const layout = foldRows(layoutGraph(plain), groups, folded);
  return { view: { ...plain, revision, groups }, layout, toggled: folded.map(keyOf) };
}

const BOX = { width: 176, height: 40 };

function foldRows(layout: GraphLayout, groups: GroupTree, folded: readonly number[]): GraphLayout {
  const rows = layout.x.length;
  const [x, y, hidden] = [layout.x.slice(), layout.y.slice(), new Uint8Array(rows)];
  groups.ofRow.forEach((group, row) => {
    if (!folded.includes(group)) return;
    const first = groups.ofRow.indexOf(group);
    hidden[row] = 1;
    x[row] = x[first]!;
    y[row] = y[first]!;
  });
  const itemOf = (end: number): number => {
    const box = end >= 0 ? folded.indexOf(groups.ofRow[end]!) : -1;
    return box < 0 ? end : rows + box;
  };
  const boxes = folded.map((group) => groups.ofRow.indexOf(group));
  return {
    ...layout,
    x,
    y,
    hidden,
    folded: {
      groups: Int32Array.from(folded),
      x: Float32Array.from(boxes, (row) => x[row]!),
      y: Float32Array.from(boxes, (row) => y[row]!),
      widths: new Float32Array(boxes.length).fill(BOX.width),
      heights: new Float32Array(boxes.length).fill(BOX.height),
    },
    routeSources: layout.routeSources.map(itemOf),
    routeSinks: layout.routeSinks.map(itemOf),
    blocks: Array.from({ length: BLOCKS }, (_, group) => group)
      .filter((group) => !folded.includes(group))
      .map((group) => frameOf(layout, groups, group)),
  };
}

function frameOf(layout: GraphLayout, groups: GroupTree, group: number): GraphLayout['blocks'][number] {
  const rows = Int32Array.from(groups.ofRow.keys()).filter((row) => groups.ofRow[row] === group);
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const [x, y] = [layout.x[first]! - 14, layout.y[first]! - 34];
  const height = layout.y[last]! + layout.heights[last]! + 14 - y;
  return { group, name: groups.names[group]!, x, y, width: 214, height, rows };
}
