import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementAt } from './layout.ts';
import { decodeMask, encodeMask, fullMask, stays, type Mask } from './mask.ts';
import { blockCount, blockMasks, groupCount, groupMask, lowestMasks } from './select.ts';
import type { SparsityPattern, WeightLayout } from './types.ts';

const SEED = { seed: 7, numRuns: 200 };

const layouts = fc.record({
  matrices: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 9 }),
  reduction: fc.integer({ min: 1, max: 13 }),
  order: fc.constantFrom('output-major' as const, 'reduction-major' as const),
});
/** Few values, so that there are ties. */
const scored = layouts.chain((layout) =>
  fc.record({
    layout: fc.constant(layout),
    scores: fc
      .array(fc.integer({ min: -1, max: 6 }), {
        minLength: layout.matrices * layout.outputs * layout.reduction,
        maxLength: layout.matrices * layout.outputs * layout.reduction,
      })
      .map((each) => Float64Array.from(each)),
  }),
);

const gone = (mask: Mask): number[] =>
  Array.from({ length: mask.elements }, (_, i) => i).filter((i) => !stays(mask, i));

/** Every element's (matrix, output, reduction), by its place in the tensor. */
function coordinates(layout: WeightLayout): Map<number, readonly [number, number, number]> {
  const found = new Map<number, readonly [number, number, number]>();
  for (let m = 0; m < layout.matrices; m++) {
    for (let o = 0; o < layout.outputs; o++) {
      for (let r = 0; r < layout.reduction; r++) found.set(elementAt(layout, m, o, r), [m, o, r]);
    }
  }
  return found;
}

describe('the lowest scores', () => {
  it('are exactly as many as asked for, none above one that stays, ties by place', () => {
    fc.assert(
      fc.property(
        fc.array(scored, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, share) => {
          const lists = all.map(({ scores }) => scores);
          const total = lists.reduce((sum, each) => sum + each.length, 0);
          const count = Math.round(share * total);
          const masks = lowestMasks(lists, count);
          const flat = masks.flatMap((mask, list) =>
            Array.from({ length: mask.elements }, (_, i) => ({ score: lists[list]?.[i] ?? 0, kept: stays(mask, i) })),
          );
          // A stable sort keeps equal scores in the order of tensors and places.
          const ranked = flat.map((each, at) => ({ ...each, at })).sort((a, b) => a.score - b.score || a.at - b.at);
          expect(ranked.map(({ kept }) => kept)).toEqual(ranked.map((_, rank) => rank >= count));
        },
      ),
      SEED,
    );
  });
});

describe('groups N:M', () => {
  it('lose exactly M − N weights each, the lowest of the group, and a shorter tail stays dense', () => {
    const pattern = fc
      .integer({ min: 2, max: 6 })
      .chain((of) => fc.tuple(fc.integer({ min: 1, max: of - 1 }), fc.constant(of)));
    fc.assert(
      fc.property(scored, pattern, ({ layout, scores }, [keep, of]) => {
        const mask = groupMask(scores, layout, keep, of);
        const groups = new Map<string, number[]>();
        const full = Math.floor(layout.reduction / of) * of;
        for (const [place, [m, o, r]] of coordinates(layout)) {
          if (r >= full) expect(stays(mask, place)).toBe(true);
          else {
            const key = `${m} ${o} ${Math.floor(r / of)}`;
            groups.set(key, [...(groups.get(key) ?? []), place]);
          }
        }
        expect(groups.size).toBe(groupCount(layout, of));
        for (const places of groups.values()) {
          const [out, kept] = [places.filter((each) => !stays(mask, each)), places.filter((each) => stays(mask, each))];
          expect(out.length).toBe(of - keep);
          const score = (place: number): number => scores[place] ?? 0;
          expect(Math.max(...out.map(score))).toBeLessThanOrEqual(Math.min(...kept.map(score)));
        }
      }),
      SEED,
    );
  });
});

describe('blocks', () => {
  it('go whole, exactly as many as asked for, and what is left over at the edges stays dense', () => {
    const side = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(
        scored,
        side,
        side,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ layout, scores }, outputs, reduction, share) => {
          const pattern = { kind: 'block', outputs, reduction, norm: 'l2' } as const satisfies SparsityPattern;
          const blocks = blockCount(layout, pattern);
          const count = Math.round(share * blocks);
          const [mask] = blockMasks([scores], [layout], pattern, count);
          const out = new Map<string, number>();
          for (const [place, [m, o, r]] of coordinates(layout)) {
            if (stays(mask as Mask, place)) continue;
            expect(o).toBeLessThan(layout.outputs - (layout.outputs % outputs));
            expect(r).toBeLessThan(layout.reduction - (layout.reduction % reduction));
            const key = `${m} ${Math.floor(o / outputs)} ${Math.floor(r / reduction)}`;
            out.set(key, (out.get(key) ?? 0) + 1);
          }
          expect(out.size).toBe(count);
          expect([...out.values()].every((elements) => elements === outputs * reduction)).toBe(true);
        },
      ),
      SEED,
    );
  });

  it('are ranked by the norm that is asked for', () => {
    const layout: WeightLayout = { matrices: 1, outputs: 1, reduction: 4, order: 'output-major' };
    // L1: 3 against 4. L2: 3 against 2.83.
    const scores = Float64Array.of(3, 0, 2, 2);
    const pruned = (norm: 'l1' | 'l2'): number[] => {
      const [mask] = blockMasks([scores], [layout], { kind: 'block', outputs: 1, reduction: 2, norm }, 1);
      return gone(mask as Mask);
    };
    expect(pruned('l1')).toEqual([0, 1]);
    expect(pruned('l2')).toEqual([2, 3]);
  });
});

describe('a decision', () => {
  it('gives the mask back, through JSON too', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 300 }), (kept) => {
        const [mask] = lowestMasks([Float64Array.from(kept, Number)], kept.filter((each) => !each).length);
        const decision = JSON.parse(JSON.stringify(encodeMask(mask as Mask))) as ReturnType<typeof encodeMask>;
        const again = decodeMask('w', kept.length, decision);
        expect(kept.map((_, i) => stays(again, i))).toEqual(kept);
      }),
      SEED,
    );
  });

  it.each([
    ['is missing', undefined, /not \{ elements, mask \}/],
    ['is for another number of weights', encodeMask(fullMask(9)), /decided for 9 weights and has 16 now/],
    ['holds no base64', { elements: 16, mask: '*' }, /cannot be read/],
    ['holds too few bits', { elements: 16, mask: encodeMask(fullMask(8)).mask }, /cannot be read/],
    ['holds too many bits', { elements: 16, mask: encodeMask(fullMask(1 << 20)).mask }, /cannot be read/],
  ])('that %s is refused', (_, decision, message) => {
    expect(() => decodeMask('w', 16, decision)).toThrow(message);
  });
});
