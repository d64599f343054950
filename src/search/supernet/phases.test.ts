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
  inside: null,
  spared: null,
  searched,
  allowed: Array.from({ length: count }, (_, i) => i),
});
const GENES = [gene('width', 4), gene('kernel', 3), gene('depth', 3), gene('width', 4, false)];

describe('progressive shrinking', () => {
  it('lets kernels, depth and widths join one after the other', () => {
    expect(phasesOf(GENES, 100, new Set())).toEqual([
      { kinds: ['kernel'], steps: 16 },
      { kinds: ['kernel', 'depth'], steps: 16 },
      { kinds: ['kernel', 'depth', 'width'], steps: 68 },
    ]);
    expect(phasesOf(GENES.slice(0, 1), 50, new Set())).toEqual([{ kinds: ['width'], steps: 50 }]);
    const phases = phasesOf(GENES, 100, new Set());
    expect([0, 15, 16, 99].map((step) => phaseAt(phases, step).at)).toEqual([0, 15, 0, 67]);
  });

  it('begins with the kinds that a supernet was trained in before', () => {
    expect(phasesOf(GENES, 50, new Set(['kernel', 'width']))).toEqual([
      { kinds: ['kernel', 'width', 'depth'], steps: 50 },
    ]);
    expect(phasesOf(GENES, 50, new Set(['kernel', 'width', 'depth']))).toEqual([
      { kinds: ['kernel', 'depth', 'width'], steps: 50 },
    ]);
  });

  it('trains the largest, the smallest and drawn sub-networks of what has joined; the rest stays whole', () => {
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
