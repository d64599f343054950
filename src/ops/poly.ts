/**
 * Polynomials with integer coefficients over the symbols of a model, in a canonical form: equal polynomials print the
 * same. An atom is a symbol (`batch`), a quoted name that is no identifier (`'my dim!'`), or what does not simplify: a
 * floor division (`floor((H + 1)/2)`), a `min(a, b)` or a `max(a, b)`. A monomial is its atoms, sorted, joined by line
 * feeds; the empty one is 1.
 */
export type Poly = ReadonlyMap<string, number>;

const SEPARATOR = '\n';
const ONE = '';

export const constantPoly = (value: number): Poly => (value === 0 ? new Map() : new Map([[ONE, value]]));
export const atomPoly = (atom: string): Poly => new Map([[atom, 1]]);

/** The value of a polynomial without symbols; null otherwise. */
export function constantOf(poly: Poly): number | null {
  if (poly.size === 0) return 0;
  return poly.size === 1 ? (poly.get(ONE) ?? null) : null;
}

/** a + scale·b */
export function addPoly(a: Poly, b: Poly, scale = 1): Poly {
  const sum = new Map(a);
  for (const [key, coefficient] of b) addTerm(sum, key, coefficient * scale);
  return sum;
}

export function multiplyPoly(a: Poly, b: Poly): Poly {
  const product = new Map<string, number>();
  for (const [left, x] of a) for (const [right, y] of b) addTerm(product, multiplyKeys(left, right), x * y);
  return product;
}

/** a / b where it leaves no remainder; null otherwise. */
export function dividePoly(a: Poly, b: Poly): Poly | null {
  const lead = leading(b);
  if (lead === null) return null;
  const quotient = new Map<string, number>();
  let rest = a;
  for (let term = leading(rest); term !== null; term = leading(rest)) {
    const key = divideKeys(term[0], lead[0]);
    const coefficient = term[1] / lead[1];
    if (key === null || !Number.isInteger(coefficient)) return null;
    addTerm(quotient, key, coefficient);
    rest = addPoly(rest, multiplyPoly(b, new Map([[key, coefficient]])), -1);
  }
  return quotient;
}

/**
 * ⌊a / b⌋ for b ≠ 0. Exact laws bring it to canonical form: whole multiples leave the floor, ⌊(g·x + c) / (g·q)⌋ =
 * ⌊(x + ⌊c/g⌋) / q⌋, and ⌊(⌊x/p⌋ + n) / q⌋ = ⌊(x + p·n) / (p·q)⌋ for positive whole p, q and whole x, n.
 */
export function floorPoly(a: Poly, b: Poly): Poly {
  const exact = dividePoly(a, b);
  if (exact) return exact;
  const divisor = constantOf(b);
  return divisor !== null && divisor > 0 ? floorByConstant(a, divisor) : atomPoly(floorAtom(a, b));
}

function floorByConstant(a: Poly, divisor: number): Poly {
  const whole = new Map<string, number>();
  const rest = new Map<string, number>();
  for (const [key, coefficient] of a) {
    const quotient = Math.floor(coefficient / divisor);
    addTerm(whole, key, quotient);
    addTerm(rest, key, coefficient - quotient * divisor);
  }
  if (constantOf(rest) !== null) return whole;
  const nested = flattenNested(rest, divisor) ?? reduceCommon(rest, divisor);
  return addPoly(whole, nested ?? atomPoly(floorAtom(rest, constantPoly(divisor))));
}

function flattenNested(rest: Poly, divisor: number): Poly | null {
  for (const [key, coefficient] of rest) {
    const parts = coefficient === 1 ? compositeOf(key) : null;
    const inner = parts?.kind === 'floor' ? constantOf(parts.b) : null;
    if (!parts || inner === null || inner <= 0) continue;
    const others = new Map(rest);
    others.delete(key);
    const numerator = addPoly(parts.a, others, inner);
    return floorByConstant(numerator, inner * divisor);
  }
  return null;
}

function reduceCommon(rest: Poly, divisor: number): Poly | null {
  let common = divisor;
  for (const [key, coefficient] of rest) if (key !== ONE) common = greatestCommonDivisor(common, coefficient);
  if (common === 1) return null;
  const reduced = new Map<string, number>();
  for (const [key, coefficient] of rest) addTerm(reduced, key, Math.floor(coefficient / common));
  return floorByConstant(reduced, divisor / common);
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);

/** The least value that is proven, every symbol being a size ≥ 0; -Infinity when nothing is. */
export function lowerBound(poly: Poly): number {
  let bound = 0;
  for (const [key, coefficient] of poly) {
    if (key === ONE) bound += coefficient;
    else if (coefficient < 0) return -Infinity;
    else bound += coefficient * monomialBound(key);
  }
  return bound;
}

function monomialBound(key: string): number {
  const atoms = key.split(SEPARATOR);
  const bounds = atoms.map(atomBound);
  if (bounds.every((bound) => bound >= 0)) return bounds.reduce((product, bound) => product * bound, 1);
  return atoms.length === 1 ? (bounds[0] ?? -Infinity) : -Infinity;
}

function atomBound(atom: string): number {
  const parts = compositeOf(atom);
  if (!parts) return 0;
  const [a, b] = [lowerBound(parts.a), lowerBound(parts.b)];
  switch (parts.kind) {
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
    case 'floor': {
      const divisor = constantOf(parts.b);
      if (divisor !== null && divisor > 0) return Math.floor(a / divisor);
      return a >= 0 && b > 0 ? 0 : -Infinity;
    }
  }
}

