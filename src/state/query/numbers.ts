import type { NumberField, Sign, Term } from './types.ts';

const SCALES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, '%': 0.01 };
const NUMBER = /^(>=|<=|>|<|=)([\d.]+)\s*([kmgt%]?)(b?)$/i;

/** `>1%`, `<=2.5M`, `=0`, `?`; null where it is none of these. Decimal scales; `%` of the whole model, for `cost:` only. */
export function parseNumber(field: NumberField, text: string): Term | null {
  if (text === '?') return { kind: 'unknown', field };
  const [, sign, digits, scale = '', unit] = NUMBER.exec(text) ?? [];
  const value = Number(digits) * (SCALES[scale.toLowerCase()] ?? NaN);
  const fits = (scale === '%') === (field === 'cost') && (unit === '' || field === 'bytes');
  return fits && Number.isFinite(value) ? { kind: 'number', field, sign: sign as Sign, value } : null;
}

/** How a field of numbers is written, for messages and suggestions. */
export const NUMBER_EXAMPLES: Readonly<Record<NumberField, readonly string[]>> = {
  cost: ['>1%', '>5%'],
  macs: ['>1M', '=0', '?'],
  params: ['>100k', '=0'],
  bytes: ['>1MB', '=0'],
};

const HOLDS: Readonly<Record<Sign, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
};
/** An unknown number (NaN) is neither more nor less than any other. */
export const holds = (sign: Sign, a: number, b: number): boolean => HOLDS[sign](a, b);
