import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Attribute, Model, Node, Value } from '../ir/model.ts';
import type { NodeId, ValueId, ValueType } from '../ir/types.ts';
import { documentationUrl, familyOf, opKey, schemaOf, sinceVersion, slotName } from '../ops/registry.ts';
import type { NodeDetail, PortDetail } from './types.ts';

const utf8 = new TextDecoder();
const MOST_ITEMS = 16;

const list = (items: readonly string[]): string =>
  items.length > MOST_ITEMS ? `${items.slice(0, MOST_ITEMS).join(', ')}, … (${items.length})` : items.join(', ');

/** A float32 attribute as a person wrote it: `1e-5`, not `0.000009999999747378752`. */
const float32 = (value: number): string => String(Number(value.toPrecision(7)));

/** An attribute's value in one line. */
export function attributeText(attribute: Attribute): string {
  switch (attribute.type) {
    case 'float':
      return float32(attribute.value);
    case 'int':
      return String(attribute.value);
    case 'string':
      return utf8.decode(attribute.value);
    case 'floats':
      return list(attribute.value.map(float32));
    case 'ints':
      return list(attribute.value.map(String));
    case 'strings':
      return list(attribute.value.map((each) => utf8.decode(each)));
    case 'tensor':
      return `${attribute.value.dtype} ${attribute.value.shape.join('×') || 'scalar'}`;
    case 'sparse-tensor':
      return `sparse ${attribute.value.values.dtype} ${attribute.value.shape.join('×')}`;
    case 'graph':
      return 'a graph';
    case 'type':
      return attribute.value.kind;
    case 'reference':
      return `the function's attribute ${attribute.name}`;
    case 'tensors':
    case 'graphs':
    case 'sparse-tensors':
    case 'types':
      return `${attribute.value.length} ${attribute.type}`;
    default:
      return attribute satisfies never;
  }
}

function typeText(type: ValueType | null): string {
  if (type === null) return 'unknown';
  if (type.kind !== 'tensor') return type.kind;
  if (type.shape === null) return `${type.dtype} ?`;
  return `${type.dtype} ${type.shape.map((dim) => dim ?? '?').join('×') || 'scalar'}`;
}

/** What a value was in the opened model, in words; null: it is of the opened model, unchanged. */
function originText(model: Model, value: Value): string | null {
  const origin = value.origin;
  if (origin === null) return null;
  if (origin.relation === 'new') return 'new';
  const name = model.values.get(origin.value)?.name ?? 'a value that is gone';
  if (origin.relation === 'sliced') return `${name}, ${origin.kept.length} kept on axis ${origin.axis}`;
  return origin.relation === 'scaled' ? `${name}, scaled` : name;
}

/** `Conv /features/features.0/Conv`: what errors, lists and the command line call a node. */
export function nodeLabel(model: Model, id: NodeId): string {
  const node = model.nodes.get(id);
  if (!node) return `node ${id}`;
  const output = node.outputs.find((each) => each !== null);
  const name = node.name || (output ? model.getValue(output).name : '');
  return `${opKey(node)} ${name}`.trim();
}

function attributes(node: Node): NodeDetail['attributes'] {
  const given = [...node.attributes].map(([name, attribute]) => ({
    name,
    value: attributeText(attribute),
    isDefault: false,
  }));
  const defaults = Object.entries(schemaOf(node)?.defaults ?? {})
    .filter(([name]) => !node.attributes.has(name))
    .map(([name, value]) => ({ name, value: String(value), isDefault: true }));
  return [...given, ...defaults];
}

function port(model: Model, analysis: Analysis, slot: string, id: ValueId): PortDetail {
  const value = model.getValue(id);
  return {
    slot,
    name: value.name,
    type: typeText(analysis.type(id)),
    constant: analysis.constant(id) !== null,
    origin: originText(model, value),
    value: id,
  };
}

const ports = (
  model: Model,
  analysis: Analysis,
  ids: readonly (ValueId | null)[],
  names: (index: number) => string,
): PortDetail[] => ids.flatMap((id, i) => (id === null ? [] : [port(model, analysis, names(i), id)]));

/** Everything the inspector says of a node. `original` names its ancestors. */
export function nodeDetail(model: Model, original: Model, analysis: Analysis, id: NodeId): NodeDetail {
  const node = model.nodes.get(id);
  if (!node) throw new CodedError('bad-request', `There is no node ${id} at this stop.`);
  const cost = analysis.cost(node);
  return {
    node: id,
    opType: node.opType,
    domain: node.domain,
    name: node.name,
    family: familyOf(node),
    since: sinceVersion(node, model.opset(node.domain)),
    documentation: documentationUrl(node.domain, node.opType),
    attributes: attributes(node),
    inputs: ports(model, analysis, node.inputs, (index) => slotName(node, 'inputs', index)),
    outputs: ports(model, analysis, node.outputs, (index) => slotName(node, 'outputs', index)),
    macs: cost.macs,
    elementwise: cost.elementwise,
    parameters: cost.parameters,
    movedBytes: cost.movedBytes,
    ancestors: node.ancestors.map((each) => nodeLabel(original, each)),
    madeBy: node.madeBy,
  };
}
