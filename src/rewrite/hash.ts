import type { Attribute, Model, Node } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { anchorName } from './graphs.ts';

/** FNV-1a over UTF-16 units, 32 bits, as 8 hexadecimal digits. */
export function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function describeAttribute(attribute: Attribute): string {
  switch (attribute.type) {
    case 'tensor':
      return `${attribute.value.dtype}[${attribute.value.shape.join()}]`;
    case 'graph':
    case 'graphs':
    case 'tensors':
    case 'types':
    case 'type':
    case 'sparse-tensor':
    case 'sparse-tensors':
      return attribute.type;
    case 'reference':
      return `@${attribute.name}`;
    case 'int':
    case 'float':
      return String(attribute.value);
    case 'string':
    case 'strings':
    case 'ints':
    case 'floats':
      return attribute.value.join();
    default:
      return attribute satisfies never;
  }
}

function describeInput(model: Model, value: ValueId | null, places: ReadonlyMap<NodeId, number>): string {
  if (value === null) return '-';
  const { producer, graph } = model.getValue(value);
  const place = producer && places.get(producer.node);
  if (producer && place !== null && place !== undefined) return `${place}.${producer.index}`;
  const tensor = model.getGraph(graph).initializers.get(value);
  return tensor ? `c${tensor.dtype}[${tensor.shape.join()}]` : 'x';
}

/** The shape of a match, free of names and ids: operators, attributes, wiring among its nodes, types of constants. */
export function structuralHash(model: Model, nodes: readonly NodeId[]): string {
  const places = new Map(nodes.map((id, place) => [id, place]));
  const rows = nodes.map((id) => {
    const node = model.getNode(id);
    const attributes = [...node.attributes].map(([name, value]) => `${name}=${describeAttribute(value)}`).sort();
    const inputs = node.inputs.map((value) => describeInput(model, value, places));
    return `${node.domain}:${node.opType}(${inputs.join()}){${attributes.join(';')}}`;
  });
  return fnv1a(rows.join('|'));
}

/** `rule:anchorOutputName:hash`. The rule holds no colon, the name may. `nodes` in an order that the structure gives. */
export function siteKey(model: Model, rule: string, anchor: Node, nodes: readonly NodeId[]): string {
  return `${rule}:${anchorName(model, anchor)}:${structuralHash(model, nodes)}`;
}

/** The parts of a key. */
export function parseSiteKey(key: string): { rule: string; name: string; hash: string } {
  const first = key.indexOf(':');
  const last = key.lastIndexOf(':');
  return {
    rule: key.slice(0, first),
    name: key.slice(first + 1, Math.max(last, first + 1)),
    hash: key.slice(last + 1),
  };
}
