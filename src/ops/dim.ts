import type { Dim } from '../ir/types.ts';
import {
  addPoly,
  compositeOf,
  constantOf,
  constantPoly,
  dividePoly,
  extremePoly,
  floorPoly,
  lowerBound,
  multiplyPoly,
  printPoly,
  substitutePoly,
  symbolsOfPoly,
  unquote,
  type Poly,
} from './poly.ts';
import { parsePoly } from './poly-parse.ts';

/**
 * Exact arithmetic on dimensions. Symbols are whole numbers ≥ 0; what cannot be proven for all of them is null.
 * Numbers may be fractions where contents are floating point; those never mix with symbols.
 */

/** Parsed texts, dropped when there are very many (a bound for long sessions, never a matter of meaning). */
const parsed = new Map<string, Poly>();
const CACHE_LIMIT = 20_000;

function toPoly(dim: number | string): Poly | null {
  if (typeof dim === 'number') return Number.isSafeInteger(dim) ? constantPoly(dim) : null;
  const known = parsed.get(dim);
  if (known) return known;
  const poly = parsePoly(dim);
  if (poly) remember(dim, poly);
  return poly;
}

function remember(text: string, poly: Poly): void {
  if (parsed.size >= CACHE_LIMIT) parsed.clear();
  parsed.set(text, poly);
}

function fromPoly(poly: Poly | null): Dim {
  if (poly === null) return null;
  for (const coefficient of poly.values()) if (!Number.isSafeInteger(coefficient)) return null;
  const constant = constantOf(poly);
  if (constant !== null) return constant;
  const text = printPoly(poly);
  remember(text, poly);
  // A lone odd name stays as the file spells it.
  return /^'[^']*'$/.test(text) ? unquote(text) : text;
}

/** A declared dimension in canonical form: `1 + N` and `N + 1` become the same text. */
export const canonicalDim = (dim: Dim): Dim => {
  if (typeof dim !== 'string') return dim;
  return dim === '' ? null : (fromPoly(toPoly(dim)) ?? dim);
};

type Operation = (a: Poly, b: Poly) => Poly | null;

function symbolic(a: Dim, b: Dim, operation: Operation): Dim {
  if (a === null || b === null) return null;
  const left = toPoly(a);
  const right = toPoly(b);
  return left && right ? fromPoly(operation(left, right)) : null;
}

/** Whole results beyond 2^53 are not exact; −0 becomes 0. */
const safe = (value: number): Dim => (Number.isInteger(value) && !Number.isSafeInteger(value) ? null : value + 0);
const bothNumbers = (a: Dim, b: Dim): boolean => typeof a === 'number' && typeof b === 'number';

export const addDims = (a: Dim, b: Dim): Dim =>
  bothNumbers(a, b) ? safe((a as number) + (b as number)) : symbolic(a, b, addPoly);

export const subDims = (a: Dim, b: Dim): Dim =>
  bothNumbers(a, b) ? safe((a as number) - (b as number)) : symbolic(a, b, (x, y) => addPoly(x, y, -1));

export const mulDims = (a: Dim, b: Dim): Dim => {
  if (a === 0 || b === 0) return 0;
  return bothNumbers(a, b) ? safe((a as number) * (b as number)) : symbolic(a, b, multiplyPoly);
};

/** ⌊a / b⌋; null for b = 0. */
export function floorDivDims(a: Dim, b: Dim): Dim {
  if (b === 0) return null;
  return bothNumbers(a, b) ? safe(Math.floor((a as number) / (b as number))) : symbolic(a, b, floorPoly);
}

/** ⌈a / b⌉ for b > 0. */
export function ceilDivDims(a: Dim, b: number): Dim {
  return floorDivDims(addDims(a, b - 1), b);
}

/** a / b where it is proven to leave no remainder. */
export function exactDivDims(a: Dim, b: Dim): Dim {
  if (b === 0) return null;
  if (!bothNumbers(a, b)) return symbolic(a, b, dividePoly);
  const quotient = (a as number) / (b as number);
  return Number.isInteger(quotient) ? safe(quotient) : null;
}

/** ONNX's integer Div truncates towards 0 (C semantics); equal to the floor where both sides are proven ≥ 0. */
export function truncDivDims(a: Dim, b: Dim): Dim {
  if (b === 0) return null;
  if (bothNumbers(a, b)) return safe(Math.trunc((a as number) / (b as number)));
  const exact = exactDivDims(a, b);
  if (exact !== null) return exact;
  return atLeast(a, 0) && atLeast(b, 0) ? floorDivDims(a, b) : null;
}

