import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dim } from '../ir/types.ts';
import {
  addDims,
  atLeast,
  bindDim,
  canonicalDim,
  ceilDivDims,
  compareDims,
  exactDivDims,
  floorDivDims,
  maxDims,
  minDims,
  mulDims,
  notAbove,
  productDims,
  quotientOfProducts,
  subDims,
  symbolsOf,
  truncDivDims,
} from './dim.ts';

/** An expression built by the functions under test, beside what it evaluates to for given sizes. */
interface Expression {
  readonly dim: Dim;
  evaluate(sizes: Readonly<Record<string, number>>): number;
}

const leaf = fc.oneof(
  fc.constantFrom('N', 'H', 'W').map((name): Expression => ({ dim: name, evaluate: (sizes) => sizes[name] ?? 0 })),
  fc.integer({ min: 0, max: 9 }).map((value): Expression => ({ dim: value, evaluate: () => value })),
);

const OPERATIONS: readonly ((a: Expression, b: Expression) => Expression)[] = [
  (a, b) => ({ dim: addDims(a.dim, b.dim), evaluate: (s) => a.evaluate(s) + b.evaluate(s) }),
  (a, b) => ({ dim: subDims(a.dim, b.dim), evaluate: (s) => a.evaluate(s) - b.evaluate(s) }),
  (a, b) => ({ dim: mulDims(a.dim, b.dim), evaluate: (s) => a.evaluate(s) * b.evaluate(s) }),
  (a, b) => ({ dim: minDims(a.dim, b.dim), evaluate: (s) => Math.min(a.evaluate(s), b.evaluate(s)) }),
  (a, b) => ({ dim: maxDims(a.dim, b.dim), evaluate: (s) => Math.max(a.evaluate(s), b.evaluate(s)) }),
  (a) => ({ dim: floorDivDims(a.dim, 2), evaluate: (s) => Math.floor(a.evaluate(s) / 2) }),
  (a) => ({ dim: floorDivDims(a.dim, 3), evaluate: (s) => Math.floor(a.evaluate(s) / 3) }),
  (a) => ({ dim: ceilDivDims(a.dim, 4), evaluate: (s) => Math.ceil(a.evaluate(s) / 4) }),
];

const expression: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(fc.constantFrom(...OPERATIONS), tie('tree'), tie('tree')).map(([operation, a, b]) => operation(a, b)),
  ),
})).tree;

const sizes = fc.record({ N: fc.nat(40), H: fc.nat(40), W: fc.nat(40) });

describe('symbolic sizes', () => {
  it('evaluate to what the same arithmetic gives on numbers', () => {
    fc.assert(
      fc.property(expression, sizes, ({ dim, evaluate }, values) => {
        fc.pre(dim !== null);
        expect(bindDim(dim, values)).toBe(evaluate(values) + 0);
      }),
      { numRuns: 1000, seed: 11 },
    );
  });

  it('print in a form that reads back as itself', () => {
    fc.assert(
      fc.property(expression, ({ dim }) => {
        expect(canonicalDim(dim)).toBe(dim);
      }),
      { numRuns: 1000, seed: 12 },
    );
  });

  it('never claim a bound or an order that some size breaks', () => {
    fc.assert(
      fc.property(expression, expression, sizes, (a, b, values) => {
        const [x, y] = [a.evaluate(values), b.evaluate(values)];
        const order = compareDims(a.dim, b.dim);
        if (order !== null) expect(Math.sign(x - y) + 0).toBe(order + 0);
        if (notAbove(a.dim, b.dim)) expect(x).toBeLessThanOrEqual(y);
        if (atLeast(a.dim, 0)) expect(x).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000, seed: 13 },
    );
  });

  it('divide exactly only where nothing is left for any size', () => {
    fc.assert(
      fc.property(expression, expression, sizes, (a, b, values) => {
        const quotient = exactDivDims(a.dim, b.dim);
        const [x, y] = [a.evaluate(values), b.evaluate(values)];
        fc.pre(quotient !== null && y !== 0);
        expect(Number(bindDim(quotient, values)) * y + 0).toBe(x + 0);
      }),
      { numRuns: 1000, seed: 14 },
    );
  });

  it('cancel what cancels', () => {
    expect(exactDivDims(mulDims(2, 'H'), 2)).toBe('H');
    expect(exactDivDims(mulDims('H', 'W'), 'W')).toBe('H');
    expect(floorDivDims(mulDims(2, 'H'), 2)).toBe('H');
    expect(subDims(addDims('past', 'seq'), 'past')).toBe('seq');
    expect(quotientOfProducts(['batch', 12, 'seq', 64], ['batch', 'seq', 12])).toBe(64);
    expect(exactDivDims('H', 2)).toBeNull();
  });

  it('write one size one way', () => {
    expect(addDims('b', addDims('a', 1))).toBe('a + b + 1');
    expect(canonicalDim('1 + past')).toBe('past + 1');
    expect(canonicalDim('s0*2')).toBe('2*s0');
    expect(canonicalDim('H//2')).toBe(floorDivDims('H', 2));
    expect(canonicalDim('s0**2')).toBe(mulDims('s0', 's0'));
    expect(canonicalDim('Min(4, s0)')).toBe(minDims('s0', 4));
    // Two strided convolutions after each other: ⌈⌈H/2⌉/2⌉ = ⌈H/4⌉.
    expect(ceilDivDims(ceilDivDims('H', 2), 2)).toBe(ceilDivDims('H', 4));
  });

  it('take a name that is no expression as one symbol', () => {
    expect(canonicalDim('my dim!')).toBe('my dim!');
    expect(addDims('my dim!', 1)).toBe("'my dim!' + 1");
    expect(subDims(addDims('my dim!', 1), 1)).toBe('my dim!');
    expect(canonicalDim('sequence-length')).toBe('sequence-length');
    expect([...symbolsOf(addDims('sequence-length', 'x y'))].sort()).toEqual(['sequence-length', 'x y']);
    expect(addDims("it's", 1)).toBeNull();
    expect(canonicalDim('')).toBeNull();
  });

  it('truncate towards zero as ONNX integer division does', () => {
    expect(truncDivDims(-7, 2)).toBe(-3);
    expect(truncDivDims('H', 2)).toBe(floorDivDims('H', 2));
    // H − 3 may be negative, where truncation is not the floor.
    expect(truncDivDims(subDims('H', 3), 2)).toBeNull();
    expect(truncDivDims(5, 0)).toBeNull();
  });

  it('give up beyond 2^53 rather than round', () => {
    expect(addDims(Number.MAX_SAFE_INTEGER, 1)).toBeNull();
    expect(mulDims(mulDims('H', 2 ** 40), 2 ** 40)).toBeNull();
    expect(productDims([0, null])).toBe(0);
    expect(productDims([2, null])).toBeNull();
  });
});
