import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { isElementType } from './elements.ts';
import type { Preprocess } from './preprocess.ts';

/** Fields that are one word of a few. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  channels: ['rgb', 'bgr', 'gray'],
  layout: ['nchw', 'nhwc'],
  floats: ['normal', 'uniform'],
};

/** Fields that may be absent (null), and what they are otherwise. */
const PARTS: Readonly<Record<string, (value: Json) => boolean>> = {
  resize: (value) => isResize(value, 'shorter', ['size']) || isResize(value, 'exact', ['width', 'height']),
  crop: (value) => isSizes(value, ['width', 'height']),
};

const entriesOf = (value: Json): Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : {};

const isSizes = (value: Json, keys: readonly string[]): boolean =>
  keys.every((key) => Number.isInteger(entriesOf(value)[key]) && Number(entriesOf(value)[key]) > 0);

function isResize(value: Json, to: string, keys: readonly string[]): boolean {
  const { to: chosen, filter } = entriesOf(value);
  return chosen === to && (filter === 'bilinear' || filter === 'nearest') && isSizes(value, keys);
}

/**
 * The preprocessing with some of its fields changed by hand: `{ scale: 1, channels: 'bgr' }`. Throws `bad-request` for a
 * field that it lacks and for a value that cannot stand there.
 */
export function changePreprocess(preprocess: Preprocess, changes: Readonly<Record<string, Json>>): Preprocess {
  const fields = preprocess as unknown as Readonly<Record<string, Json>>;
  for (const [key, value] of Object.entries(changes)) {
    if (key === 'kind' || !Object.hasOwn(fields, key)) {
      const known = Object.keys(fields).filter((each) => each !== 'kind');
      throw new CodedError(
        'bad-request',
        `Preprocessing of kind ${preprocess.kind} has no field ${key}; it has ${known.join(', ')}.`,
      );
    }
    if (!fits(key, fields[key] ?? null, value)) {
      throw new CodedError(
        'bad-request',
        `${key} cannot be ${JSON.stringify(value)}; now it is ${JSON.stringify(fields[key])}.`,
      );
    }
  }
  return { ...preprocess, ...changes };
}

function fits(key: string, now: Json, value: Json): boolean {
  const part = PARTS[key];
  if (part) return value === null || part(value);
  if (key === 'dtype') return typeof value === 'string' && isElementType(value);
  if (typeof value === 'string') return typeof now === 'string' && (CHOICES[key]?.includes(value) ?? true);
  if (typeof value === 'number') return typeof now === 'number' && Number.isFinite(value);
  if (Array.isArray(value)) return Array.isArray(now) && value.every((each) => Number.isFinite(each));
  return typeof value === typeof now && value !== null && !Array.isArray(now);
}
