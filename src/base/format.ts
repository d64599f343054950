/**
 * Numbers as people read them. Measurements have three significant digits, counts are exact up to six digits, units
 * stand after a thin space, minus is a true minus, and what is not known is a dash, never 0.
 */
export const UNKNOWN = '–';
export const THIN = '\u2009';
const MINUS = '−';

type Maybe = number | null | undefined;
const isKnown = (value: Maybe): value is number => value !== null && value !== undefined && !Number.isNaN(value);

/** `-3` becomes `−3`; also in exponents. */
const trueMinus = (text: string): string => text.replaceAll('-', MINUS);

/** `10240` becomes `10 240`; four digits stay together. */
export function formatInteger(value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  const digits = Math.abs(Math.round(value)).toFixed(0);
  const grouped = digits.length <= 4 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN);
  return Math.round(value) < 0 ? MINUS + grouped : grouped;
}

/** Three significant digits without an exponent: `18.9`, `0.210`, `1630`. */
export function formatMeasured(value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001) return formatError(value);
  const rounded = Number(size.toPrecision(3));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(rounded)));
  return trueMinus(value.toFixed(decimals));
}

/** A scaled count: two decimals below 100, one from there on: `14.18`, `300.8`. */
const scaled = (value: number): string => trueMinus(value.toFixed(Math.abs(value) < 99.995 ? 2 : 1));

interface Scale {
  readonly factor: number;
  readonly unit: string;
}
const PLAIN: Scale = { factor: 1, unit: '' };
const COUNTS: readonly Scale[] = [
  { factor: 1e12, unit: 'T' },
  { factor: 1e9, unit: 'G' },
  { factor: 1e6, unit: 'M' },
];
const BYTES: readonly Scale[] = [
  { factor: 1e9, unit: 'GB' },
  { factor: 1e6, unit: 'MB' },
  { factor: 1e3, unit: 'kB' },
  { factor: 1, unit: 'B' },
];

export type Quantity = 'count' | 'bytes' | 'ms';

function scaleFor(kind: Quantity, value: number): Scale {
  if (kind === 'ms') return value >= 10_000 ? { factor: 1000, unit: 's' } : { factor: 1, unit: 'ms' };
  const scales = kind === 'bytes' ? BYTES : COUNTS;
  return scales.find((scale) => value >= scale.factor) ?? (kind === 'bytes' ? { factor: 1, unit: 'B' } : PLAIN);
}

function inScale(kind: Quantity, value: number, scale: Scale): string {
  if (kind === 'ms') return formatMeasured(value / scale.factor);
  return scale.factor === 1 ? formatInteger(value) : scaled(value / scale.factor);
}

const withUnit = (text: string, unit: string): string => (unit === '' ? text : text + THIN + unit);

/** One quantity with its unit: `7.62 MB`, `300.8 M`, `10 240`, `18.9 ms`. */
export function formatQuantity(kind: Quantity, value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  const scale = scaleFor(kind, Math.abs(value));
  return withUnit(inScale(kind, value, scale), scale.unit);
}
export const formatCount = (value: Maybe): string => formatQuantity('count', value);
export const formatBytes = (value: Maybe): string => formatQuantity('bytes', value);
export const formatMs = (value: Maybe): string => formatQuantity('ms', value);

/** Before and after in one unit, which only the second carries: `['14.18', '7.62 MB']`. */
export function formatPair(kind: Quantity, before: Maybe, after: Maybe): readonly [string, string] {
  if (!isKnown(before) || !isKnown(after)) return [formatQuantity(kind, before), formatQuantity(kind, after)];
  const scale = scaleFor(kind, Math.max(Math.abs(before), Math.abs(after)));
  return [inScale(kind, before, scale), withUnit(inScale(kind, after, scale), scale.unit)];
}

/** A difference with its sign: `−6.36 MB`, `+2`, `±0`. */
export function formatDelta(kind: Quantity, value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return '±0';
  return value > 0 ? `+${formatQuantity(kind, value)}` : formatQuantity(kind, value);
}

/** A share of 1: `58 %`, `99.2 %`. */
export function formatShare(share: Maybe, decimals = 0): string {
  return isKnown(share) ? `${trueMinus((share * 100).toFixed(decimals))}${THIN}%` : UNKNOWN;
}

/** Change in per cent, with its sign: `−46.3 %`; `same` where it is below 0.05 %. */
export function formatChange(before: Maybe, after: Maybe): string {
  if (!isKnown(before) || !isKnown(after)) return UNKNOWN;
  if (before === after) return 'same';
  if (before === 0) return UNKNOWN;
  const change = ((after - before) / before) * 100;
  if (Math.abs(change) < 0.05) return 'same';
  return `${change > 0 ? '+' : MINUS}${Math.abs(change).toFixed(1)}${THIN}%`;
}

/** A speed ratio: `1.63×`. */
export const formatRatio = (value: Maybe): string =>
  isKnown(value) ? `${value >= 100 ? value.toFixed(0) : value.toFixed(2)}×` : UNKNOWN;

/** An error in powers: `3.1e−6`; exact zero is `0`. */
export function formatError(value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const text = value.toExponential(1).replace('e+', 'e').replace('.0e', 'e');
  return trueMinus(text.endsWith('e0') ? text.slice(0, -2) : text);
}

/** `1 site`, `50 sites`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatInteger(count)} ${count === 1 ? one : many}`;
