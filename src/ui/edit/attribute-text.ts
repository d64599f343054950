import type { Json } from '../../base/json.ts';
import type { EditableAttribute } from '../../engine/edit-target.ts';

type EditableType = EditableAttribute['type'];

const isList = (type: EditableType): boolean => type === 'ints' || type === 'floats' || type === 'strings';

/** A value as it stands in a field: `1, 1, 2`. */
export const textOf = (value: Json): string =>
  Array.isArray(value)
    ? value.join(', ')
    : typeof value === 'string'
      ? value
      : value === null
        ? ''
        : JSON.stringify(value);

function numberOf(text: string): Json {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

/** What was typed, as a value of the type; text that is none stays text, so that the pass can say so. */
export function valueOfText(type: EditableType, text: string): Json {
  if (!isList(type)) return type === 'string' ? text : numberOf(text);
  const items = text.trim() === '' ? [] : text.split(/[\s,]+/).filter((item) => item !== '');
  return type === 'strings' ? text.split(',').map((item) => item.trim()) : items.map(numberOf);
}

/** A constant as it is typed for an input: a number, or a list of numbers; nothing typed is none. */
export function constantOfText(text: string): Json {
  if (text.trim() === '') return null;
  const items = text.split(/[\s,]+/).filter((item) => item !== '');
  const values = items.map(numberOf);
  return values.length === 1 ? (values[0] ?? null) : values;
}
