import type { GraphDiff } from '../../analysis/graph-diff-types.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';

/** Nodes without a partner between a value and the one that it answers to: more are another computation. */
const MOST_STEPS = 8;

/**
 * Values of B by those of A that they must equal, from nodes that were found to be the same. A node may have taken in
 * what follows it (a convolution with its batch norm): its result then answers to what the readers read, not to what
 * the node of the other file gives.
 *
 * @param outputs outputs of the models that answer to each other: [value of A, value of B]
 */
export function alignValues(
  a: Model,
  b: Model,
  diff: GraphDiff,
  outputs: readonly (readonly [ValueId, ValueId])[],
): Map<ValueId, ValueId> {
  const { givers, readers, matched } = couplesOf(diff);
  const left = new Side(a, new Map(readers), matched.a, new Map(outputs));
  const right = new Side(b, new Map(readers.map(swap)), matched.b, new Map(outputs.map(swap)));
  const found = new Map<ValueId, ValueId>();
  const add = (x: ValueId, y: ValueId): void => {
    if (!found.has(y)) found.set(y, x);
  };
  for (const [x, y] of givers) {
    const given = b.getNode(y).outputs;
    a.getNode(x).outputs.forEach((value, slot) => {
      const other = given[slot];
      if (value === null || other === null || other === undefined) return;
      const later = left.follow(value, right.readAs(other, a));
      add(later, later === value ? right.follow(other, left.readAs(value, b)) : other);
    });
  }
  for (const [x, y] of outputs) add(x, y);
  return found;
}

const swap = <T, U>([x, y]: readonly [T, U]): [U, T] => [y, x];

interface Couples {
  /** Nodes of A with their partners in B that give the same: of several nodes that became one, the last. */
  readonly givers: readonly [NodeId, NodeId][];
  /** … that read the same: of several, the first. */
  readonly readers: readonly [NodeId, NodeId][];
  /** Of A, and of B. */
  readonly matched: { readonly a: ReadonlySet<NodeId>; readonly b: ReadonlySet<NodeId> };
}

function couplesOf({ pairs, changes }: GraphDiff): Couples {
  const givers: [NodeId, NodeId][] = [];
  const readers: [NodeId, NodeId][] = [];
  const matched = { a: new Set<NodeId>(), b: new Set<NodeId>() };
  const add = (list: [NodeId, NodeId][], x: NodeId | undefined, y: NodeId | undefined): void => {
    if (x !== undefined && y !== undefined) list.push([x, y]);
  };
  for (let at = 0; at < pairs.length; at += 2) {
    const [x, y] = [pairs[at] as NodeId, pairs[at + 1] as NodeId];
    for (const list of [givers, readers]) add(list, x, y);
    matched.a.add(x);
    matched.b.add(y);
  }
  for (const { kind, before, after } of changes) {
    if (kind !== 'fused' && kind !== 'split') continue;
    add(givers, before.at(-1), after.at(-1));
    add(readers, before[0], after[0]);
    for (const id of before) matched.a.add(id);
    for (const id of after) matched.b.add(id);
  }
  return { givers, readers, matched };
}

class Side {
  private readonly model: Model;
  /** Of a node, and of an output: what it is in the other model. */
  private readonly readers: ReadonlyMap<NodeId, NodeId>;
  private readonly outputs: ReadonlyMap<ValueId, ValueId>;
  private readonly matched: ReadonlySet<NodeId>;

  constructor(
    model: Model,
    readers: ReadonlyMap<NodeId, NodeId>,
    matched: ReadonlySet<NodeId>,
    outputs: ReadonlyMap<ValueId, ValueId>,
  ) {
    this.model = model;
    this.readers = readers;
    this.matched = matched;
    this.outputs = outputs;
  }

  /** What a value is in the other model by those who read it; null: no reader has a partner. */
  readAs(value: ValueId, other: Model): ValueId | null {
    const port = this.outputs.get(value);
    if (port !== undefined) return port;
    for (const { node, index } of this.model.getValue(value).uses) {
      const partner = this.readers.get(node);
      const read = partner === undefined ? null : other.getNode(partner).inputs[index];
      if (read !== null && read !== undefined) return read;
    }
    return null;
  }

  /** `target`, where nothing but nodes without a partner lies between; else the value itself. */
  follow(value: ValueId, target: ValueId | null): ValueId {
    let at = value;
    if (target === null) return value;
    for (let step = 0; step <= MOST_STEPS; step++) {
      if (at === target) return at;
      const readers = new Set(this.model.getValue(at).uses.map(({ node }) => node));
      const [reader] = readers;
      if (reader === undefined || readers.size > 1 || this.matched.has(reader)) break;
      const [next] = this.model.getNode(reader).outputs;
      if (next === null || next === undefined) break;
      at = next;
    }
    return value;
  }
}
