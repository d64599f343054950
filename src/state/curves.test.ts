import { describe, expect, it } from 'vitest';
import type { Sensitivity, SensitivityPoint } from '../prune/sensitivity.ts';
import { curveLines, harmAtWidth, harmShown } from './curves.ts';

const point = (ratio: number, kept: number, kl: number): SensitivityPoint => ({
  ratio,
  kept,
  fidelity: { cosine: 1, kl, agreement: 1 },
  accuracy: null,
});
const found = (points: readonly SensitivityPoint[], accuracy: number | null = null): Sensitivity => ({
  importance: 'l2',
  seed: 0,
  runs: 8,
  accuracy,
  groups: [{ key: 'a', name: 'A', channels: 8, points }],
});

describe('a curve', () => {
  it('starts at the full width without harm, and goes by the channels that are really gone', () => {
    const [line] = curveLines(found([point(0.3, 6, 1), point(0.5, 4, 3)]), 'kl');
    expect(line).toMatchObject({ key: 'a', name: 'A', channels: 8 });
    expect(line?.points).toEqual([
      { kept: 8, removed: 0, harm: 0 },
      { kept: 6, removed: 0.25, harm: 1 },
      { kept: 4, removed: 0.5, harm: 3 },
    ]);
  });

  it('has one point where several shares round to one width, none of them the full one', () => {
    const [line] = curveLines(found([point(0.05, 8, 0), point(0.2, 6, 1), point(0.3, 6, 1)]), 'kl');
    expect(line?.points.map(({ kept }) => kept)).toEqual([8, 6]);
  });

  it('is read in straight lines between its points, and not beyond them', () => {
    const [line] = curveLines(found([point(0.25, 6, 1), point(0.5, 4, 3)]), 'kl');
    expect([8, 7, 6, 5, 4, 3].map((kept) => harmAtWidth(line!, kept))).toEqual([0, 0.5, 1, 2, 3, null]);
  });
});

it('accuracy is shown where labels are known, whatever was chosen before', () => {
  expect(harmShown(found([], 0.5), null)).toBe('accuracy');
  expect(harmShown(found([], 0.5), 'cosine')).toBe('cosine');
  expect(harmShown(found([]), 'accuracy')).toBe('kl');
  expect(harmShown(found([]), null)).toBe('kl');
});
