import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { Evolution, RandomSearch, type Found, type Searcher } from './evolution.ts';
import { crossed, keyOf, mutated, randomGenome, uniform, whole, type Gene, type Genome } from './genome.ts';
import { hypervolume } from './hypervolume.ts';
import { paretoFront } from './pareto.ts';

const genesOf = (sizes: readonly number[]): Gene[] =>
  sizes.map((size, i) => ({
    id: `g${i}`,
    kind: 'width',
    name: `width ${i}`,
    choices: Array.from({ length: size }, (_, choice) => (choice + 1) / size),
  }));
const genes = genesOf([4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2]);
const DIRECTIONS = ['less', 'more'] as const;

/** A made-up model: early genes cost much, late ones are worth much. */
function evaluate(genome: Genome): Found {
  const share = genome.map((choice, i) => genes[i]?.choices[choice] ?? 0);
  const cost = share.reduce((sum, each, i) => sum + each * (share.length - i), 0);
  const worth = share.reduce((sum, each, i) => sum + (i + 1) * (1 - (1 - each) ** 2), 0);
  return { genome, values: [cost, worth], broken: 0 };
}

function run(searcher: Searcher, evaluations: number): Found[] {
  const all: Found[] = [];
  while (all.length < evaluations) {
    const found = searcher.ask(10).map(evaluate);
    if (found.length === 0) break;
    searcher.tell(found);
    all.push(...found);
  }
  return all;
}
const volumeOf = (all: readonly Found[]): number =>
  hypervolume(
    all.map(({ values }) => values),
    [67, 0],
    DIRECTIONS,
  );

describe('genomes', () => {
  it('change by mutation in at least one gene, and only to choices that there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: 8 }),
        fc.integer(),
        (sizes, seed) => {
          const random = seeded(seed);
          const space = genesOf(sizes);
          const genome = randomGenome(space, random);
          const next = mutated(genome, space, 0.2, random);
          expect(keyOf(next)).not.toBe(keyOf(genome));
          next.forEach((choice, i) => expect(choice >= 0 && choice < (sizes[i] ?? 0)).toBe(true));
          const child = crossed(genome, next, random);
          child.forEach((choice, i) => expect([genome[i], next[i]]).toContain(choice));
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('are the model itself at the full share', () => expect(uniform(genes, 1)).toEqual(whole(genes)));
});

describe('evolution', () => {
  it('asks for the model itself first, and for nothing twice', () => {
    const all = run(new Evolution(genes, DIRECTIONS, { seed: 3 }), 300);
    expect(all[0]?.genome).toEqual(whole(genes));
    expect(new Set(all.map(({ genome }) => keyOf(genome))).size).toBe(all.length);
  });

  it('finds more than random search does, for each of five seeds', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const evolved = volumeOf(run(new Evolution(genes, DIRECTIONS, { seed }), 400));
      expect(evolved).toBeGreaterThan(1.02 * volumeOf(run(new RandomSearch(genes, seed), 400)));
    }
  });

  it('goes the same way for the same seed', () => {
    const keys = (seed: number): string[] =>
      run(new Evolution(genes, DIRECTIONS, { seed }), 100).map((each) => keyOf(each.genome));
    expect(keys(7)).toEqual(keys(7));
    expect(keys(7)).not.toEqual(keys(8));
  });

  it('ends where the space does', () => {
    const few = genesOf([2, 3]);
    const searcher = new Evolution(few, DIRECTIONS, { seed: 1, population: 4 });
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const asked = searcher.ask(3);
      for (const genome of asked) seen.add(keyOf(genome));
      searcher.tell(asked.map((genome) => ({ genome, values: genome, broken: 0 })));
    }
    expect(seen.size).toBe(6);
  });

  it('comes into what constraints allow, from outside', () => {
    const limited = (genome: Genome): Found => {
      const found = evaluate(genome);
      return { ...found, broken: Math.max(0, (found.values[0] ?? 0) - 30) };
    };
    const searcher = new Evolution(genes, DIRECTIONS, { seed: 2 });
    const all: Found[] = [];
    for (let i = 0; i < 40; i++) {
      const found = searcher.ask(10).map(limited);
      searcher.tell(found);
      all.push(...found);
    }
    const front = paretoFront(all, DIRECTIONS);
    expect(front.length).toBeGreaterThan(3);
    for (const i of front) expect(all[i]?.values[0]).toBeLessThanOrEqual(30);
  });
});
