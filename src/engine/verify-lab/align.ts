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
  const couples = couplesOf(diff);
  const left = new Side(a, new Map(couples), new Map(outputs));
  const right = new Side(b, new Map(couples.map(([x, y]) => [y, x])), new Map(outputs.map(([x, y]) => [y, x])));
  const found = new Map<ValueId, ValueId>();
  const add = (x: ValueId, y: ValueId): void => {
    if (!found.has(y)) found.set(y, x);
  };
  for (const [x, y] of couples) {
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

/** Nodes of A with their partners in B; of several nodes that became one, the last gives its result. */
function couplesOf({ pairs, changes }: GraphDiff): [NodeId, NodeId][] {
  const couples: [NodeId, NodeId][] = [];
  for (let at = 0; at < pairs.length; at += 2) couples.push([pairs[at] as NodeId, pairs[at + 1] as NodeId]);
  for (const { kind, before, after } of changes) {
    const [old, now] = [before.at(-1), after.at(-1)];
    if ((kind === 'fused' || kind === 'split') && old !== undefined && now !== undefined) couples.push([old, now]);
  }
  return couples;
}

class Side {
  private readonly model: Model;
  /** Of a node, and of an output: what it is in the other model. */
  private readonly partners: ReadonlyMap<NodeId, NodeId>;
  private readonly outputs: ReadonlyMap<ValueId, ValueId>;

  constructor(model: Model, partners: ReadonlyMap<NodeId, NodeId>, outputs: ReadonlyMap<ValueId, ValueId>) {
    this.model = model;
    this.partners = partners;
    this.outputs = outputs;
  }

  /** What a value is in the other model by those who read it; null: no reader has a partner. */
  readAs(value: ValueId, other: Model): ValueId | null {
    const port = this.outputs.get(value);
    if (port !== undefined) return port;
    for (const { node, index } of this.model.getValue(value).uses) {
      const partner = this.partners.get(node);
      const read = partner === undefined ? null : other.getNode(partner).inputs[index];
      if (read !== null && read !== undefined) return read;
    }
    return null;
  }

  /** `target`, where nothing but nodes without a partner lies between; else the value itself. */
  follow(value: ValueId, target: ValueId | null): ValueId {
    let at = value;
    for (let step = 0; step <= MOST_STEPS && target !== null; step++) {
      if (at === target) return at;
      const readers = new Set(this.model.getValue(at).uses.map(({ node }) => node));
      const [reader] = readers;
      if (reader === undefined || readers.size > 1 || this.partners.has(reader)) break;
      const [next] = this.model.getNode(reader).outputs;
      if (next === null || next === undefined) break;
      at = next;
    }
    return value;
  }
}
