import type { Random } from '../base/random.ts';
import type { PortInfo } from './types.ts';

/** What a free dimension probably stands for; decides which sizes are tried. */
type Role = 'batch' | 'length' | 'past' | 'total' | 'spatial';

/** A size by the key of a free dimension: its symbol, or `input[axis]` where the model names none. */
export type Sizes = Readonly<Record<string, number>>;

/** Sizes tried for the roles, in order; the first pair of `spatial` is height, width. */
export interface SizeAttempt {
  readonly batch: number;
  readonly length: number;
  readonly past: number;
  readonly spatial: readonly [number, number];
}

const attempt = (batch: number, length: number, past: number, height: number, width = height): SizeAttempt => ({
  batch,
  length,
  past,
  spatial: [height, width],
});

/** For checking: odd and unequal sizes first, as they find confused axes; then what exporters commonly fix. */
export const CHECK_ATTEMPTS: readonly SizeAttempt[] = [
  attempt(2, 7, 3, 37, 45),
  attempt(1, 7, 3, 37, 45),
  attempt(2, 8, 4, 64, 96),
  attempt(1, 8, 4, 64),
  attempt(1, 16, 16, 32),
  attempt(1, 1, 5, 224),
  attempt(1, 512, 1, 224),
  attempt(1, 128, 128, 320),
  attempt(1, 256, 1, 640),
  attempt(1, 1, 1, 1),
];

/** For timing: one sample of a common size. */
export const TIMING_ATTEMPTS: readonly SizeAttempt[] = [
  attempt(1, 128, 128, 224),
  attempt(1, 128, 16, 320),
  attempt(1, 64, 64, 256),
  ...CHECK_ATTEMPTS.filter(({ batch }) => batch === 1),
];

/** What the last resort, a random search, picks from; 1 more often, since equal sizes are often wanted. */
const SEARCH_SIZES: readonly number[] = [1, 1, 1, 2, 8, 16, 32, 64, 128, 224, 256, 512];
const SEARCH_BATCHES: readonly number[] = [1, 1, 2];

export function randomSizes(dims: readonly FreeDim[], random: Random): Sizes {
  const pick = ({ role }: FreeDim): number => {
    const sizes = role === 'batch' ? SEARCH_BATCHES : SEARCH_SIZES;
    return sizes[Math.floor(random() * sizes.length)] ?? 1;
  };
  return Object.fromEntries(dims.map((dim) => [dim.key, pick(dim)]));
}

const BY_NAME: readonly { readonly role: Role; readonly symbol: RegExp }[] = [
  { role: 'total', symbol: /total|present/i },
  { role: 'past', symbol: /past|cache|history/i },
  { role: 'spatial', symbol: /height|width|^[hw]$|rows|col/i },
  { role: 'length', symbol: /seq|len|time|token|frame|sample/i },
  { role: 'batch', symbol: /batch|^[nb]$|^bs$/i },
];

function roleOf(dim: string | null, rank: number, axis: number): Role {
  const named = dim === null ? undefined : BY_NAME.find(({ symbol }) => symbol.test(dim));
  if (named) return named.role;
  if (axis === 0) return 'batch';
  return rank >= 4 && axis >= 2 ? 'spatial' : 'length';
}

/** A free dimension, once for all places of its symbol. */
export interface FreeDim {
  readonly key: string;
  readonly role: Role;
  /** 0 or 1 among spatial axes: height or width. */
  readonly side: 0 | 1;
}

const dimKey = (input: PortInfo, axis: number): string => {
  const dim = input.shape?.[axis];
  return typeof dim === 'string' ? dim : `${input.name}[${axis}]`;
};

/** The dimensions to choose; those that are expressions over others (`past + sequence`) follow by themselves. */
export function freeDims(inputs: readonly PortInfo[]): FreeDim[] {
  const found = new Map<string, FreeDim>();
  for (const input of inputs) {
    const rank = input.shape?.length ?? 0;
    input.shape?.forEach((dim, axis) => {
      const key = dimKey(input, axis);
      if (typeof dim === 'number' || found.has(key)) return;
      const isWidth = typeof dim === 'string' && /width|^w$|col/i.test(dim);
      found.set(key, { key, role: roleOf(dim, rank, axis), side: isWidth || axis >= 3 ? 1 : 0 });
    });
  }
  const symbols = new Set(found.keys());
  return [...found.values()].filter(({ key }) => parseExpression(key, symbols) === null);
}

export function sizesOf(dims: readonly FreeDim[], { batch, length, past, spatial }: SizeAttempt): Sizes {
  const hasPast = dims.some(({ role }) => role === 'past');
  const byRole = (dim: FreeDim): number => {
    switch (dim.role) {
      case 'batch':
        return batch;
      case 'length':
        return length;
      case 'past':
        return past;
      case 'total':
        return hasPast ? past + length : length;
      case 'spatial':
        return spatial[dim.side];
    }
  };
  return Object.fromEntries(dims.map((dim) => [dim.key, byRole(dim)]));
}

/** The concrete shape of an input; a rank that is unknown is taken as one element of rank 1. */
export function shapeOf(input: PortInfo, sizes: Sizes): readonly number[] {
  if (input.shape === null) return [1];
  const symbols = new Set(Object.keys(sizes));
  return input.shape.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    const key = dimKey(input, axis);
    const own = sizes[key];
    if (own !== undefined) return own;
    return Math.max(0, parseExpression(key, symbols)?.(sizes) ?? 1);
  });
}

type Evaluate = (sizes: Sizes) => number;

/**
 * Reads `past_len + seq_len`, `2*H`, `(S+1)/2` where every name in it is a symbol of its own; null where it is no such
 * expression. Division rounds down.
 */
function parseExpression(text: string, symbols: ReadonlySet<string>): Evaluate | null {
  const tokens = text.match(/[A-Za-z_][\w.]*|\d+|\/\/|[-+*/()]|\S/g) ?? [];
  if (tokens.length < 2) return null;
  let at = 0;
  const factor = (): Evaluate | null => {
    const token = tokens[at++];
    if (token === undefined) return null;
    if (/^\d+$/.test(token)) return () => Number(token);
    if (token === '(') {
      const inner = sum();
      return tokens[at++] === ')' ? inner : null;
    }
    return symbols.has(token) && token !== text ? (sizes) => sizes[token] ?? 1 : null;
  };
  const chain = (next: () => Evaluate | null, operators: Readonly<Record<string, Operator>>) => (): Evaluate | null => {
    let left = next();
    for (let operator = operators[tokens[at] ?? '']; left && operator; operator = operators[tokens[at] ?? '']) {
      at++;
      const [a, b, apply] = [left, next(), operator];
      left = b && ((sizes) => apply(a(sizes), b(sizes)));
    }
    return left;
  };
  const product = chain(factor, { '*': (a, b) => a * b, '/': floorDivide, '//': floorDivide });
  const sum = chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const result = sum();
  return at === tokens.length ? result : null;
}

type Operator = (a: number, b: number) => number;
const floorDivide: Operator = (a, b) => Math.floor(a / b);
