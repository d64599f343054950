import type { Attribute } from './model.ts';
import type { Tensor } from './tensor.ts';

const utf8 = new TextDecoder();

const typeText = ({ dtype, shape }: Tensor): string => `${dtype}[${shape.join()}]`;
/** 0 and -0 are two numbers. */
const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** An attribute's value as text: equal texts are equal values, but for the elements of tensors and for subgraphs. */
export function attributeKey(attribute: Attribute): string {
  switch (attribute.type) {
    case 'tensor':
      return `tensor ${typeText(attribute.value)}`;
    case 'tensors':
      return `tensors ${attribute.value.map(typeText).join()}`;
    case 'sparse-tensor':
      return `sparse ${typeText(attribute.value.values)} ${attribute.value.shape.join()}`;
    case 'sparse-tensors':
      return `sparse ${attribute.value.map((each) => typeText(each.values)).join()}`;
    case 'graph':
      return 'graph';
    case 'graphs':
      return `graphs ${attribute.value.length}`;
    case 'string':
      return `string ${utf8.decode(attribute.value)}`;
    case 'strings':
      return `strings ${JSON.stringify(attribute.value.map((each) => utf8.decode(each)))}`;
    case 'type':
    case 'types':
      return `${attribute.type} ${JSON.stringify(attribute.value)}`;
    case 'reference':
      return `reference ${attribute.name}`;
    case 'int':
    case 'ints':
      return `${attribute.type} ${String(attribute.value)}`;
    case 'float':
      return `float ${numberText(attribute.value)}`;
    case 'floats':
      return `floats ${Array.from(attribute.value, numberText).join()}`;
    default:
      return attribute satisfies never;
  }
}
