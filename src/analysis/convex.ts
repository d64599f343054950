import type { GrowingTree } from './group-tree.ts';
import type { RowGraph } from './row-graph.ts';

/** A scope that falls into more parts than this is no part of the model; nor is a repeat that falls apart at all. */
const MOST_PARTS = 3;

/**
 * Makes every group such that it can be folded to one box without a cycle, whatever else is folded: inside of each
 * group, what lies in it directly can be put in an order. A group that other rows both read from and feed is split
 * at them; one that would fall to pieces is dropped.
 */
export function makeConvex(tree: GrowingTree, graph: RowGraph): void {
  const state: State = {
    tree,
    graph,
    level: new Int32Array(graph.rows).fill(-1),
    done: new Int32Array(graph.rows).fill(-1),
    child: new Int32Array(graph.rows).fill(-1),
    levels: 0,
  };
  settle(state, -1, Array.from(tree.ofRow.keys()));
}

interface State {
  readonly tree: GrowingTree;
  readonly graph: RowGraph;
  /** [rows] the level that a row was last looked at in, the last one it was ordered in, and its part there. */
  readonly level: Int32Array;
  readonly done: Int32Array;
  readonly child: Int32Array;
  levels: number;
}

/** @param rows all rows inside of the group, ascending */
function settle(state: State, group: number, rows: readonly number[]): void {
  let members: ReadonlyMap<number, readonly number[]> | null = null;
  while (members === null) members = new Level(state, group, rows).order();
  for (const [child, inside] of members) settle(state, child, inside);
}

/** What lies directly in one group, while it is put in an order. A *unit* is a row of its own or `rows + g` for group g. */
class Level {
  private readonly state: State;
  private readonly group: number;
  private readonly rows: readonly number[];
  private readonly level: number;
  private readonly members = new Map<number, number[]>();
  /** Links from what is not in the order yet, by unit. */
  private readonly waiting = new Map<number, number>();
  /** The groups that a group was split into, by the group. */
  private readonly parts = new Map<number, number[]>();
  /** Each group directly inside is a run of rows that follow each other: then there is an order, that of the rows. */
  private readonly isInRuns: boolean;

  constructor(state: State, group: number, rows: readonly number[]) {
    this.state = state;
    this.group = group;
    this.rows = rows;
    this.level = state.levels++;
    const { tree, graph, level, child } = state;
    const begun = new Set<number>();
    let last = -1;
    let isInRuns = true;
    for (const row of rows) {
      level[row] = this.level;
      const part = tree.childBelow(tree.ofRow[row]!, group);
      child[row] = part;
      // What depends on nothing stands with its readers (`gatherConstants`), wherever the file has it.
      if (graph.constant[row] === 0 && part !== last) {
        if (begun.has(part)) isInRuns = false;
        if (part >= 0) begun.add(part);
        last = part;
      }
      if (part < 0) continue;
      const list = this.members.get(part);
      if (list) list.push(row);
      else this.members.set(part, [row]);
    }
    this.isInRuns = isInRuns;
  }

  /** Rows by group directly inside, splitting where there is no order; null: a group was dropped, begin again. */
  order(): ReadonlyMap<number, readonly number[]> | null {
    if (this.isInRuns) return this.members;
    for (const row of this.rows) this.wait(this.unitOf(row), this.openSources(row));
    this.run([...this.waiting.keys()].filter((unit) => this.waiting.get(unit) === 0));
    for (let stuck = this.stuck(); stuck >= 0; stuck = this.stuck()) {
      const parts = this.parts.get(stuck) ?? [stuck];
      this.parts.set(stuck, parts);
      if (parts.length === MOST_PARTS || this.state.tree.kinds[stuck] === 'repeat') {
        this.state.tree.drop((each) => parts.includes(each));
        return null;
      }
      parts.push(this.split(stuck));
    }
    return this.members;
  }

  private unitOf(row: number): number {
    const child = this.state.child[row]!;
    return child < 0 ? row : this.state.graph.rows + child;
  }
  private wait(unit: number, links: number): void {
    this.waiting.set(unit, (this.waiting.get(unit) ?? 0) + links);
  }

  /** Links into a row from other units that are not in the order yet. */
  private openSources(row: number): number {
    const { level, done, graph } = this.state;
    const unit = this.unitOf(row);
    let open = 0;
    for (let i = graph.arriving.starts[row]!; i < graph.arriving.starts[row + 1]!; i++) {
      const source = graph.from[graph.arriving.entries[i]!]!;
      if (level[source] === this.level && done[source] !== this.level && this.unitOf(source) !== unit) open++;
    }
    return open;
  }

  private run(queue: number[]): void {
    const { level, done, graph } = this.state;
    for (let unit = queue.pop(); unit !== undefined; unit = queue.pop()) {
      const rows = unit < graph.rows ? [unit] : this.members.get(unit - graph.rows)!;
      for (const row of rows) done[row] = this.level;
      for (const row of rows) {
        for (let i = graph.leaving.starts[row]!; i < graph.leaving.starts[row + 1]!; i++) {
          const reader = graph.to[graph.leaving.entries[i]!]!;
          const other = this.unitOf(reader);
          if (level[reader] !== this.level || other === unit) continue;
          this.wait(other, -1);
          if (this.waiting.get(other) === 0) queue.push(other);
        }
      }
    }
  }

  /** The group of the first row that could run but for the rest of its group, scopes and repeats first; -1: none. */
  private stuck(): number {
    const { tree, done, child } = this.state;
    let found = -1;
    for (const row of this.rows) {
      if (done[row] === this.level || !this.isReady(row)) continue;
      const group = child[row]!;
      if (tree.holders[group]! < 0) return group;
      if (found < 0) found = group;
    }
    return found;
  }

  private isReady(row: number): boolean {
    const { level, done, graph } = this.state;
    for (let i = graph.arriving.starts[row]!; i < graph.arriving.starts[row + 1]!; i++) {
      const source = graph.from[graph.arriving.entries[i]!]!;
      if (level[source] === this.level && done[source] !== this.level) return false;
    }
    return true;
  }

  /** Parts off and puts in the order what can run without the other groups. Returns the new group of those rows. */
  private split(group: number): number {
    const { tree, graph, child, done } = this.state;
    const [first, rest]: [number[], number[]] = [[], []];
    for (const row of this.members.get(group)!) {
      const ready = this.isReady(row);
      if (ready) done[row] = this.level;
      (ready ? first : rest).push(row);
    }
    const copies = new Map([[group, tree.copy(group, this.group)]]);
    const copyOf = (each: number): number => {
      let copy = copies.get(each);
      if (copy === undefined) copies.set(each, (copy = tree.copy(each, copyOf(tree.parents[each]!))));
      return copy;
    };
    const part = copyOf(group);
    for (const row of first) {
      tree.ofRow[row] = copyOf(tree.ofRow[row]!);
      child[row] = part;
      done[row] = -1;
    }
    this.members.set(part, first);
    this.members.set(group, rest);
    // The links from the rows parted off are counted, so that ordering these takes them off again.
    this.waiting.set(graph.rows + group, 0);
    for (const row of rest) this.wait(graph.rows + group, this.openSources(row));
    this.run([graph.rows + part]);
    return part;
  }
}
