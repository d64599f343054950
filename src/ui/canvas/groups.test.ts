import { describe, expect, it } from 'vitest';
import { THIN } from '../../base/format.ts';
import { blocksPicture, keyOf } from '../../testing/blocks.ts';
import { FlowNodes } from './flow-nodes.ts';
import { headerAt } from './frames.ts';
import { foldedAround, shownGroup, wishOfGroup, wishOfItem } from './groups.ts';
import { hullBoxes } from './hulls.ts';
import { buildLook } from './look.ts';
import { boxOf, consumersOf, isGroup, itemAt, itemOfGroup, itemOfNode, producersOf, Scene } from './scene.ts';
import type { CanvasTheme } from './theme.ts';
import { describeItem, walk } from './walk.ts';

const scene = new Scene(blocksPicture([1]));
const open = new Scene(blocksPicture([]));
const plain = { overlay: 'operator', sites: [], refusals: [], diff: null, prune: null, matches: null } as const;
const look = buildLook(scene, plain);
const box = itemOfGroup(scene, keyOf(1));
const theme = { families: {}, lineStrong: 'neutral', text3: 'grey' } as unknown as CanvasTheme;

describe('folded groups', () => {
  it('stand as items of their own in place of their rows', () => {
    expect(box).toBe(10);
    expect([103, 104, 105].map((node) => itemOfNode(scene, node))).toEqual([box, box, box]);
    expect(Array.from(scene.order)).not.toContain(4);
    expect(Array.from(scene.order)).toContain(box);
  });

  it('are hit, and hidden rows are not', () => {
    const { left, top } = boxOf(scene.items, box);
    expect(itemAt(scene, left + 5, top + 5)).toBe(box);
  });

  it('are linked to what their rows are linked to, and not to themselves', () => {
    expect(producersOf(scene, box)).toEqual([2]);
    expect(consumersOf(scene, box)).toEqual([6]);
    expect(walk(scene, 2, 'down')).toBe(box);
    expect(walk(scene, box, 'down')).toBe(6);
  });

  it('say their name, copies, size and share of the cost', () => {
    const [group] = look.groups;
    expect(group).toMatchObject({ key: keyOf(1), name: 'b1', copies: 3, size: '3 nodes', cells: [3, 4, 5] });
    // MACs are 9 − row: 6 + 5 + 4 of 45.
    expect(group!.share).toBe(`33.3${THIN}%`);
    expect(describeItem(scene, look, box, null)).toBe('Folded group b1, 3 alike, 3 nodes, 1 producer, 1 consumer');
  });

  it('carry the hulls of sites inside, each once, and the changes of their nodes', () => {
    expect(hullBoxes(scene, [103, 104])).toHaveLength(1);
    expect(hullBoxes(scene, [103, 104])[0]!.left).toBe(boxOf(scene.items, box).left - 8);
    const changed = (added: number[], removed: number[]) =>
      buildLook(scene, { ...plain, diff: { added, removed, changed: [] } }).changes?.get(box);
    expect(changed([103, 104], [])).toBe('added');
    expect(changed([103], [104])).toBe('changed');
  });

  it('are nodes of the page with a button that unfolds', () => {
    const state = { scene, look, theme, selected: box, hovered: -1, lit: null };
    const all = { left: 0, top: 0, right: 9999, bottom: 9999 };
    const nodes = new FlowNodes().items(
      state,
      all,
      () => {},
      () => {},
    );
    const node = nodes.find((each) => each.id === `g${keyOf(1)}`);
    expect(nodes).toHaveLength(8);
    expect(node).toMatchObject({ type: 'folded', data: { name: 'b1', copies: 3, selected: true } });
    const buttons = new FlowNodes().foldButtons(state, all, () => {});
    expect(buttons.map((each) => each.id)).toEqual([`f${keyOf(0)}`, `f${keyOf(2)}`]);
  });
});

describe('what E does', () => {
  it('folds the group of a node, unfolds a folded one, and nothing where there is no group', () => {
    expect(wishOfItem(scene, 0)).toEqual({ keys: [keyOf(0)], folded: true });
    expect(wishOfItem(scene, box)).toEqual({ keys: [keyOf(1)], folded: false });
    expect(wishOfItem(scene, 9)).toBeNull();
  });

  it('turns the selected group over, whichever way it is', () => {
    expect(wishOfGroup(scene, keyOf(1))).toEqual({ keys: [keyOf(1)], folded: false });
    expect(wishOfGroup(scene, keyOf(2))).toEqual({ keys: [keyOf(2)], folded: true });
    expect(wishOfGroup(scene, 'scope gone')).toBeNull();
  });

  it('unfolds the bodies of a node that holds some', () => {
    const { view, layout } = open.picture;
    const groups = { ...view.groups, kinds: Uint8Array.of(0, 2, 0), holders: Int32Array.of(-1, 6, -1) };
    const hidden = layout.hidden.map((_, row) => (row >= 3 && row <= 5 ? 1 : 0));
    const held = new Scene({ view: { ...view, groups }, layout: { ...layout, hidden }, toggled: [] });
    expect(itemOfNode(held, 104)).toBe(6);
    expect([...held.items.holding]).toEqual([[6, 3]]);
    expect(wishOfItem(held, 6)).toEqual({ keys: [keyOf(1)], folded: false });
    expect(foldedAround(held, 104)).toEqual([keyOf(1)]);
    const shown = new Scene({ view: { ...view, groups }, layout, toggled: [keyOf(1)] });
    expect(wishOfItem(shown, 6)).toEqual({ keys: [keyOf(1)], folded: true });
  });
});

describe('where a group is', () => {
  it('is a box when folded, a frame when open', () => {
    expect(shownGroup(scene, keyOf(1))).toMatchObject({ folded: true, copies: 3, nodes: 3 });
    const frame = shownGroup(scene, keyOf(0))!;
    expect(frame.folded).toBe(false);
    expect(headerAt(scene, frame.box.left + 40, frame.box.top + 10)?.group).toBe(0);
    expect(headerAt(scene, frame.box.left + 40, frame.box.bottom - 2)).toBeNull();
  });

  it('is asked for by what hides a node, which unfolds before the node is brought into view', () => {
    expect(foldedAround(scene, 104)).toEqual([keyOf(1)]);
    expect(foldedAround(scene, 100)).toEqual([]);
    expect(isGroup(scene, itemOfNode(scene, 104))).toBe(true);
  });
});
