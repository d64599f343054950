import type { NodeId } from '../../ir/types.ts';
import type { ChannelGraph } from '../groups.ts';
import type { DeadGroup } from './types.ts';

/** By node that makes channels which can be cut: the share of its channels that are dead. */
export function deadShares({ space, axes }: ChannelGraph, found: readonly DeadGroup[]): Map<NodeId, number> {
  const kinds = new Map(found.map((dead) => [dead.group.index, dead.kinds]));
  const shares = new Map<NodeId, number>();
  for (const { axis, node, kind } of space.touches) {
    const own = axes.get(space.root(axis));
    if (kind !== 'produces' || !own) continue;
    const dead = own.groups.filter((group, i) => (kinds.get(group)?.[own.atoms[i] ?? -1] ?? null) !== null);
    shares.set(node, dead.length / own.groups.length);
  }
  return shares;
}
