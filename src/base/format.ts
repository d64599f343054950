/**
 * How numbers are written for people: thin (no-break) spaces, a true minus, three significant digits for measurements,
 * decimal units, `same` where nothing moved, a dash where nothing is known.
 */

/** Narrow no-break space: between groups of digits and before a unit. */
export const THIN = '\u202f';
const MINUS = '\u2212';
/** What is not known: never 0. */
export const UNKNOWN = '–';
/** Changes smaller than this share are no change. */
const SAME = 0.0005;

type Unknowable = number | null | undefined;
const isKnown = (value: Unknowable): value is number => value !== null && value !== undefined && !Number.isNaN(value);

const signed = (value: number, text: string): string => (value < 0 ? MINUS : value > 0 ? '+' : '±') + text;
const minus = (text: string): string => text.replace('-', MINUS);

/** `9999`, `10 240`: exact, digits in groups of three from 10 000 on. */
export function formatInteger(value: Unknowable): string {
  if (!isKnown(value)) return UNKNOWN;
  const digits = Math.abs(Math.round(value)).toFixed(0);
  const grouped = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN);
  return (value < 0 && digits !== '0' ? MINUS : '') + grouped;
}

interface Scale {
  readonly size: number;
  readonly unit: string;
}
const BYTES: readonly Scale[] = [
  { size: 1e12, unit: 'TB' },
  { size: 1e9, unit: 'GB' },
  { size: 1e6, unit: 'MB' },
  { size: 1e3, unit: 'kB' },
  { size: 1, unit: 'B' },
];
const COUNTS: readonly Scale[] = [
  { size: 1e12, unit: 'T' },
  { size: 1e9, unit: 'G' },
  { size: 1e6, unit: 'M' },
  { size: 1e3, unit: 'k' },
  { size: 1, unit: '' },
];

/** The largest scale that keeps the rounded value at 1 or more. */
const scaleFor = (scales: readonly Scale[], value: number): Scale =>
  scales.find(({ size }) => Math.abs(value) >= size * 0.9995) ?? { size: 1, unit: scales.at(-1)?.unit ?? '' };

/** Thousands need one digit after the point at most, larger scales two below 100 and one from there on. */
function inScale(value: number, { size }: Scale): string {
  if (size === 1) return formatInteger(value);
  const scaled = value / size;
  const large = Math.abs(scaled) >= 99.95;
  return minus(scaled.toFixed(size === 1e3 ? (large ? 0 : 1) : large ? 1 : 2));
}
const withUnit = (text: string, unit: string): string => (unit === '' ? text : text + THIN + unit);

/** `14.18 MB`, `6.9 kB`, `760 kB`, `312 B`: decimal units. */
export function formatBytes(value: Unknowable): string {
  if (!isKnown(value)) return UNKNOWN;
  const scale = scaleFor(BYTES, value);
  return withUnit(inScale(value, scale), scale.unit);
}

/** `9999`, `339 k`, `300.8 M`, `4.82 G`: MACs, parameters. */
export function formatCount(value: Unknowable): string {
  if (!isKnown(value)) return UNKNOWN;
  if (Math.abs(value) < 10_000) return formatInteger(value);
  const scale = scaleFor(COUNTS, value);
  return withUnit(inScale(value, scale), scale.unit);
}

/** Two values that share their unit: `14.18 → 7.62 MB` is `{ before: '14.18', after: '7.62', unit: 'MB' }`. */
export interface Pair {
  readonly before: string;
  readonly after: string;
  readonly unit: string;
}

function pairIn(scales: readonly Scale[], exactBelow: number, before: Unknowable, after: Unknowable): Pair {
  const largest = Math.max(isKnown(before) ? Math.abs(before) : 0, isKnown(after) ? Math.abs(after) : 0);
  const scale = largest < exactBelow ? { size: 1, unit: scales.at(-1)?.unit ?? '' } : scaleFor(scales, largest);
  const text = (value: Unknowable) => (isKnown(value) ? inScale(value, scale) : UNKNOWN);
  return { before: text(before), after: text(after), unit: scale.unit };
}
export const bytesPair = (before: Unknowable, after: Unknowable): Pair => pairIn(BYTES, 1000, before, after);
export const countPair = (before: Unknowable, after: Unknowable): Pair => pairIn(COUNTS, 10_000, before, after);

/** `14.18 → 7.62 MB`. */
export const formatPair = ({ before, after, unit }: Pair): string => withUnit(`${before} → ${after}`, unit);

/** A change in percent: `−46.3 %`; `same` below 0.05 %. */
export function formatChange(before: Unknowable, after: Unknowable): string {
  if (!isKnown(before) || !isKnown(after)) return UNKNOWN;
  if (before === after) return 'same';
  if (before === 0) return 'new';
  const change = (after - before) / Math.abs(before);
  if (Math.abs(change) < SAME) return 'same';
  return signed(change, Math.abs(change * 100).toFixed(1) + THIN + '%');
}

