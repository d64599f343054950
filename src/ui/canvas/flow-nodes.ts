import type { Detail } from './camera.ts';
import type { Hull, Look } from './look.ts';
import { familyIsShown, rowColor } from './look.ts';
import type { MarkFlowNode } from './MarkNode.tsx';
import type { OpFlowNode, OpNodeData } from './OpNode.tsx';
import type { Scene } from './scene.ts';
import { isLeaf } from './scene.ts';
import type { CanvasTheme } from './theme.ts';
import type { Box } from './types.ts';

export type CanvasFlowNode = OpFlowNode | MarkFlowNode;

export interface NodeState {
  readonly scene: Scene;
  readonly look: Look;
  readonly theme: CanvasTheme;
  readonly selected: number;
  readonly hovered: number;
  /** Rows that were not in the picture before; they grow into their place. */
  readonly fresh: ReadonlySet<number>;
}

const GROWN = 6;
const MARK_SIZE = 24;
const NO_HANDLES: NonNullable<OpFlowNode['handles']> = [];

/**
 * React Flow's nodes for what is in view. A node object stays the same object while it looks the same, so that React
 * Flow and React pass over it.
 */
export class FlowNodes {
  private readonly ops = new Map<number, { readonly data: OpNodeData; readonly node: OpFlowNode }>();
  private readonly marks = new Map<string, MarkFlowNode>();
  private scene: Scene | null = null;

  /** Operators (near) in a box of graph units. */
  operators(state: NodeState, box: Box): OpFlowNode[] {
    if (this.scene !== state.scene) this.ops.clear();
    this.scene = state.scene;
    const nodes: OpFlowNode[] = [];
    state.scene.rows.query(box, (row) => nodes.push(this.operator(state, row)));
    return nodes;
  }

  /** Ticks and question marks of hulls in a box. */
  hullMarks(look: Look, box: Box, describe: (hull: Hull) => MarkFlowNode['data'] | null): MarkFlowNode[] {
    const nodes: MarkFlowNode[] = [];
    for (const hull of look.hulls) {
      const first = hull.boxes[0];
      if (!first || first.right < box.left || first.left > box.right) continue;
      if (first.top > box.bottom || first.top < box.top) continue;
      const data = describe(hull);
      if (data) nodes.push(this.mark(`${hull.kind === 'miss' ? 'miss' : 'site'} ${hull.index}`, first, data));
    }
    return nodes;
  }

  private operator(state: NodeState, row: number): OpFlowNode {
    const data = dataOf(state, row);
    const known = this.ops.get(row);
    if (known && sameData(known.data, data)) return known.node;
    const { layout, view } = state.scene.picture;
    const grown = data.mark && !data.leaf ? GROWN : 0;
    const node: OpFlowNode = {
      id: `n${view.nodeIds[row]}`,
      type: 'op',
      position: { x: layout.x[row]!, y: layout.y[row]! - grown / 2 },
      width: layout.widths[row]!,
      height: layout.heights[row]! + grown,
      handles: NO_HANDLES,
      zIndex: 1,
      data,
    };
    this.ops.set(row, { data, node });
    return node;
  }

  private mark(id: string, box: Box, data: MarkFlowNode['data']): MarkFlowNode {
    const x = box.right - 2 - MARK_SIZE / 2;
    const y = box.top + 2 - MARK_SIZE / 2;
    const known = this.marks.get(id);
    if (known && known.position.x === x && known.position.y === y && sameData(known.data, data)) return known;
    const node: MarkFlowNode = {
      id,
      type: 'mark',
      position: { x, y },
      width: MARK_SIZE,
      height: MARK_SIZE,
      handles: NO_HANDLES,
      zIndex: 2,
      data,
    };
    this.marks.set(id, node);
    return node;
  }
}

function sameData(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const key in b) if (a[key] !== b[key]) return false;
  return true;
}

function dataOf({ scene, look, theme, selected, hovered, fresh }: NodeState, row: number): OpNodeData {
  const { view, layout } = scene.picture;
  const plain = familyIsShown(look);
  const mark = look.prune?.get(row) ?? null;
  return {
    op: scene.op(row),
    ordinal: view.nodeOrdinals[row]!,
    detail: view.nodeDetails[row]!,
    family: scene.family(row),
    share: layout.heights[row]! < 40 ? '' : look.heat.text(row),
    bar: look.heat.bars[row]!,
    color: plain || mark ? '' : rowColor(scene, look, theme, row),
    heated: look.heat.steps !== null && look.changes === null && look.prune === null,
    neutral: !plain && !mark,
    change: look.changes?.get(row) ?? null,
    mark,
    selected: row === selected,
    hovered: row === hovered,
    dim: look.matches !== null && !look.matches.has(row),
    fresh: fresh.has(row),
    short: layout.heights[row]! < 40,
    leaf: isLeaf(scene.picture, row),
  };
}

/** Hull marks stay usable a little below the zoom at which nodes leave the DOM. */
export const MARKS_FROM = 0.4;
export const showsOperators = (detail: Detail): boolean => detail === 'near';
