import type { Attribute, Node } from '../ir/model.ts';
import type { ValueId, ValueType } from '../ir/types.ts';
import type { Contents } from '../ops/types.ts';

/**
 * A node as inference met it: models are edited in place, so that what a node was has to be kept apart. Attributes are
 * replaced, never changed.
 */
export interface MetNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly (ValueId | null)[];
  readonly outputs: readonly (ValueId | null)[];
  readonly attributes: ReadonlyMap<string, Attribute> | null;
  /** Types that the file declares of the outputs. */
  readonly declared: readonly (ValueType | null)[] | null;
}

export function meet(node: Node, declaredOf: (output: ValueId) => ValueType | null): MetNode {
  const declared = node.outputs.map((output) => (output === null ? null : declaredOf(output)));
  return {
    opType: node.opType,
    domain: node.domain,
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    attributes: node.attributes.size === 0 ? null : new Map(node.attributes),
    declared: declared.some((type) => type !== null) ? declared : null,
  };
}

/** The node is what it was: operator, wiring, attributes, declared results. */
export function isAsMet(node: Node, met: MetNode, declaredOf: (output: ValueId) => ValueType | null): boolean {
  return (
    node.opType === met.opType &&
    node.domain === met.domain &&
    equalLists(node.inputs, met.inputs) &&
    equalLists(node.outputs, met.outputs) &&
    equalAttributes(node.attributes, met.attributes) &&
    node.outputs.every((output, i) => output === null || declaredOf(output) === (met.declared?.[i] ?? null))
  );
}

export const equalContents = (a: Contents | null, b: Contents | null): boolean =>
  a === b || (a !== null && b !== null && equalLists(a, b));

const equalLists = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

function equalAttributes(now: ReadonlyMap<string, Attribute>, then: ReadonlyMap<string, Attribute> | null): boolean {
  if (now.size !== (then?.size ?? 0)) return false;
  for (const [name, attribute] of now) if (then?.get(name) !== attribute) return false;
  return true;
}
