import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { randomGenome, type Gene, type Genome } from './genome.ts';
import { learnPredictor } from './predictor.ts';
import { rankCorrelation } from './rank.ts';

const genes = [4, 3, 4, 2, 4, 3].map((size, i): Gene => {
  return { id: `g${i}`, kind: 'width', name: '', choices: Array.from({ length: size }, (_, choice) => choice) };
});
/** Not a sum: two genes count only together. */
const worth = (genome: Genome): number => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = genome;
  return 1 - Math.exp(-(0.3 * a + 0.5 * b + 0.2 * c * d + 0.4 * Math.sqrt(e) + 0.1 * f));
};

describe('rank correlation', () => {
  it('is 1 for the same order, −1 for the other way round, and equal values share their places', () => {
    expect(rankCorrelation([1, 2, 3, 4], [10, 20, 25, 90])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    // By hand: places 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
    expect(rankCorrelation([1, 1], [1, 2])).toBeNaN();
  });
});

describe('the predictor', () => {
  it('orders genomes that it never saw, from a hundred that it did', () => {
    const random = seeded(4);
    const all = Array.from({ length: 160 }, () => randomGenome(genes, random));
    const samples = all.slice(0, 100).map((genome) => ({ genome, value: worth(genome) }));
    const predictor = learnPredictor(genes, samples, { seed: 1, steps: 150 });
    const rest = all.slice(100);
    const found = rest.map((genome) => predictor.predict(genome).value);
    expect(rankCorrelation(found, rest.map(worth))).toBeGreaterThan(0.95);
    expect(predictor.predict(rest[0]!)).toEqual(
      learnPredictor(genes, samples, { seed: 1, steps: 150 }).predict(rest[0]!),
    );
  });

  it('says one value where all were alike', () => {
    const samples = [randomGenome(genes, seeded(1)), randomGenome(genes, seeded(2))].map((genome) => ({
      genome,
      value: 3,
    }));
    expect(learnPredictor(genes, samples).predict(samples[0]!.genome).value).toBeCloseTo(3, 1);
  });
});
