import { GROUP_KINDS } from '../../base/group-kinds.ts';
import { isFolded } from '../../ir/view.ts';
import { groupOfItem, isGroup, itemOfGroup, type Scene } from './scene.ts';
import type { Box } from './types.ts';

/** What folding a selection means: these groups, to that state. */
export interface FoldWish {
  readonly keys: readonly string[];
  readonly folded: boolean;
}

/** Keys of the folded groups that a row is hidden in, outermost first; empty: it is in view. */
export function foldedAround({ picture, rowOf }: Scene, node: number): string[] {
  const row = rowOf.get(node);
  if (row === undefined || picture.layout.hidden[row] === 0) return [];
  const { groups } = picture.view;
  const turned = new Set(picture.toggled);
  const keys: string[] = [];
  for (let group = groups.ofRow[row]!; group >= 0; group = groups.parents[group]!) {
    if (isFolded(groups, group, turned)) keys.unshift(groups.keys[group]!);
  }
  return keys;
}

/** Subgraphs and function bodies of the node at a row. */
function bodiesOf({ picture }: Scene, row: number): number[] {
  const { holders, kinds } = picture.view.groups;
  const isBody = (group: number): boolean => {
    const kind = GROUP_KINDS[kinds[group]!];
    return holders[group] === row && (kind === 'subgraph' || kind === 'function');
  };
  return Array.from(holders.keys()).filter(isBody);
}

/**
 * What `E` and a double click do with an item: a folded group unfolds; the bodies of a node that holds some unfold, or
 * fold when all are open; any other node's group folds. Null: the node stands in no group.
 */
export function wishOfItem(scene: Scene, item: number): FoldWish | null {
  const { picture } = scene;
  const { groups } = picture.view;
  if (isGroup(scene, item)) return { keys: [groups.keys[groupOfItem(scene, item)]!], folded: false };
  const bodies = bodiesOf(scene, item);
  if (bodies.length > 0) {
    const turned = new Set(picture.toggled);
    const hidden = bodies.filter((group) => isFolded(groups, group, turned));
    return {
      keys: (hidden.length > 0 ? hidden : bodies).map((group) => groups.keys[group]!),
      folded: hidden.length === 0,
    };
  }
  const group = groups.ofRow[item] ?? -1;
  return group < 0 ? null : { keys: [groups.keys[group]!], folded: true };
}

/** What `E` does with a selected group, folded or open. */
export function wishOfGroup(scene: Scene, key: string): FoldWish | null {
  const group = scene.picture.view.groups.keys.indexOf(key);
  return group < 0 ? null : { keys: [key], folded: itemOfGroup(scene, key) < 0 };
}

/** A group where it is shown: as a box, or as a frame. */
export interface ShownGroup {
  readonly key: string;
  readonly name: string;
  readonly folded: boolean;
  readonly copies: number;
  readonly nodes: number;
  readonly box: Box;
}

export function shownGroup(scene: Scene, key: string): ShownGroup | null {
  const { picture, items } = scene;
  const { groups } = picture.view;
  const group = groups.keys.indexOf(key);
  if (group < 0) return null;
  const item = itemOfGroup(scene, key);
  const frame = picture.layout.blocks.find((block) => block.group === group);
  const place =
    item >= 0
      ? { x: items.x[item]!, y: items.y[item]!, width: items.widths[item]!, height: items.heights[item]! }
      : frame;
  if (!place) return null;
  const { x, y, width, height } = place;
  let copies = 0;
  for (const each of groups.classes) if (each === groups.classes[group]) copies++;
  return {
    key,
    name: groups.names[group]!,
    folded: item >= 0,
    copies,
    nodes: groups.sizes[group]!,
    box: { left: x, top: y, right: x + width, bottom: y + height },
  };
}