/** Symbols that a polynomial depends on, those inside floors included. */
export function symbolsOfPoly(poly: Poly, into: Set<string>): void {
  for (const key of poly.keys()) {
    if (key === ONE) continue;
    for (const atom of key.split(SEPARATOR)) {
      const parts = compositeOf(atom);
      if (parts) {
        symbolsOfPoly(parts.a, into);
        symbolsOfPoly(parts.b, into);
      } else into.add(unquote(atom));
    }
  }
}

/** Replaces symbols; those that `bind` answers with null stay. */
export function substitutePoly(poly: Poly, bind: (symbol: string) => number | null): Poly {
  let sum: Poly = new Map();
  for (const [key, coefficient] of poly) {
    let product = constantPoly(coefficient);
    if (key !== ONE) {
      for (const atom of key.split(SEPARATOR)) product = multiplyPoly(product, substituteAtom(atom, bind));
    }
    sum = addPoly(sum, product);
  }
  return sum;
}

function substituteAtom(atom: string, bind: (symbol: string) => number | null): Poly {
  const parts = compositeOf(atom);
  if (parts) {
    const a = substitutePoly(parts.a, bind);
    const b = substitutePoly(parts.b, bind);
    if (parts.kind !== 'floor') return extremePoly(parts.kind, a, b);
    return b.size === 0 ? atomPoly(atom) : floorPoly(a, b);
  }
  const value = bind(unquote(atom));
  return value === null ? atomPoly(atom) : constantPoly(value);
}

/** Canonical text: terms of the highest degree first, then by name. */
export function printPoly(poly: Poly): string {
  if (poly.size === 0) return '0';
  let text = '';
  for (const [key, coefficient] of [...poly].sort(([a], [b]) => compareKeys(b, a))) {
    const magnitude = Math.abs(coefficient);
    const factors = key === ONE ? [] : key.split(SEPARATOR);
    const term = (magnitude === 1 && factors.length > 0 ? factors : [magnitude, ...factors]).join('*');
    if (text === '') text = coefficient < 0 ? `-${term}` : term;
    else text += coefficient < 0 ? ` - ${term}` : ` + ${term}`;
  }
  return text;
}

const IDENTIFIER = /^[A-Za-z_?][\w.?]*(?:-[\w.?]+)*$/;

/** The atom of a symbol: its name, quoted when it is no identifier; null when it cannot be quoted. */
export function atomOf(name: string): string | null {
  if (IDENTIFIER.test(name)) return name;
  return name.includes("'") || name.includes(SEPARATOR) ? null : `'${name}'`;
}
export const unquote = (atom: string): string => (atom.startsWith("'") ? atom.slice(1, -1) : atom);

/** What an atom that is no symbol stands for: ⌊a/b⌋, min(a, b) or max(a, b). */
export interface Composite {
  readonly kind: 'floor' | 'min' | 'max';
  readonly a: Poly;
  readonly b: Poly;
}

/** Composites met so far by their text; texts are canonical, so an entry never goes stale. */
const composites = new Map<string, Composite>();

function floorAtom(a: Poly, b: Poly): string {
  const text = `floor(${grouped(a, false)}/${grouped(b, true)})`;
  composites.set(text, { kind: 'floor', a, b });
  return text;
}

/** The smaller or larger of two; an atom where the order is not proven. */
export function extremePoly(kind: 'min' | 'max', a: Poly, b: Poly): Poly {
  const [low, high] = kind === 'min' ? [a, b] : [b, a];
  if (lowerBound(addPoly(high, low, -1)) >= 0) return a;
  if (lowerBound(addPoly(low, high, -1)) >= 0) return b;
  const [first, second] = printPoly(a) < printPoly(b) ? [a, b] : [b, a];
  const text = `${kind}(${printPoly(first)}, ${printPoly(second)})`;
  composites.set(text, { kind, a: first, b: second });
  return atomPoly(text);
}

/** Brackets where the text would otherwise read differently. */
function grouped(poly: Poly, factor: boolean): string {
  const text = printPoly(poly);
  const alone = poly.size === 1 && !(factor && text.includes('*')) && !text.startsWith('-');
  return alone ? text : `(${text})`;
}

/** The parts of an atom that was made here (parsing makes them too); null for symbols. */
export const compositeOf = (atom: string): Composite | null =>
  /^(?:floor|min|max)\(/.test(atom) ? (composites.get(atom) ?? null) : null;

function addTerm(poly: Map<string, number>, key: string, coefficient: number): void {
  const sum = (poly.get(key) ?? 0) + coefficient;
  if (sum === 0) poly.delete(key);
  else poly.set(key, sum);
}

function multiplyKeys(a: string, b: string): string {
  if (a === ONE) return b;
  if (b === ONE) return a;
  return [...a.split(SEPARATOR), ...b.split(SEPARATOR)].sort().join(SEPARATOR);
}

function divideKeys(a: string, b: string): string | null {
  if (b === ONE) return a;
  const left = a === ONE ? [] : a.split(SEPARATOR);
  for (const atom of b.split(SEPARATOR)) {
    const at = left.indexOf(atom);
    if (at < 0) return null;
    left.splice(at, 1);
  }
  return left.join(SEPARATOR);
}

/** A graded order that multiplication keeps: by degree, then the earlier name is the greater. */
function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const left = a === ONE ? [] : a.split(SEPARATOR);
  const right = b === ONE ? [] : b.split(SEPARATOR);
  if (left.length !== right.length) return left.length - right.length;
  for (const [i, atom] of left.entries()) {
    const other = right[i] ?? '';
    if (atom !== other) return atom < other ? 1 : -1;
  }
  return 0;
}

function leading(poly: Poly): [string, number] | null {
  let best: [string, number] | null = null;
  for (const term of poly) if (best === null || compareKeys(term[0], best[0]) > 0) best = term;
  return best;
}
