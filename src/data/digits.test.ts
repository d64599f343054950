import { describe, expect, it } from 'vitest';
import { digits } from './digits.ts';

const imageOf = async (data: ReturnType<typeof digits>, index: number) => {
  const sample = await data.sample(index);
  if (sample.kind !== 'image') throw new Error('digits are images');
  return sample.image;
};

describe('drawn digits', () => {
  it('are the same for the same seed, whichever is asked for first, and others for another', async () => {
    const [a, b, c] = [digits(50, 3), digits(20, 3), digits(50, 4)];
    expect(await imageOf(a, 17)).toEqual(await imageOf(b, 17));
    expect(a.labels!.slice(0, 20)).toEqual(b.labels);
    expect((await imageOf(c, 17)).data).not.toEqual((await imageOf(a, 17)).data);
  });

  it('are of ten classes, about as many of each', () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of digits(5000, 1).labels!) counts[label]! += 1;
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
  });

  it('have some ink, whose edge is soft, and stay inside', async () => {
    const data = digits(200, 2);
    for (let index = 0; index < 200; index++) {
      const { data: pixels, width } = await imageOf(data, index);
      const ink = pixels.reduce((sum, each) => sum + each, 0) / 255;
      expect(ink).toBeGreaterThan(25);
      expect(ink).toBeLessThan(280);
      expect(new Set(pixels).size).toBeGreaterThan(10);
      const edge = pixels.filter((_, at) => at < width || at >= 27 * width || at % width === 0 || at % width === 27);
      expect(edge.filter((each) => each > 200).length).toBeLessThan(8);
    }
  });
});
