import type { Detail } from './camera.ts';
import { FOLD_LEFT, FOLD_SIZE, FOLD_TOP } from './frames.ts';
import type { FoldFlowNode, GroupFlowNode, GroupNodeData } from './GroupNode.tsx';
import type { Hull, Look } from './look.ts';
import { familyIsShown, itemColor } from './look.ts';
import type { MarkFlowNode } from './MarkNode.tsx';
import type { OpFlowNode, OpNodeData } from './OpNode.tsx';
import { isHeated } from './paint/node-parts.ts';
import type { Lit } from './path.ts';
import type { Scene } from './scene.ts';
import { isGroup, isLeaf } from './scene.ts';
import type { CanvasTheme } from './theme.ts';
import type { Box } from './types.ts';

export type CanvasFlowNode = OpFlowNode | GroupFlowNode | MarkFlowNode | FoldFlowNode;

export interface NodeState {
  readonly scene: Scene;
  readonly look: Look;
  readonly theme: CanvasTheme;
  /** Items; -1: none. */
  readonly selected: number;
  readonly hovered: number;
  readonly lit: Lit | null;
}

/** Folds or unfolds a group, or everything that is built like it. */
export type Fold = (key: string, folded: boolean, copies: boolean) => void;

/** Unfolds what the node at a row holds. */
export type Unfold = (row: number) => void;

const GROWN = 6;
const MARK_SIZE = 24;
/** A node is taller than one of a single line from here on. */
const TALL = 40;
const NO_HANDLES: NonNullable<OpFlowNode['handles']> = [];

/**
 * React Flow's nodes for what is in view. A node object stays the same object while it looks the same, so that React
 * Flow and React pass over it.
 */
export class FlowNodes {
  private readonly known = new Map<string, CanvasFlowNode>();
  private scene: Scene | null = null;

  /** Operators and folded groups (near) in a box of graph units. */
  items(state: NodeState, box: Box, fold: Fold, unfold: Unfold): CanvasFlowNode[] {
    if (this.scene !== state.scene) this.known.clear();
    this.scene = state.scene;
    const nodes: CanvasFlowNode[] = [];
    state.scene.tiles.query(box, (item) =>
      nodes.push(isGroup(state.scene, item) ? this.group(state, item, fold) : this.operator(state, item, unfold)),
    );
    return nodes;
  }

  /** Ticks and question marks of hulls in a box. */
  hullMarks(look: Look, box: Box, describe: (hull: Hull) => MarkFlowNode['data'] | null): CanvasFlowNode[] {
    const nodes: CanvasFlowNode[] = [];
    for (const hull of look.hulls) {
      const first = hull.boxes[0];
      if (!first || first.right < box.left || first.left > box.right) continue;
      if (first.top > box.bottom || first.top < box.top) continue;
      const data = describe(hull);
      if (data) nodes.push(this.mark(`${isSite(hull) ? 'site' : 'miss'} ${hull.index}`, first, data));
    }
    return nodes;
  }

  /** Buttons in the headers of open groups, which fold them. */
  foldButtons({ scene }: NodeState, box: Box, fold: Fold): CanvasFlowNode[] {
    const { view, layout } = scene.picture;
    const nodes: CanvasFlowNode[] = [];
    for (const { group, x, y, width } of layout.blocks) {
      if (group < 0 || x > box.right || x + width < box.left || y > box.bottom || y < box.top) continue;
      const key = view.groups.keys[group]!;
      const data = { key, name: view.groups.names[group]!, fold };
      nodes.push(
        this.keep({
          id: `f${key}`,
          type: 'fold',
          position: { x: x + FOLD_LEFT, y: y + FOLD_TOP },
          width: FOLD_SIZE,
          height: FOLD_SIZE,
          handles: NO_HANDLES,
          zIndex: 2,
          data,
        }),
      );
    }
    return nodes;
  }

  private operator(state: NodeState, row: number, unfold: Unfold): CanvasFlowNode {
    const data = dataOf(state, row, unfold);
    const { items, picture } = state.scene;
    const taller = data.mark && !data.leaf ? GROWN : 0;
    return this.keep({
      id: `n${picture.view.nodeIds[row]}`,
      type: 'op',
      position: { x: items.x[row]!, y: items.y[row]! - taller / 2 },
      width: items.widths[row]!,
      height: items.heights[row]! + taller,
      handles: NO_HANDLES,
      zIndex: 1,
      data,
    });
  }

