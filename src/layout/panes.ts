import type { Links } from './links.ts';

/**
 * Panes are what has a grid of cells of its own: first the columns, then the boxes of open groups, outer before inner.
 * A box is an item of the pane around it.
 */
export interface Panes {
  readonly columns: number;
  /** [panes] pane around it; columns: -1. */
  readonly parents: Int32Array;
  /** [items, then boxes] pane that it lies in; -1: it has no place. */
  readonly ofItem: Int32Array;
  /** Number of the first box among the items. */
  readonly firstBox: number;
}

export const boxItem = (panes: Panes, pane: number): number => panes.firstBox + pane - panes.columns;

/** The column that a pane lies in. */
export function columnOfPane({ columns, parents }: Panes, pane: number): number {
  let each = pane;
  while (each >= columns) each = parents[each]!;
  return each;
}

/** What one wire does inside of one pane. */
export interface Net {
  readonly wire: number;
  readonly pane: number;
  /** Its number in the pane. */
  readonly index: number;
  /** Item of the pane that it comes from; -1: from outside. */
  readonly source: number;
  /** The same wire inside of the source, where that is a box. */
  readonly inside: Net | null;
  readonly arrivals: Arrival[];
  /** Whether it goes on outside of the pane. */
  leaves: boolean;
  /** The same wire in the next column. */
  next: Net | null;
  /** The same wire in the pane around, where it leaves this one. */
  outer: Net | null;
}

export interface Arrival {
  readonly sink: number;
  /** The same wire inside of the sink, where that is a box. */
  readonly inside: Net | null;
}

/** Takes links apart into nets, by pane. */
export function collectNets(links: Links, panes: Panes, isDrawn: (link: number) => boolean): Net[][] {
  const collector = new NetCollector(panes);
  for (let wire = 0; wire + 1 < links.wireStarts.length; wire++) {
    for (let link = links.wireStarts[wire]!; link < links.wireStarts[wire + 1]!; link++) {
      if (isDrawn(link)) collector.add(wire, links.from[link]!, links.to[link]!);
    }
  }
  return collector.nets;
}

class NetCollector {
  readonly nets: Net[][];
  private readonly panes: Panes;
  /** [panes] the last net that was made there. */
  private readonly last: (Net | undefined)[];

  constructor(panes: Panes) {
    this.panes = panes;
    this.nets = Array.from(panes.parents, () => []);
    this.last = Array.from(panes.parents, () => undefined);
  }

  add(wire: number, source: number, sink: number): void {
    const { panes } = this;
    let item = sink;
    let inside: Net | null = null;
    for (let pane = panes.ofItem[sink]!; ; pane = panes.parents[pane]!) {
      const known = this.at(pane, wire);
      const net =
        known ?? (this.holds(pane, source) ? this.climb(wire, source, pane) : this.make(pane, wire, -1, null));
      net.arrivals.push({ sink: item, inside });
      if (known || net.source >= 0) return;
      if (pane < panes.columns) {
        const leading = this.climb(wire, source, -1);
        leading.leaves = true;
        leading.next = net;
        return;
      }
      item = boxItem(panes, pane);
      inside = net;
    }
  }

  private at(pane: number, wire: number): Net | undefined {
    const net = this.last[pane];
    return net?.wire === wire ? net : undefined;
  }

  /** Whether an item lies in a pane, at whatever depth. */
  private holds(pane: number, item: number): boolean {
    let each = this.panes.ofItem[item]!;
    while (each !== pane && each >= 0) each = this.panes.parents[each]!;
    return each === pane;
  }

  /** Nets of a wire from its source out to a pane, -1: to the column; the last one is returned. */
  private climb(wire: number, source: number, to: number): Net {
    const { panes } = this;
    let pane = panes.ofItem[source]!;
    let net = this.at(pane, wire) ?? this.make(pane, wire, source, null);
    while (pane !== to && pane >= panes.columns) {
      const item = boxItem(panes, pane);
      pane = panes.parents[pane]!;
      const outer: Net = this.at(pane, wire) ?? this.make(pane, wire, item, net);
      net.leaves = true;
      net.outer = outer;
      net = outer;
    }
    return net;
  }

  private make(pane: number, wire: number, source: number, inside: Net | null): Net {
    const index = this.nets[pane]!.length;
    const net = { wire, pane, index, source, inside, arrivals: [], leaves: false, next: null, outer: null };
    this.nets[pane]!.push(net);
    this.last[pane] = net;
    return net;
  }
}
