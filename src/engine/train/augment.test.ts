import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import type { ImagePreprocess } from '../../data/preprocess.ts';
import { augmented } from './augment.ts';

const gray: ImagePreprocess = {
  kind: 'image',
  input: 'x',
  channels: 'gray',
  resize: null,
  crop: null,
  scale: 1,
  mean: [0],
  std: [1],
  layout: 'nchw',
  shape: [1, 2, 3],
  dtype: 'float32',
};
const sample = { x: { dtype: 'float32', shape: [1, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } } as const;
const none = { flip: false, shift: 0, jitter: 0 };
const seen = (by: typeof none, preprocess = gray, seeds = 40): Set<string> =>
  new Set(
    Array.from({ length: seeds }, (_, seed) =>
      [...(augmented(sample, preprocess, by, seeded(seed))['x']!.data as Float32Array)].join(' '),
    ),
  );

describe('augmentation', () => {
  it('mirrors about every second image, and leaves the others', () => {
    expect(seen({ ...none, flip: true })).toEqual(new Set(['1 2 3 4 5 6', '3 2 1 6 5 4']));
  });

  it('moves by whole pixels; the edge comes in', () => {
    const moved = seen({ ...none, shift: 1 }, gray, 200);
    expect(moved.size).toBe(9);
    expect(moved).toContain('1 1 2 4 4 5');
    expect(moved).toContain('4 5 6 4 5 6');
  });

  it('changes light by at most its share, and keeps what is brighter brighter', () => {
    for (const text of seen({ ...none, jitter: 0.2 })) {
      const values = text.split(' ').map(Number);
      expect([...values].sort((a, b) => a - b)).toEqual(values);
      values.forEach((value, i) => expect(Math.abs(value - (i + 1))).toBeLessThan(0.2 * (2.5 + 1.71) + 1e-5));
    }
  });

  it('is the same for the same seed, and leaves what is no image', () => {
    const all = { flip: true, shift: 1, jitter: 0.3 };
    const once = augmented(sample, gray, all, seeded(7));
    expect(augmented(sample, gray, all, seeded(7))).toEqual(once);
    const rows = { kind: 'array', input: 'x', scale: 1, mean: 0, std: 1, shape: [6], dtype: 'float32' } as const;
    expect(augmented(sample, rows, all, seeded(7))).toBe(sample);
  });

  it('moves channels together, whichever axis they lie along', () => {
    const colours = { ...gray, channels: 'rgb', layout: 'nhwc', shape: [1, 2, 3] } as const;
    expect(seen({ ...none, flip: true }, colours)).toEqual(new Set(['1 2 3 4 5 6', '4 5 6 1 2 3']));
  });
});
