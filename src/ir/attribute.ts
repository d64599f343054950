import { CodedError } from '../base/error.ts';
import type { Attribute, AttributeType, Node } from './model.ts';
import type { Tensor } from './tensor.ts';
import type { GraphId } from './types.ts';

const utf8 = new TextDecoder();
const encoder = new TextEncoder();

export const int = (value: number | bigint): Attribute => ({ type: 'int', value: BigInt(value) });
export const ints = (value: readonly (number | bigint)[]): Attribute => ({ type: 'ints', value: value.map(BigInt) });
export const float = (value: number): Attribute => ({ type: 'float', value: Math.fround(value) });
export const floatsAttribute = (value: readonly number[]): Attribute => ({
  type: 'floats',
  value: value.map(Math.fround),
});
export const string = (value: string): Attribute => ({ type: 'string', value: encoder.encode(value) });
export const tensorAttribute = (value: Tensor): Attribute => ({ type: 'tensor', value });

/** An int64 as a number; the few beyond ±2^53 (INT64_MAX as "to the end") saturate. */
export const toNumber = (value: bigint): number =>
  Number(
    value > BigInt(Number.MAX_SAFE_INTEGER)
      ? Number.MAX_SAFE_INTEGER
      : value < BigInt(Number.MIN_SAFE_INTEGER)
        ? Number.MIN_SAFE_INTEGER
        : value,
  );

function expect<T extends AttributeType>(node: Node, name: string, type: T): Extract<Attribute, { type: T }> | null {
  const attribute = node.attributes.get(name);
  if (attribute === undefined) return null;
  if (attribute.type !== type) {
    throw new CodedError(
      'invalid-graph',
      `Attribute ${name} of ${node.opType} ${node.name} is of type ${attribute.type}, not ${type}.`,
      { node: node.name, attribute: name },
    );
  }
  return attribute as Extract<Attribute, { type: T }>;
}

export function getInt<D>(node: Node, name: string, fallback: D): number | D {
  const attribute = expect(node, name, 'int');
  return attribute ? toNumber(attribute.value) : fallback;
}
export function getInts<D>(node: Node, name: string, fallback: D): number[] | D {
  const attribute = expect(node, name, 'ints');
  return attribute ? attribute.value.map(toNumber) : fallback;
}
export function getFloat<D>(node: Node, name: string, fallback: D): number | D {
  return expect(node, name, 'float')?.value ?? fallback;
}
export function getFloats<D>(node: Node, name: string, fallback: D): readonly number[] | D {
  return expect(node, name, 'floats')?.value ?? fallback;
}
export function getString<D>(node: Node, name: string, fallback: D): string | D {
  const attribute = expect(node, name, 'string');
  return attribute ? utf8.decode(attribute.value) : fallback;
}
export function getTensor(node: Node, name: string): Tensor | null {
  return expect(node, name, 'tensor')?.value ?? null;
}
export function getGraph(node: Node, name: string): GraphId | null {
  return expect(node, name, 'graph')?.value ?? null;
}

/** Subgraphs that a node holds, with the attribute's name. */
export function* subgraphs(node: Node): Generator<readonly [string, GraphId]> {
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'graph') yield [name, attribute.value];
    if (attribute.type === 'graphs') for (const each of attribute.value) yield [name, each];
  }
}

/** Whether a node carries subgraphs. */
export function holdsGraphs(node: Node): boolean {
  for (const { type } of node.attributes.values()) if (type === 'graph' || type === 'graphs') return true;
  return false;
}
