import { array, assert, constantFrom, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler, GREEDY, type SamplerSettings } from './sampler.ts';

const DRAW: SamplerSettings = { ...GREEDY, temperature: 1, seed: 7 };
// Few values, so that many are equal.
const logits = array(constantFrom(-Infinity, -3, -1, -0.5, 0, 0.25, 2, 2.5), { minLength: 1, maxLength: 24 })
  .filter((values) => values.some(Number.isFinite))
  .map((values) => Float32Array.from(values));
const seed = integer({ min: 0, max: 1e6 });

const draws = (settings: Partial<SamplerSettings>, given: Float32Array, count: number): number[] => {
  const sampler = createSampler({ ...DRAW, ...settings });
  return Array.from({ length: count }, () => sampler(given, []));
};

/** Ids from the likeliest down, equal ones by id. */
const ranked = (given: Float32Array): number[] =>
  Array.from(given, (_, id) => id).sort((a, b) => given[b]! - given[a]! || a - b);

function probabilities(given: ArrayLike<number>, temperature: number): number[] {
  const weights = Array.from(given, (logit) => Math.exp(logit / temperature));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

describe('a sampler', () => {
  it('is greedy at temperature 0, and takes the lower id of two', () => {
    expect(createSampler(GREEDY)(Float32Array.of(1, 3, 3, -1), [])).toBe(1);
    assert(
      property(logits, seed, (given, seed) => {
        expect(draws({ temperature: 0, seed }, given, 1)).toEqual([ranked(given)[0]]);
        expect(draws({ topK: 1, seed }, given, 3)).toEqual(Array.from({ length: 3 }, () => ranked(given)[0]));
      }),
      { seed: 1 },
    );
  });

  it('draws the same for the same seed, and by the seed', () => {
    const given = Float32Array.from({ length: 50 }, (_, id) => Math.sin(id));
    expect(draws({ seed: 3 }, given, 40)).toEqual(draws({ seed: 3 }, given, 40));
    expect(draws({ seed: 3 }, given, 40)).not.toEqual(draws({ seed: 4 }, given, 40));
  });

  it('draws each token as often as it is likely', () => {
    const given = Float32Array.of(0, 1, -1, 2);
    for (const temperature of [0.5, 1, 2]) {
      const counts = [0, 0, 0, 0];
      for (const id of draws({ temperature }, given, 20_000)) counts[id]! += 1;
      probabilities(given, temperature).forEach((p, id) => {
        // Five standard deviations of a binomial share.
        expect(Math.abs(counts[id]! / 20_000 - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 20_000));
      });
    }
  });

  it('stays among the k likeliest', () => {
    assert(
      property(logits, integer({ min: 1, max: 30 }), seed, (given, topK, seed) => {
        const allowed = new Set(ranked(given).slice(0, topK));
        for (const id of draws({ topK, seed }, given, 20)) {
          expect(allowed).toContain(id);
          expect(given[id]).toBeGreaterThan(-Infinity);
        }
      }),
      { seed: 2 },
    );
  });

  it('stays in the nucleus: the fewest of the likeliest that reach p together', () => {
    const shares = constantFrom(0.05, 0.3, 0.5, 0.9, 0.999);
    assert(
      property(logits, shares, double({ min: 0.3, max: 3, noNaN: true }), seed, (given, topP, temperature, seed) => {
        const p = probabilities(given, temperature);
        const nucleus = new Set<number>();
        let sum = 0;
        for (const id of ranked(given)) {
          // A sum that only rounding keeps below p may take one more.
          if (nucleus.size > 0 && sum >= topP + 1e-9) break;
          nucleus.add(id);
          sum += p[id]!;
        }
        for (const id of draws({ topP, temperature, seed }, given, 20)) expect(nucleus).toContain(id);
      }),
      { seed: 3 },
    );
    // 0.5, 0.25, 0.25: half is reached by the first alone, a little more takes the lower id of the two others.
    const given = Float32Array.from([0.25, 0.5, 0.25], Math.log);
    expect(new Set(draws({ topP: 0.49 }, given, 200))).toEqual(new Set([1]));
    expect(new Set(draws({ topP: 0.51 }, given, 200))).toEqual(new Set([0, 1]));
  });

  it('takes the nucleus of what the k likeliest leave', () => {
    // Of the two likeliest, each has a half.
    const given = Float32Array.of(1, 1, 0.9, 0.9);
    expect(new Set(draws({ topK: 2, topP: 0.5 }, given, 100))).toEqual(new Set([0]));
  });

  it('draws alike with bounds that leave everything', () => {
    assert(
      property(logits, seed, (given, seed) => {
        const free = draws({ seed }, given, 10);
        expect(draws({ seed, topP: 1 }, given, 10)).toEqual(free);
        expect(draws({ seed, topK: given.length }, given, 10)).toEqual(free);
      }),
      { seed: 4 },
    );
  });

  it('makes what was there less likely, whatever the sign', () => {
    const sampler = createSampler({ ...GREEDY, repetition: 2 });
    expect(sampler(Float32Array.of(3, 2, -1), [])).toBe(0);
    expect(sampler(Float32Array.of(3, 2, -1), [0, 0])).toBe(1);
    expect(sampler(Float32Array.of(-1, -1.5, -9), [0])).toBe(1);
  });

  it('leaves the logits as they were', () => {
    const given = Float32Array.of(1, 5, 2);
    for (const each of [{ repetition: 2 }, { topK: 2 }, { topP: 0.5 }]) {
      createSampler({ ...DRAW, ...each })(given, [0, 1]);
    }
    expect([...given]).toEqual([1, 5, 2]);
  });

  it('refuses logits that are no distribution', () => {
    const sampler = createSampler(DRAW);
    expect(() => sampler(Float32Array.of(1, NaN, NaN), [])).toThrow(
      /logit of token 1 is not a number \(2 of 3 are not finite\)/,
    );
    expect(() => sampler(Float32Array.of(1, Infinity), [])).toThrow(/token 1 is infinite/);
    expect(() => sampler(Float32Array.of(-Infinity, -Infinity), [])).toThrow(/no token has a logit above/);
    expect(() => sampler(new Float32Array(0), [])).toThrow(/no token/);
  });

  it('refuses settings out of bounds', () => {
    const wrong: Partial<SamplerSettings>[] = [
      { temperature: -1 },
      { temperature: NaN },
      { topK: 0 },
      { topP: 0 },
      { topP: 1.1 },
      { repetition: 0 },
      { seed: 0.5 },
    ];
    for (const each of wrong) {
      expect(() => createSampler({ ...DRAW, ...each })).toThrow(expect.objectContaining({ code: 'bad-request' }));
    }
  });
});
