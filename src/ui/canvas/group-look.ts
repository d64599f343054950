import { plural } from '../../base/format.ts';
import type { Heat } from './heat.ts';
import { groupOfItem, type Scene } from './scene.ts';

/** What the box of a folded group says. */
export interface GroupLook {
  /** Index into the view's groups. */
  readonly group: number;
  readonly key: string;
  readonly name: string;
  /** Groups of the whole graph that are built like it, itself counted. */
  readonly copies: number;
  /** "412 nodes" */
  readonly size: string;
  /** What the active overlay says of all that is inside, in words. */
  readonly share: string;
  /** Length of the cost bar, 0 to 1. */
  readonly bar: number;
  /** Of the sequential ramp: that of its hottest member, -1: unknown; null where rows are coloured by family. */
  readonly step: number | null;
  /** Members that stand for all of them in a row of cells, evenly taken. */
  readonly cells: readonly number[];
}

const MOST_CELLS = 24;

export function groupLooks(scene: Scene, heat: Heat): GroupLook[] {
  const { groups } = scene.picture.view;
  const counts = new Map<number, number>();
  for (const each of groups.classes) counts.set(each, (counts.get(each) ?? 0) + 1);
  return scene.items.members.map((members, box) => {
    const group = groupOfItem(scene, scene.items.rows + box);
    return {
      group,
      key: groups.keys[group]!,
      name: groups.names[group]!,
      copies: counts.get(groups.classes[group]!) ?? 1,
      size: plural(groups.sizes[group]!, 'node'),
      cells: cellsOf(members),
      ...heat.together(ownCosts(scene, members, scene.items.rows + box)),
    };
  });
}

/** Costs of a node include those of its bodies: rows whose holder is folded into the same box are left out. */
const ownCosts = ({ picture, items }: Scene, members: Int32Array, item: number): Int32Array =>
  members.filter((row) => {
    const holder = picture.view.holders[row]!;
    return holder < 0 || items.ofRow[holder] !== item;
  });

function cellsOf(members: Int32Array): number[] {
  const count = Math.min(MOST_CELLS, members.length);
  return Array.from({ length: count }, (_, cell) => members[Math.floor((cell * members.length) / count)]!);
}
