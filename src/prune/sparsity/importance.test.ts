import { expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { WEIGHT_IMPORTANCE } from './importance.ts';
import type { WeightImportanceId, WeightLayout } from './types.ts';

const layout: WeightLayout = { matrices: 1, outputs: 1, reduction: 4, order: 'output-major' };
const scores = (id: WeightImportanceId, weights: readonly number[], seed = 1): number[] =>
  Array.from(WEIGHT_IMPORTANCE[id](weights, { layout, activationNorms: null, random: seeded(seed) }));

it('magnitude is |w|', () => {
  expect(scores('magnitude', [-3, 0, 2, -0.5])).toEqual([3, 0, 2, 0.5]);
});

it('LAMP divides each square by those that are not smaller: the largest weight of a tensor has 1', () => {
  const expected = [9 / 9, 1 / 14, 4 / 13, 0];
  scores('lamp', [-3, 1, 2, 0]).forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? NaN, 12));
});

it('LAMP gives equal magnitudes equal scores, and does not change with the scale of the tensor', () => {
  const [a, b, c] = scores('lamp', [1, -1, 2]);
  expect(a).toBe(b);
  expect(a).toBeCloseTo(1 / 6, 12);
  expect(c).toBe(1);
  const weights = [0.5, -1, 0.25, 4];
  expect(
    scores(
      'lamp',
      weights.map((each) => each * 1024),
    ),
  ).toEqual(scores('lamp', weights));
});

it('random scores are above 0, the same for a seed, others for another', () => {
  const first = scores('random', [1, 2, 3, 4], 5);
  expect(first.every((score) => score > 0 && score <= 1)).toBe(true);
  expect(scores('random', [9, 9, 9, 9], 5)).toEqual(first);
  expect(scores('random', [1, 2, 3, 4], 6)).not.toEqual(first);
});
