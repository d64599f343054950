import { formatShape } from '../base/format.ts';
import { nodesBelow, type Attribute, type Model, type Node } from '../ir/model.ts';
import { typeText } from '../ir/type-text.ts';
import type { GraphId } from '../ir/types.ts';
import { attributesOf, type AttributeDefault, type AttributeSpec } from '../ops/attributes.ts';
import type { AttributeDetail, TensorRef } from './detail-types.ts';
import { tensorsOf } from './tensor-ref.ts';
import { pictureOf } from './weight-role.ts';

const utf8 = new TextDecoder();
const MOST_ITEMS = 12;
const LONGEST = 80;
/** Of a whole value that crosses to the page, characters. */
const LARGEST = 100_000;

/** A float32 attribute as a person wrote it: `1e-5`, not `0.000009999999747378752`, nor `0.00001`. */
function float32(value: number): string {
  const short = Number(value.toPrecision(7));
  return short !== 0 && Math.abs(short) < 1e-3 ? short.toExponential() : String(short);
}

/** Items of an attribute as words: one for a single value. */
function itemsOf(attribute: Attribute): readonly string[] {
  switch (attribute.type) {
    case 'float':
      return [float32(attribute.value)];
    case 'int':
      return [String(attribute.value)];
    case 'string':
      return [utf8.decode(attribute.value)];
    case 'floats':
      return attribute.value.map(float32);
    case 'ints':
      return attribute.value.map(String);
    case 'strings':
      return attribute.value.map((each) => utf8.decode(each));
    case 'type':
      return [typeText(attribute.value)];
    case 'types':
      return attribute.value.map(typeText);
    case 'reference':
      return [`the function's attribute ${attribute.name}`];
    case 'tensor':
    case 'tensors':
      return tensorsOf(attribute).map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`);
    case 'sparse-tensor':
      return [`sparse ${attribute.value.values.dtype} ${formatShape(attribute.value.shape)}`];
    case 'sparse-tensors':
      return attribute.value.map(({ values, shape }) => `sparse ${values.dtype} ${formatShape(shape)}`);
    case 'graph':
      return ['subgraph'];
    case 'graphs':
      return attribute.value.map(() => 'subgraph');
    default:
      return attribute satisfies never;
  }
}

const isList = ({ type }: Attribute): boolean => /s$/.test(type);

/** An attribute's value in one line; long lists and strings are shortened. */
export function attributeText(attribute: Attribute): { readonly text: string; readonly full: string | null } {
  const items = itemsOf(attribute);
  const whole = items.join(', ');
  if (items.length === 0) return { text: isList(attribute) ? 'empty' : '', full: null };
  if (items.length <= MOST_ITEMS && whole.length <= LONGEST) return { text: whole, full: null };
  const brief = items.slice(0, MOST_ITEMS).join(', ');
  const cut = brief.length > LONGEST ? `${brief.slice(0, LONGEST)}…` : brief;
  const more = items.length > MOST_ITEMS ? `, … (${items.length})` : '';
  return { text: cut + more, full: whole.slice(0, LARGEST) };
}

/** A default as the file would have it: `1, 1`, `NOTSET`; an empty string is quoted, so that it can be seen. */
function fallbackText(fallback: AttributeDefault): string {
  const number = (value: number): string => (Number.isInteger(value) ? String(value) : float32(value));
  if (typeof fallback === 'number') return number(fallback);
  if (typeof fallback === 'string') return fallback === '' ? '""' : fallback;
  return fallback.map((each) => (typeof each === 'number' ? number(each) : each)).join(', ');
}

function graphOf(model: Model, name: string, id: GraphId) {
  const graph = model.getGraph(id);
  const inside = [...nodesBelow(model, graph)];
  return { name: graph.name || name, nodes: inside.length, first: inside[0]?.id ?? null };
}

const graphsOf = (attribute: Attribute): readonly GraphId[] =>
  attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];

function written(
  model: Model,
  node: Node,
  name: string,
  attribute: Attribute,
  spec: AttributeSpec | null,
): Omit<AttributeDetail, 'known'> {
  const { text: words, full } = attributeText(attribute);
  const text = attribute.type === 'string' && words === '' ? '""' : words;
  const type = attribute.type === 'reference' ? attribute.of : attribute.type;
  return {
    name,
    type: type === 'undefined' ? (spec?.type ?? 'undefined') : type,
    standing: 'written',
    redundant: spec?.fallback != null && attribute.type !== 'reference' && fallbackText(spec.fallback) === text,
    text,
    full,
    tensors: tensorsOf(attribute).map(({ dtype, shape }, index) => {
      const ref: TensorRef = { node: node.id, attribute: name, index };
      return { ref, dtype, shape, picture: dtype === 'string' ? null : pictureOf(null, index, shape) };
    }),
    graphs: graphsOf(attribute).map((id) => graphOf(model, name, id)),
  };
}

/** An attribute that the file leaves out. */
function absent({ name, type, required, fallback }: AttributeSpec): AttributeDetail {
  const standing = required ? 'missing' : fallback === null ? 'unset' : 'default';
  const text = fallback === null ? '' : fallbackText(fallback);
  return { name, type, standing, redundant: false, known: true, text, full: null, tensors: [], graphs: [] };
}

/**
 * What the file writes, in its order, then what the operator's specification adds: defaults that hold, and attributes
 * that are not set. Of an operator that no table knows, what is written.
 */
export function attributeDetails(model: Model, node: Node): AttributeDetail[] {
  const specs = attributesOf(node, model.opset(node.domain));
  const byName = new Map(specs?.map((spec) => [spec.name, spec]));
  const given = [...node.attributes].map(([name, attribute]) => ({
    ...written(model, node, name, attribute, byName.get(name) ?? null),
    known: specs === null || byName.has(name),
  }));
  const left = (specs ?? []).filter(({ name }) => !node.attributes.has(name)).map(absent);
  const order = ['missing', 'default', 'unset'];
  return [...given, ...left.sort((a, b) => order.indexOf(a.standing) - order.indexOf(b.standing))];
}
