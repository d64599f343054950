import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import type { GeneKind } from '../genome.ts';
import type { GeneView } from '../types.ts';
import { middle, phaseAt, phasesOf, sandwich } from './phases.ts';

const gene = (kind: GeneKind, count: number, searched = true): GeneView => ({
  id: `${kind}:${count}`,
  kind,
  name: kind,
  choices: Array.from({ length: count }, (_, i) => i),
  labels: [],
  nodes: [],
  spared: null,
  searched,
  allowed: Array.from({ length: count }, (_, i) => i),
});
const GENES = [gene('width', 4), gene('kernel', 3), gene('depth', 3), gene('width', 4, false)];

describe('progressive shrinking', () => {
  it('begins with the whole, then kernels, depth and widths join one after the other', () => {
    expect(phasesOf(GENES, 100, 20)).toEqual([
      { kinds: [], steps: 20 },
      { kinds: ['kernel'], steps: 33 },
      { kinds: ['kernel', 'depth'], steps: 33 },
      { kinds: ['kernel', 'depth', 'width'], steps: 34 },
    ]);
    expect(phasesOf(GENES.slice(0, 1), 50, 0)).toEqual([{ kinds: ['width'], steps: 50 }]);
    const phases = phasesOf(GENES, 100, 20);
    expect([19, 20, 52, 53, 119].map((step) => phaseAt(phases, step).at)).toEqual([19, 0, 32, 0, 33]);
  });

  it('trains the largest, the smallest and drawn sub-networks of what has joined; the rest stays whole', () => {
    expect(sandwich(GENES, [], 2, seeded(1))).toEqual([[3, 2, 2, 3]]);
    const [largest, smallest, ...drawn] = sandwich(GENES, ['kernel', 'depth'], 20, seeded(1));
    expect(largest).toEqual([3, 2, 2, 3]);
    expect(smallest).toEqual([3, 0, 0, 3]);
    for (const each of drawn) expect([each[0], each[3]]).toEqual([3, 3]);
    expect(new Set(drawn.map(String)).size).toBeGreaterThan(5);
    expect(sandwich(GENES, ['width'], 3, seeded(4))).toEqual(sandwich(GENES, ['width'], 3, seeded(4)));
  });

  it('is looked at halfway as well', () => {
    expect(middle(GENES, ['width', 'kernel', 'depth'])).toEqual([1, 1, 1, 3]);
  });
});
