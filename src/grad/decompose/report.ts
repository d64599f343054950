import type { Node } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';

/** What became of the nodes that are made of others, in the order in which they were met. */
export interface DecomposeReport {
  readonly replaced: readonly Replaced[];
  readonly left: readonly Left[];
}
interface Place {
  /** Of the model as it came. */
  readonly node: NodeId;
  readonly name: string;
  /** `LSTM`, `com.microsoft.Attention` */
  readonly opType: string;
}
/** `by`: how many nodes took its place. */
export interface Replaced extends Place {
  by: number;
}
/** A node that stays, with the reason as a clause: `its mask is [8]`. */
export interface Left extends Place {
  readonly reason: string;
}

export const placeOf = (node: Node): Place => ({ node: node.id, name: node.name, opType: opKey(node) });

/** What a new node stands for, and who made it. */
export function markMade(made: readonly Node[], for_: Node): void {
  for (const each of made) {
    each.ancestors = for_.ancestors.length > 0 ? for_.ancestors : [for_.id];
    each.madeBy = `decompose/${for_.opType}`;
  }
}
