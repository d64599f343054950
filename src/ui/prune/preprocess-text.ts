import type { Json } from '../../base/json.ts';

/** A field as it is written: words bare, everything else as JSON. */
export const fieldText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What was typed in place of `now`: a field of words takes any, an input may be called 0. */
export function fieldValue(text: string, now: Json): Json {
  if (typeof now === 'string') return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
