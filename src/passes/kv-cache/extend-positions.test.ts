import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formulaOf, longer } from '../../kv/flow/tables.ts';
import { floats } from '../../ir/tensor.ts';
import { readModel } from '../../onnx/read.ts';
import { apart, decoderModel, logitsOf, someIds } from '../../testing/decoders.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { addKvCache } from './add-kv-cache.ts';
import { extendPositions } from './extend-positions.ts';

const table = (rows: number, columns: number, at: (row: number, column: number) => number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));

describe('a table of positions', () => {
  const pairs = fc.constantFrom('halves', 'pairs', 'once');
  const bases = fc.constantFrom(100, 500, 10_000, 500_000, 1_000_000);
  const sizes = fc.record({
    pairing: pairs,
    base: bases,
    count: fc.integer({ min: 1, max: 32 }),
    rows: fc.integer({ min: 16, max: 200 }),
  });

  test('of cos and sin is told by its numbers, and goes on as it would have', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom<('cos' | 'sin')[]>('cos', 'sin'), ({ pairing, base, count, rows }, kind) => {
        const columns = pairing === 'once' ? count : 2 * count;
        const index = (column: number): number => (pairing === 'pairs' ? Math.floor(column / 2) : column % count);
        // Angles as exporters compute them, in float32.
        const numbers = (length: number): Float32Array =>
          table(length, columns, (row, column) =>
            Math[kind](Math.fround(row * Math.fround(base ** (-index(column) / count)))),
          );
        const formula = formulaOf(numbers(rows), rows, columns);
        expect(formula).toMatchObject({ kind });
        const made = longer(floats([rows, columns], numbers(rows)), 0, formula!, 400).numbers();
        const truth = numbers(400);
        const furthest = truth.reduce((most, each, i) => Math.max(most, Math.abs(made[i]! - each)), 0);
        expect(furthest).toBeLessThan(2e-4);
        expect(Array.from(made).slice(0, rows * columns)).toEqual(Array.from(numbers(rows)));
      }),
      { seed: 9, numRuns: 60 },
    );
  });

  test('that was learnt, or was changed in one place, follows nothing', () => {
    const waves = (): Float32Array => table(40, 8, (row, column) => Math.cos(row * 10_000 ** (-(column % 4) / 4)));
    expect(formulaOf(waves(), 40, 8)?.kind).toBe('cos');
    const changed = waves();
    changed[25 * 8 + 3]! += 1e-3;
    expect(formulaOf(changed, 40, 8)).toBeNull();
    expect(
      formulaOf(
        table(16, 8, (row, column) => Math.sin(12.9898 * row + 78.233 * column) % 1),
        16,
        8,
      ),
    ).toBeNull();
  });

  test('of a mask is a triangle, whatever its two numbers, unless one element is not', () => {
    const mask = table(9, 9, (row, column) => (column <= row ? 0 : -1e9));
    const formula = formulaOf(mask, 9, 9)!;
    expect(formula).toEqual({ kind: 'triangle', kept: 0, hidden: -1e9 });
    const made = longer(floats([1, 1, 9, 9], mask), 2, formula, 12);
    expect(made.shape).toEqual([1, 1, 12, 12]);
    expect(Array.from(made.numbers())).toEqual(Array.from(table(12, 12, (row, column) => (column <= row ? 0 : -1e9))));
    mask[4] = 0;
    expect(formulaOf(mask, 9, 9)).toBeNull();
  });
});

describe('a decoder with tables', () => {
  const short = { positions: 'rotary-table', mask: 'table', most: 16 } as const;

  test('takes texts longer than it was made for, and says what computed positions say', async () => {
    const before = decoderModel(short);
    const { model, result } = await afterPass(before, extendPositions, { options: { positions: 64 } });
    expect(result.applied).toHaveLength(3);
    const ids = someIds(2, 40);
    const truth = await logitsOf(decoderModel({ ...short, positions: 'rotary-halves', mask: 'compare' }), ids, [40]);
    expect(apart(truth, await logitsOf(model, ids, [40]))).toBeLessThan(1e-5);
    const { model: cached } = await afterPass(model, addKvCache);
    expect(apart(truth, await logitsOf(cached, ids, [20, 1, 1, 18]))).toBeLessThan(1e-5);
  });

  test('may be made longer after it was given a cache, to the same', async () => {
    const { model: cached } = await afterPass(decoderModel(short), addKvCache);
    const { model } = await afterPass(cached, extendPositions, { options: { positions: 64 } });
    const ids = someIds(1, 30);
    const truth = await logitsOf(decoderModel({ ...short, positions: 'rotary-halves', mask: 'compare' }), ids, [30]);
    expect(apart(truth, await logitsOf(model, ids, [12, 1, 1, 16]))).toBeLessThan(1e-5);
  });

  test('whose positions were learnt stays as it is', async () => {
    const { sites, refusals } = await sitesOf(decoderModel({ positions: 'learned' }), extendPositions);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toMatch(/^The table places of 64 rows follows neither .* cannot be made up\.$/);
  });

  test.skipIf(!haveShared)('a small language model goes on beyond its 128 positions', async () => {
    const { model: before } = readModel(sharedFile('real/models/decoder/aidreams260k_nocache.onnx'));
    const { model } = await afterPass(before, extendPositions, { options: { positions: 300 } });
    const { model: cached } = await afterPass(model, addKvCache);
    const ids = someIds(1, 200, 512);
    const whole = await logitsOf(model, ids, [200]);
    expect(apart(whole, await logitsOf(cached, ids, [150, 1, 1, 48]))).toBeLessThan(1e-4);
    expect(apart([whole[0]!.slice(0, 128)], await logitsOf(before, [ids[0]!.slice(0, 128)], [128]))).toBeLessThan(1e-6);
  });
});