/** Proven: a ≥ bound for every value of the symbols. */
export function atLeast(a: Dim, bound: number): boolean {
  if (a === null) return false;
  if (typeof a === 'number') return a >= bound;
  const poly = toPoly(a);
  return poly !== null && lowerBound(poly) >= bound;
}

/** -1, 0 or 1 where the order of a and b is proven, null otherwise. */
export function compareDims(a: Dim, b: Dim): number | null {
  if (a === null || b === null) return null;
  if (a === b) return 0;
  if (bothNumbers(a, b)) return Math.sign((a as number) - (b as number));
  const difference = subDims(a, b);
  if (difference === 0) return 0;
  if (atLeast(difference, 1)) return 1;
  return atLeast(subDims(b, a), 1) ? -1 : null;
}

/** Proven: a ≤ b. */
export function notAbove(a: Dim, b: Dim): boolean {
  if (a === null || b === null) return false;
  if (a === b || atLeast(subDims(b, a), 0)) return true;
  const left = extremeOf(a);
  if (left) return left.kind === 'min' ? left.parts.some(below(b)) : left.parts.every(below(b));
  const right = extremeOf(b);
  if (!right) return false;
  return right.kind === 'max' ? right.parts.some(above(a)) : right.parts.every(above(a));
}
const below =
  (bound: Dim) =>
  (part: Dim): boolean =>
    notAbove(part, bound);
const above =
  (bound: Dim) =>
  (part: Dim): boolean =>
    notAbove(bound, part);

/** The parts of a dimension that is a lone `min(a, b)` or `max(a, b)`. */
export function extremeOf(dim: Dim): { readonly kind: 'min' | 'max'; readonly parts: readonly Dim[] } | null {
  if (typeof dim !== 'string' || !/^m(?:in|ax)\(/.test(dim)) return null;
  toPoly(dim);
  const parts = compositeOf(dim);
  return parts && parts.kind !== 'floor' ? { kind: parts.kind, parts: [fromPoly(parts.a), fromPoly(parts.b)] } : null;
}

export const minDims = (a: Dim, b: Dim): Dim => extreme('min', a, b);
export const maxDims = (a: Dim, b: Dim): Dim => extreme('max', a, b);

function extreme(kind: 'min' | 'max', a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return kind === 'min' ? Math.min(a, b) : Math.max(a, b);
  if (notAbove(a, b)) return kind === 'min' ? a : b;
  if (notAbove(b, a)) return kind === 'min' ? b : a;
  return symbolic(a, b, (x, y) => extremePoly(kind, x, y));
}

export const sumDims = (dims: readonly Dim[]): Dim => dims.reduce(addDims, 0);

/** Product of all dimensions; 1 for none. */
export const productDims = (dims: readonly Dim[]): Dim => (dims.includes(0) ? 0 : dims.reduce(mulDims, 1));

/** Π numerators / Π denominators where it is whole for sure: equal factors cancel first, the rest divides exactly. */
export function quotientOfProducts(numerators: readonly Dim[], denominators: readonly Dim[]): Dim {
  const rest = [...numerators];
  const left: Dim[] = [];
  for (const each of denominators) {
    const at = each === null || each === 0 ? -1 : rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    else left.push(each);
  }
  return exactDivDims(productDims(rest), productDims(left));
}

/** The symbols of a dimension. */
export function symbolsOf(dim: Dim, into: Set<string> = new Set()): Set<string> {
  const poly = typeof dim === 'string' ? toPoly(dim) : null;
  if (poly) symbolsOfPoly(poly, into);
  else if (typeof dim === 'string') into.add(dim);
  return into;
}

/** Replaces symbols by sizes; those without one stay. */
export function bindDim(dim: Dim, sizes: Readonly<Record<string, number>>): Dim {
  if (typeof dim !== 'string') return dim;
  const poly = toPoly(dim);
  if (!poly) return Object.hasOwn(sizes, dim) ? (sizes[dim] ?? null) : dim;
  return fromPoly(substitutePoly(poly, (symbol) => (Object.hasOwn(sizes, symbol) ? (sizes[symbol] ?? null) : null)));
}
