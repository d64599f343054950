import { indicesOf, readersByGroup, unreadOf } from './dead/readers.ts';
import type { ChannelGraph, ChannelGroup } from './groups.ts';

/**
 * By group: the atoms that everything which reads the group multiplies by zeros alone. They add nothing wherever they
 * are read, so without them all results are the same up to the order of sums. Null: something reads the group whose
 * operand is not known; nothing is said of it. Reads weights.
 */
export function unreadAtoms(graph: ChannelGraph): readonly (ReadonlySet<number> | null)[] {
  const known = found.get(graph) ?? atomsUnread(graph);
  found.set(graph, known);
  return known;
}

const found = new WeakMap<ChannelGraph, ReturnType<typeof unreadAtoms>>();

function atomsUnread(graph: ChannelGraph): readonly (ReadonlySet<number> | null)[] {
  const readers = readersByGroup(graph);
  return graph.groups.map((group) => {
    const own = readers[group.index];
    if (!own) return null;
    const unread = new Set(own.length > 0 ? group.atoms.keys() : []);
    for (const reader of own) {
      const { place, dim } = reader.input;
      const zeros = unreadOf(graph, reader);
      indicesOf(graph, group.index, place.axes[dim] ?? -1).forEach((indices, atom) => {
        if (indices.some((index) => zeros[index] === 0)) unread.delete(atom);
      });
    }
    return unread;
  });
}

/** Whether a cut takes from a group only what nothing reads; a norm over all of its channels would notice. */
export function onlyUnreadGo(graph: ChannelGraph, group: ChannelGroup, kept: ReadonlySet<number>): boolean {
  const { space } = graph;
  if (space.norms.some(({ axis }) => group.roots.includes(space.root(axis)))) return false;
  const unread = unreadAtoms(graph)[group.index];
  return !!unread && group.atoms.every((_, atom) => kept.has(atom) || unread.has(atom));
}
