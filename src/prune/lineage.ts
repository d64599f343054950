import type { NodeId } from '../ir/types.ts';
import type { ChannelGraph, ChannelGroup } from './groups.ts';

/** An atom of the model that was cut first. */
interface Origin {
  /** Index of its group there. */
  readonly group: number;
  readonly atom: number;
}

/** Along the axes that a node makes, in the order in which it makes them: where each index comes from. */
type Axes = ReadonlyMap<NodeId, readonly (readonly (Origin | null)[])[]>;

/** Where a group of a pruned model comes from. */
export interface Ancestor {
  readonly group: ChannelGroup;
  /** By atom of the pruned model's group. */
  readonly atoms: readonly number[];
}

/** Which atoms of each group stayed, by its index; groups that are left out stayed whole. */
type Kept = ReadonlyMap<number, ReadonlySet<number>>;

/**
 * Follows channel groups through one cut after another. Keys alone would not do: a group that is down to one atom is no
 * group any more, and where several share an anchor (`name`, `name#1`) the others move up.
 */
export class Lineage {
  private readonly first: ChannelGraph;
  private readonly graph: ChannelGraph;
  private readonly axes: Axes;

  private constructor(first: ChannelGraph, graph: ChannelGraph, axes: Axes) {
    this.first = first;
    this.graph = graph;
    this.axes = axes;
  }

  /** Every group comes from itself. */
  static begin(graph: ChannelGraph): Lineage {
    const axes = mapAxes(graph, (group, atom) => (group < 0 ? null : { group, atom }));
    return new Lineage(graph, graph, axes);
  }

  /** @param next the groups of the model once the others have been cut away */
  cut(kept: Kept, next: ChannelGraph): Lineage {
    const stays = mapAxes(this.graph, (group, atom) => kept.get(group)?.has(atom) ?? true);
    const axes = new Map(
      [...this.axes].map(([node, made]) => [
        node,
        made.map((origins, i) => origins.filter((_, index) => stays.get(node)?.[i]?.[index] ?? true)),
      ]),
    );
    return new Lineage(this.first, next, axes);
  }

  /** By key of the present groups; one whose channels cannot be followed is left out. */
  ancestors(): ReadonlyMap<string, Ancestor> {
    const found = new Map<string, Ancestor>();
    for (const [node, made] of mapAxes(this.graph, (group, atom) => ({ group, atom }))) {
      made.forEach((places, i) => {
        const origins = this.axes.get(node)?.[i];
        if (origins?.length === places.length) this.collect(found, places, origins);
      });
    }
    return found;
  }

  private collect(found: Map<string, Ancestor>, places: readonly Origin[], origins: readonly (Origin | null)[]): void {
    for (const group of this.graph.groups) {
      if (found.has(group.key)) continue;
      const atoms: number[] = [];
      const groups = new Set<number>();
      places.forEach((place, index) => {
        const origin = origins[index];
        if (place.group !== group.index) return;
        groups.add(origin?.group ?? -1);
        atoms[place.atom] = origin?.atom ?? -1;
      });
      const [only = -1] = groups;
      const ancestor = this.first.groups[only];
      if (ancestor && groups.size === 1 && atoms.length === group.atoms.length) {
        found.set(group.key, { group: ancestor, atoms });
      }
    }
  }
}

/** Something for each index of every axis that a node makes; `group` is -1 where no group holds it. */
function mapAxes<T>({ space, axes }: ChannelGraph, of: (group: number, atom: number) => T): Map<NodeId, T[][]> {
  const found = new Map<NodeId, T[][]>();
  for (const { kind, node, axis } of space.touches) {
    if (kind !== 'produces') continue;
    const atoms = axes.get(space.root(axis));
    const { size } = space.axis(axis);
    const made = Array.from({ length: size }, (_, i) => of(atoms?.groups[i] ?? -1, atoms?.atoms[i] ?? 0));
    found.set(node, [...(found.get(node) ?? []), made]);
  }
  return found;
}
