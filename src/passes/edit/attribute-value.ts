import { float, floatsAttribute, int, ints, string } from '../../ir/attribute.ts';
import type { Json } from '../../base/json.ts';
import type { Attribute, AttributeType, Model, Node } from '../../ir/model.ts';
import { attributeSpec } from '../../ops/attributes.ts';

/** Attribute types that a person can type in. */
export const EDITABLE = ['int', 'float', 'string', 'ints', 'floats', 'strings'] as const;
export type EditableType = (typeof EDITABLE)[number];

const utf8 = new TextDecoder();
const encoder = new TextEncoder();

const isWhole = (value: Json): value is number => typeof value === 'number' && Number.isSafeInteger(value);
const isNumber = (value: Json): value is number => typeof value === 'number';
const isText = (value: Json): value is string => typeof value === 'string';

function listOf<T extends Json>(value: Json, is: (each: Json) => each is T): readonly T[] | null {
  return Array.isArray(value) && (value as readonly Json[]).every(is) ? (value as readonly T[]) : null;
}

/** A value as an attribute of a type; null: it is none. Whole numbers are exact up to 2^53. */
const FROM: Readonly<Record<EditableType, (value: Json) => Attribute | null>> = {
  int: (value) => (isWhole(value) ? int(value) : null),
  float: (value) => (isNumber(value) ? float(value) : null),
  string: (value) => (isText(value) ? string(value) : null),
  ints: (value) => {
    const list = listOf(value, isWhole);
    return list && ints(list);
  },
  floats: (value) => {
    const list = listOf(value, isNumber);
    return list && floatsAttribute(list);
  },
  strings: (value) => {
    const list = listOf(value, isText);
    return list && { type: 'strings', value: list.map((each) => encoder.encode(each)) };
  },
};

export const attributeFrom = (type: EditableType, value: Json): Attribute | null => FROM[type](value);

/** An attribute's value as JSON; null for types that cannot be typed in. */
export function valueOf(attribute: Attribute): Json {
  switch (attribute.type) {
    case 'int':
      return Number(attribute.value);
    case 'float':
      // As a person wrote it: a float32 has seven digits.
      return Number(attribute.value.toPrecision(7));
    case 'string':
      return utf8.decode(attribute.value);
    case 'ints':
      return attribute.value.map(Number);
    case 'floats':
      return attribute.value.map((each) => Number(each.toPrecision(7)));
    case 'strings':
      return attribute.value.map((each) => utf8.decode(each));
    default:
      return null;
  }
}

/** The type of a node's attribute: of the one that it has, else by its operator's specification; null: not known. */
export function typeOfAttribute(model: Model, node: Node, name: string): AttributeType | null {
  const own = node.attributes.get(name);
  if (own) return own.type === 'reference' ? own.of : own.type;
  return attributeSpec(node, model.opset(node.domain), name)?.type ?? null;
}
