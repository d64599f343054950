import { GROUP_KINDS, type GroupKind } from '../base/group-kinds.ts';
import type { GroupTree } from '../ir/view.ts';

/** A group tree while it grows: groups are numbers, -1 is the graph itself. */
export class GrowingTree {
  readonly names: string[] = [];
  readonly kinds: GroupKind[] = [];
  readonly parents: number[] = [];
  /** Row of the node that a subgraph or function body belongs to; -1: none. */
  readonly holders: number[] = [];
  /** What sets a group's key apart where its name does not: its first node's name. */
  readonly labels: string[] = [];
  /** [rows] innermost group. */
  readonly ofRow: Int32Array;
  private readonly repeats = new Map<number, number>();
  private readonly children = new Map<string, number>();

  constructor(rows: number) {
    this.ofRow = new Int32Array(rows).fill(-1);
  }

  add(kind: GroupKind, name: string, parent: number, holder = -1, label = name): number {
    this.kinds.push(kind);
    this.names.push(name);
    this.parents.push(parent);
    this.holders.push(holder);
    this.labels.push(label);
    return this.names.length - 1;
  }

  /** The scope of that name inside of a group, made when it is first asked for. */
  scope(parent: number, name: string): number {
    const key = `${parent} ${name}`;
    let group = this.children.get(key);
    if (group === undefined) this.children.set(key, (group = this.add('scope', name, parent)));
    return group;
  }

  /** A part that was found without names: it has a number instead. */
  repeat(parent: number, label: string): number {
    const number = (this.repeats.get(parent) ?? 0) + 1;
    this.repeats.set(parent, number);
    return this.add('repeat', `block ${number}`, parent, -1, label);
  }

  /** A second group like the first, for some of its rows. */
  copy(group: number, parent: number): number {
    return this.add(this.kinds[group]!, this.names[group]!, parent, this.holders[group], this.labels[group]);
  }

  /** The group on the way from `group` up to `ancestor` that lies directly in it; -1: `group` is the ancestor. */
  childBelow(group: number, ancestor: number): number {
    let child = -1;
    for (let each = group; each !== ancestor; each = this.parents[each]!) child = each;
    return child;
  }

  /** A group and those around it, from the inside out, the graph itself at the end. */
  wayUp(group: number): number[] {
    const way = [group];
    for (let each = group; each >= 0;) way.push((each = this.parents[each]!));
    return way;
  }

  /** [groups] rows inside, those of inner groups included. */
  sizes(): Int32Array {
    const sizes = new Int32Array(this.names.length);
    for (const group of this.ofRow) for (let each = group; each >= 0; each = this.parents[each]!) sizes[each]!++;
    return sizes;
  }

  /** Takes groups out: what was in them stands in the nearest group around that stays. */
  drop(goes: (group: number) => boolean): void {
    const stays = this.parents.map((_, group) => !goes(group));
    const around = (group: number): number => {
      let each = group;
      while (each >= 0 && !stays[each]) each = this.parents[each]!;
      return each;
    };
    const parents = this.parents.map(around);
    for (let row = 0; row < this.ofRow.length; row++) this.ofRow[row] = around(this.ofRow[row]!);
    parents.forEach((parent, group) => (this.parents[group] = parent));
  }

  /**
   * The tree with parents before children; groups without rows are left out.
   *
   * @param rows all rows, in the order in which their groups are to be listed
   */
  finish(rows: Int32Array, classesOf: (tree: Omit<GroupTree, 'classes'>) => Int32Array): GroupTree {
    const order: number[] = [];
    const numbers = new Map<number, number>();
    const enter = (group: number): number => {
      const known = numbers.get(group);
      if (group < 0 || known !== undefined) return known ?? -1;
      enter(this.parents[group]!);
      numbers.set(group, order.length);
      return order.push(group) - 1;
    };
    const ofRow = new Int32Array(rows.length);
    for (const row of rows) ofRow[row] = enter(this.ofRow[row]!);
    const sizes = this.sizes();
    const tree = {
      keys: this.keys(order),
      names: order.map((group) => this.names[group]!),
      kinds: Uint8Array.from(order, (group) => GROUP_KINDS.indexOf(this.kinds[group]!)),
      parents: Int32Array.from(order, (group) => numbers.get(this.parents[group]!) ?? -1),
      holders: Int32Array.from(order, (group) => this.holders[group]!),
      sizes: Int32Array.from(order, (group) => sizes[group]!),
      ofRow,
    };
    return { ...tree, classes: classesOf(tree) };
  }

  /** Kind and path; parts of one scope are numbered: `scope:/encoder#2`. */
  private keys(order: readonly number[]): string[] {
    const paths = new Map<number, string>([[-1, '']]);
    const seen = new Map<string, number>();
    return order.map((group) => {
      const path = `${paths.get(this.parents[group]!) ?? ''}/${this.labels[group]!}`;
      const count = (seen.get(path) ?? 0) + 1;
      seen.set(path, count);
      const unique = count === 1 ? path : `${path}#${count}`;
      paths.set(group, unique);
      return `${this.kinds[group]!}:${unique}`;
    });
  }
}
