import { expect, test } from 'vitest';
import { seeded } from '../base/random.ts';
import { effectsOf } from './effects.ts';
import { randomGenome } from './genome.ts';
import type { GeneView } from './types.ts';

const gene = (id: string, count: number, searched = true): GeneView => {
  const choices = Array.from({ length: count }, (_, i) => (i + 1) / count);
  const allowed = searched ? choices.map((_, i) => i) : [count - 1];
  return {
    id,
    kind: 'width',
    name: id,
    choices,
    labels: choices.map(String),
    nodes: [],
    inside: null,
    spared: null,
    searched,
    allowed,
  };
};

const GENES = [gene('strong', 3), gene('fixed', 2, false), gene('weak', 4), gene('idle', 2)];

test('what each choice does is found again, whatever else was drawn with it', () => {
  const random = seeded(3);
  const samples = Array.from({ length: 200 }, () => {
    const genome = randomGenome(GENES, random);
    const [strong = 0, , weak = 0] = genome;
    return { genome, quality: 0.5 + 0.2 * strong + 0.01 * weak, latency: 1 + strong };
  });
  const effects = effectsOf(GENES, samples);
  expect(effects.map(({ gene: index }) => index)).toEqual([0, 2, 3]);
  const [strong, weak, idle] = effects;
  const steps = (list: readonly (number | null)[] = []) => list.slice(1).map((each, i) => each! - list[i]!);
  for (const step of steps(strong?.quality)) expect(step).toBeCloseTo(0.2, 2);
  for (const step of steps(weak?.quality)) expect(step).toBeCloseTo(0.01, 2);
  for (const step of steps(idle?.quality)) expect(step).toBeCloseTo(0, 2);
  for (const step of steps(strong?.latency)) expect(step).toBeCloseTo(1, 1);
  expect(strong?.share).toBeGreaterThan(0.95);
  expect(effects.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
});

test('a choice that nothing has is not told', () => {
  const samples = Array.from({ length: 20 }, (_, i) => ({ genome: [i % 2, 1, 0, 0], quality: i % 2, latency: null }));
  const [strong] = effectsOf(GENES, samples);
  expect(strong?.quality[2]).toBeNull();
  expect(strong?.latency).toEqual([null, null, null]);
});

test('of too few points nothing is told', () => {
  expect(effectsOf(GENES, [{ genome: [0, 1, 0, 0], quality: 1, latency: 1 }])).toEqual([]);
});
