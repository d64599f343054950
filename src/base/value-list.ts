import type { Json } from './json.ts';

/** More values than anybody reads. */
export const MOST_VALUES = 200;

const RANGE = /^(-?[\d.]+(?:e[-+]?\d+)?)\s*(?:\.\.|…)\s*(-?[\d.]+(?:e[-+]?\d+)?)\s*(?::\s*(\d+))?$/i;

/**
 * `0.1..0.7:7` → seven numbers from 0.1 to 0.7, both ends among them (without a count: five); `a,b,c` → each as JSON, or as text.
 * A sentence where it is neither.
 */
export function parseValues(text: string): readonly Json[] | string {
  const range = RANGE.exec(text.trim());
  if (range) return rangeOf(Number(range[1]), Number(range[2]), Number(range[3] ?? 5));
  if (text.includes('..')) return `${text.trim()} is no range. A range is FROM..TO:COUNT, as in 0.1..0.7:7.`;
  const values = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map(valueOf);
  if (values.length === 0) return 'No value is given. Give FROM..TO:COUNT, or values with commas between them.';
  return values.length > MOST_VALUES ? `${values.length} values are too many: at most ${MOST_VALUES}.` : values;
}

function rangeOf(from: number, to: number, count: number): readonly number[] | string {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return 'The ends of a range are numbers.';
  if (count < 2 || count > MOST_VALUES) return `A range has 2 to ${MOST_VALUES} values, not ${count}.`;
  // 0.1 + 0.2 is to read 0.3.
  return Array.from({ length: count }, (_, i) => Number((from + ((to - from) * i) / (count - 1)).toPrecision(12)));
}

function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