  private group(state: NodeState, item: number, fold: Fold): CanvasFlowNode {
    const { items } = state.scene;
    const data = groupDataOf(state, item, fold);
    return this.keep({
      id: `g${data.key}`,
      type: 'folded',
      position: { x: items.x[item]!, y: items.y[item]! },
      width: items.widths[item]!,
      height: items.heights[item]!,
      handles: NO_HANDLES,
      zIndex: 1,
      data,
    });
  }

  private mark(id: string, box: Box, data: MarkFlowNode['data']): CanvasFlowNode {
    return this.keep({
      id,
      type: 'mark',
      position: { x: box.right - 2 - MARK_SIZE / 2, y: box.top + 2 - MARK_SIZE / 2 },
      width: MARK_SIZE,
      height: MARK_SIZE,
      handles: NO_HANDLES,
      zIndex: 2,
      data,
    });
  }

  /** The node object of before, if it looks the same. */
  private keep(node: CanvasFlowNode): CanvasFlowNode {
    const known = this.known.get(node.id);
    const still =
      known?.position.x === node.position.x &&
      known.position.y === node.position.y &&
      known.width === node.width &&
      known.height === node.height;
    if (known && still && sameData(known.data, node.data)) return known;
    this.known.set(node.id, node);
    return node;
  }
}

const isSite = ({ kind }: Hull): boolean => kind === 'on' || kind === 'off';

function sameData(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const key in b) if (a[key] !== b[key]) return false;
  return true;
}

/** Colours side by side with hard edges, as a CSS background. */
function stripes(colors: readonly string[]): string {
  const at = (index: number): string => `${((100 * index) / colors.length).toFixed(2)}%`;
  return `linear-gradient(90deg, ${colors.map((color, i) => `${color} ${at(i)} ${at(i + 1)}`).join(', ')})`;
}

function dimmed({ look, lit }: NodeState, item: number): 'none' | 'unmatched' | 'unlit' {
  if (lit && lit.items[item] === 0) return 'unlit';
  return look.matches !== null && !look.matches.has(item) ? 'unmatched' : 'none';
}

function dataOf(state: NodeState, row: number, unfold: Unfold): OpNodeData {
  const { scene, look, theme, selected, hovered } = state;
  const { view } = scene.picture;
  const plain = familyIsShown(look);
  const mark = look.prune?.get(row) ?? null;
  const short = scene.items.heights[row]! < TALL;
  return {
    row,
    op: scene.op(row),
    ordinal: view.nodeOrdinals[row]!,
    detail: view.nodeDetails[row]!,
    family: scene.family(row),
    share: short ? '' : look.heat.text(row),
    bar: look.heat.bars[row]!,
    color: plain || mark ? '' : itemColor(scene, look, theme, row),
    heated: isHeated(look),
    neutral: !plain && !mark,
    change: look.changes?.get(row) ?? null,
    mark,
    widths: look.widths?.get(row) ?? null,
    selected: row === selected,
    hovered: row === hovered,
    dim: dimmed(state, row),
    short,
    leaf: isLeaf(scene, row),
    inside: scene.items.holding.get(row) ?? 0,
    unfold,
  };
}

function groupDataOf(state: NodeState, item: number, fold: Fold): GroupNodeData {
  const { scene, look, theme, selected, hovered } = state;
  const group = look.groups[item - scene.items.rows]!;
  const alone = look.changes !== null || look.pruned !== null;
  return {
    key: group.key,
    name: group.name,
    copies: group.copies,
    size: group.size,
    share: group.share,
    bar: group.bar,
    cells: stripes(group.cells.map((row) => itemColor(scene, look, theme, alone ? item : row))),
    color: isHeated(look) || alone ? itemColor(scene, look, theme, item) : '',
    change: look.changes?.get(item) ?? null,
    selected: item === selected,
    hovered: item === hovered,
    dim: dimmed(state, item),
    fold,
  };
}

/** Hull marks stay usable a little below the zoom at which nodes leave the DOM. */
export const MARKS_FROM = 0.4;
export const showsOperators = (detail: Detail): boolean => detail === 'near';
