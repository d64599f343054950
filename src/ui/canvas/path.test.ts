import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { layoutGraph } from '../../layout/layout.ts';
import { randomView } from '../../testing/view.ts';
import { pathThrough, routeIsLit } from './path.ts';
import { consumersOf, producersOf, Scene } from './scene.ts';
import { seenSpan } from './strip.ts';

const randomScene = (seed: number, count: number): Scene => {
  const view = randomView(seeded(seed), count);
  return new Scene({ view, layout: layoutGraph(view), toggled: [] });
};
const graphs = fc.tuple(fc.integer(), fc.integer({ min: 2, max: 60 }));

/** Everything that is reached, step by step: slow and plain. */
function closure(next: (item: number) => readonly number[], from: number): Set<number> {
  const seen = new Set<number>();
  const wave = [from];
  for (const item of wave) {
    for (const other of next(item)) {
      if (seen.has(other)) continue;
      seen.add(other);
      wave.push(other);
    }
  }
  return seen;
}

describe('the path through a node', () => {
  it('is all that it is computed from and all that is computed from it', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), ([seed, count], pick) => {
        const scene = randomScene(seed, count);
        const item = pick % scene.items.rows;
        const lit = pathThrough(scene, item);
        const up = closure((each) => producersOf(scene, each), item);
        const down = closure((each) => consumersOf(scene, each), item);
        expect([lit.upstream, lit.downstream]).toEqual([up.size, down.size]);
        lit.items.forEach((mark, other) => {
          expect(mark !== 0).toBe(other === item || up.has(other) || down.has(other));
        });
      }),
      { seed: 21, numRuns: 80 },
    );
  });

  it('has wires between what is upstream, and between what is downstream, and none from one side to the other', () => {
    // 0 and 1 feed item 2, which feeds 3; 0 feeds 3 by itself as well.
    const lit = { items: Uint8Array.of(1, 1, 3, 2, 0), upstream: 2, downstream: 1 };
    expect(routeIsLit(lit, 0, 2)).toBe(true);
    expect(routeIsLit(lit, 2, 3)).toBe(true);
    expect(routeIsLit(lit, 0, 3)).toBe(false);
    expect(routeIsLit(lit, 3, 4)).toBe(false);
    expect([routeIsLit(lit, -1, 0), routeIsLit(lit, -1, 3)]).toEqual([true, false]);
    expect([routeIsLit(lit, 3, -2), routeIsLit(lit, 1, -2)]).toEqual([true, false]);
  });
});

describe('the strip', () => {
  it('spans what has its middle in view', () => {
    fc.assert(
      fc.property(graphs, fc.nat({ max: 900 }), fc.nat({ max: 900 }), ([seed, count], x, y) => {
        const scene = randomScene(seed, count);
        const { items, order, columns } = scene;
        const box = { left: x, top: y, right: x + 420, bottom: y + 260 };
        const seen = seenSpan(items, order, columns, box);
        order.forEach((item, at) => {
          const [cx, cy] = [items.x[item]! + items.widths[item]! / 2, items.y[item]! + items.heights[item]! / 2];
          const inside = cx >= box.left && cx <= box.right && cy >= box.top && cy < box.bottom;
          if (inside) expect(seen && seen[0] <= at && at <= seen[1]).toBe(true);
        });
        if (seen) expect(seen[0]).toBeLessThanOrEqual(seen[1]);
      }),
      { seed: 4, numRuns: 80 },
    );
  });
});
