import { attributeKey } from '../ir/attribute-key.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { Attribute, Node } from '../ir/model.ts';
import type { GraphId, Shape, ValueId } from '../ir/types.ts';
import { attributeSpec } from '../ops/attributes.ts';
import { opKey } from '../ops/registry.ts';
import type { Facet } from './graph-diff-types.ts';
import type { Matched } from './graph-diff-group.ts';
import type { Couple } from './graph-diff-match.ts';
import { constantOf, constantsOf, producerOf, type Side } from './graph-diff-side.ts';
import { largestDifference, type WeightReader } from './graph-diff-weights.ts';

/** What differs between partners. Reads weights, so that it may take its time. */
export class PairComparison {
  private readonly couple: Couple;
  private readonly matched: Matched;
  private readonly reader: WeightReader;
  private readonly groupOf: { readonly a: ReadonlyMap<number, number>; readonly b: ReadonlyMap<number, number> };

  constructor(couple: Couple, matched: Matched, reader: WeightReader) {
    this.couple = couple;
    this.matched = matched;
    this.reader = reader;
    const members = (side: 'a' | 'b') =>
      new Map(matched.groups.flatMap((group, g) => group[side].map((index) => [index, g] as const)));
    this.groupOf = { a: members('a'), b: members('b') };
  }

  async facets(i: number, j: number): Promise<Facet[]> {
    const { a, b } = this.couple;
    const [left, right] = [a.nodes[i]!, b.nodes[j]!];
    return [
      ...(opKey(left) === opKey(right) && left.overload === right.overload ? [] : [{ kind: 'operator' } as const]),
      ...(a.attributes[i] === b.attributes[j] ? [] : attributeFacets([a, left], [b, right])),
      ...this.inputFacets(left, right),
      ...(await this.constantFacets(left, right)),
      ...this.outputFacets(left, right),
      ...(left.name === right.name ? [] : [{ kind: 'name' } as const]),
    ];
  }

  private inputFacets(left: Node, right: Node): Facet[] {
    const facets: Facet[] = [];
    for (let slot = 0; slot < Math.max(left.inputs.length, right.inputs.length); slot++) {
      const [from, to] = [left.inputs[slot] ?? null, right.inputs[slot] ?? null];
      if (this.source('a', from) !== this.source('b', to)) facets.push({ kind: 'input', slot });
    }
    return facets;
  }

  /** What a value stands for, in words that both sides share; nodes that are on one side only are seen through. */
  private source(which: 'a' | 'b', start: ValueId | null): string {
    const side = this.couple[which];
    let value = start;
    for (let steps = 0; steps <= side.nodes.length; steps++) {
      if (value === null) return 'nothing';
      const port = this.couple.ports[which].get(value);
      if (port !== undefined) return port;
      const index = producerOf(side, value);
      if (index === null) return constantOf(side, value) ? 'constant' : side.model.getValue(value).name;
      const known = this.known(which, index, value);
      if (known !== null) return known;
      value = side.nodes[index]!.inputs.find((id) => id !== null && !constantOf(side, id)) ?? null;
    }
    return 'nothing';
  }

  /** A value of a matched node or of a group; null: its node is free. A node that holds a constant is a constant. */
  private known(which: 'a' | 'b', index: number, value: ValueId): string | null {
    const { matching } = this.matched;
    const group = this.groupOf[which].get(index);
    if (group !== undefined) return `group ${group}`;
    const partner = (which === 'a' ? matching.toB : matching.toA)[index]!;
    const side = this.couple[which];
    if (partner >= 0) return `${which === 'a' ? index : partner}.${side.model.getValue(value).producer?.index}`;
    return constantOf(side, value) ? 'constant' : null;
  }

  private async constantFacets(left: Node, right: Node): Promise<Facet[]> {
    const facets: Facet[] = [];
    const others = new Map(constantsOf(this.couple.b, right).map(({ slot, tensor }) => [slot, tensor]));
    for (const { slot, tensor } of constantsOf(this.couple.a, left)) {
      const other = others.get(slot) ?? this.constantAt(this.couple.b, right, slot);
      if (!other) continue;
      const sameType = tensor.dtype === other.dtype && tensor.shape.join() === other.shape.join();
      const equal = sameType && (await this.reader.equal(tensor, other));
      if (equal === true) continue;
      if (!sameType) facets.push({ kind: 'weight-type', slot });
      else if (equal === null) facets.push({ kind: 'unread', slot });
      else facets.push({ kind: 'weights', slot, largest: largestDifference(tensor, other) });
    }
    return facets;
  }

  /** The constant in a slot, whoever makes it. */
  private constantAt(side: Side, node: Node, slot: number | string) {
    const id = typeof slot === 'number' ? (node.inputs[slot] ?? null) : null;
    return id === null ? null : constantOf(side, id);
  }

  private outputFacets(left: Node, right: Node): Facet[] {
    const { a, b } = this.couple;
    return left.outputs.flatMap((from, slot): Facet[] => {
      const to = right.outputs[slot] ?? null;
      if (from === null || to === null) return [];
      return [
        ...(sameDims(a.analysis.shape(from), b.analysis.shape(to)) ? [] : [{ kind: 'shape', slot } as const]),
        ...(a.analysis.dtype(from) === b.analysis.dtype(to) ? [] : [{ kind: 'dtype', slot } as const]),
      ];
    });
  }
}

const sameDims = (a: Shape, b: Shape): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((dim, i) => dim === b[i]));

/** Attributes of another value. One that is left out is one with its default. */
function attributeFacets(left: Held, right: Held): Facet[] {
  const names = new Set([...left[1].attributes.keys(), ...right[1].attributes.keys()]);
  return [...names]
    .sort()
    .filter((name) => valueKey(left, name, right) !== valueKey(right, name, left))
    .map((name) => ({ kind: 'attribute', name }));
}

/** A node, and the side whose model it stands in. */
type Held = readonly [side: Pick<Side, 'model'>, node: Node];

function valueKey([{ model }, node]: Held, name: string, [, other]: Held): string {
  const attribute: Attribute | undefined = node.attributes.get(name);
  if (attribute) return attributeKey(attribute);
  const fallback = attributeSpec(node, model.opset(node.domain), name)?.fallback ?? null;
  const type = other.attributes.get(name)?.type;
  if (fallback === null || type === undefined) return 'none';
  return `${type} ${String(type === 'float' ? Math.fround(Number(fallback)) : fallback)}`;
}

/** Subgraphs of two partners that hold the same attribute, in order. */
export function* pairedSubgraphs(left: Node, right: Node): Generator<{ readonly a: GraphId; readonly b: GraphId }> {
  const others = [...subgraphs(right)];
  for (const [name, a] of subgraphs(left)) {
    const at = others.findIndex(([other]) => other === name);
    const [found] = at < 0 ? [] : others.splice(at, 1);
    if (found) yield { a, b: found[1] };
  }
}