/** `−50`, `+3`, `±0`. */
export const formatSigned = (value: Unknowable): string =>
  isKnown(value) ? signed(value, formatInteger(Math.abs(value))) : UNKNOWN;
/** `−201 kB`, `±0 B`. */
export const formatSignedBytes = (value: Unknowable): string =>
  isKnown(value) ? signed(value, formatBytes(Math.abs(value))) : UNKNOWN;
/** `+2.40 M`. */
export const formatSignedCount = (value: Unknowable): string =>
  isKnown(value) ? signed(value, formatCount(Math.abs(value))) : UNKNOWN;

/** A share of a whole, 0 to 1: `34.8 %`, `<0.1 %`, `0 %`. */
export function formatShare(share: Unknowable): string {
  if (!isKnown(share)) return UNKNOWN;
  if (share === 0) return `0${THIN}%`;
  if (share > 0 && share < 0.0005) return `<0.1${THIN}%`;
  return minus((share * 100).toFixed(1)) + THIN + '%';
}

/** By how much something is off, as a share: `+3.2 %`, `−0.4 %`; `<0.1 %` where the sign would say nothing. */
export function formatOff(share: Unknowable): string {
  if (!isKnown(share)) return UNKNOWN;
  const text = formatShare(Math.abs(share));
  return Math.abs(share) < SAME ? text : signed(share, text);
}

/** Three significant digits without an exponent, two digits after the point at most. */
function measured(value: number): string {
  const size = Math.abs(value);
  return minus(value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0));
}

/** A time in ms: `18.9 ms`, `0.21 ms`, `84.3 µs`, `1.24 s`, `3 min 20 s`. */
export function formatMs(ms: Unknowable): string {
  if (!isKnown(ms)) return UNKNOWN;
  const size = Math.abs(ms);
  if (size === 0) return `0${THIN}ms`;
  if (size < 0.0995) return `${measured(ms * 1000)}${THIN}µs`;
  if (size < 999.5) return `${measured(ms)}${THIN}ms`;
  if (size < 99_950) return `${measured(ms / 1000)}${THIN}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}${THIN}min ${seconds % 60}${THIN}s`;
}

/** Times in ms that share their unit. */
export function msPair(before: Unknowable, after: Unknowable): Pair {
  const largest = Math.max(isKnown(before) ? before : 0, isKnown(after) ? after : 0);
  const [scale, unit] = largest >= 999.5 ? [1e-3, 's'] : largest < 0.0995 ? [1e3, 'µs'] : [1, 'ms'];
  const text = (value: Unknowable) => (isKnown(value) ? measured(value * scale) : UNKNOWN);
  return { before: text(before), after: text(after), unit };
}

/** A speed-up: `1.63×`, `12.4×`. */
export function formatRatio(ratio: Unknowable): string {
  return isKnown(ratio) ? `${measured(ratio)}×` : UNKNOWN;
}

/** A speed-up with its 95 % interval: `1.63×, 1.58 to 1.68`. */
export const formatRatioInterval = (ratio: Unknowable, interval: readonly [number, number] | null): string =>
  interval === null
    ? formatRatio(ratio)
    : `${formatRatio(ratio)}, ${measured(interval[0])} to ${measured(interval[1])}`;

/** An error in powers: `3.1e−6`; exactly 0 is `0`. */
export function formatError(value: Unknowable): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const [mantissa, exponent] = value.toExponential(1).split('e');
  return minus(`${mantissa}e${Number(exponent)}`.replaceAll('-', MINUS));
}

/** A value of a tensor: three significant digits, powers where they are shorter. */
export function formatValue(value: Unknowable): string {
  if (!isKnown(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return formatError(value);
  return minus(String(Number(value.toPrecision(3))));
}

/** `1×192×14×14`; `scalar` for rank 0, `?` where a dimension or the rank is not known. */
export function formatShape(shape: readonly (number | string | null)[] | null): string {
  if (shape === null) return '?';
  return shape.length === 0 ? 'scalar' : shape.map((dim) => dim ?? '?').join('×');
}

/** `1 site`, `50 sites`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatInteger(count)} ${count === 1 ? one : many}`;

/** A name that is too long loses its beginning: the end tells names apart. */
export const cutLeft = (name: string, length: number): string =>
  name.length <= length ? name : `…${name.slice(name.length - length + 1)}`;

/** `com.microsoft.FusedConv` → `FusedConv`: an operator as lists and the canvas show it. */
export const plainOperator = (opType: string): string => opType.slice(opType.lastIndexOf('.') + 1);

/** As people say it: the domain goes, long words shorten. */
export const shortOperator = (opType: string): string =>
  plainOperator(opType).replace('Normalization', 'Norm').replace('Average', 'Avg');
