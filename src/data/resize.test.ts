import { describe, expect, it } from 'vitest';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { decodePng } from './png.ts';
import { centerCrop, resizeImage, type ResizeFilter } from './resize.ts';
import type { Image } from './types.ts';

/** Sum of the pixels, and sum weighted by place, which tells a shift. */
function checksums({ data }: Image): readonly [number, number] {
  let [sum, weighted] = [0, 0];
  data.forEach((value, i) => {
    sum += value;
    weighted += value * (i % 65521);
  });
  return [sum, weighted];
}

const gray = (width: number, height: number): Image => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => i),
});

/** Made once with Pillow 12.3: `image.resize(size, Image.BILINEAR)` and `Image.NEAREST`. */
const PILLOW: readonly (readonly [number, number, ResizeFilter, number, number])[] = [
  [224, 224, 'bilinear', 18152229, 543120173656],
  [37, 61, 'bilinear', 816775, 2774347849],
  [2000, 500, 'bilinear', 361997762, 11839498720120],
  [1024, 77, 'bilinear', 28529656, 877146392020],
  [224, 224, 'nearest', 18159954, 537023012939],
  [37, 61, 'nearest', 846554, 2885932796],
  [2000, 500, 'nearest', 364169026, 11862955968682],
];

describe('resizing', () => {
  it.skipIf(!haveShared())('gives the same bits as Pillow, smaller and larger', async () => {
    const image = await decodePng('x', sharedFile('real/data/cifar10/cifar10_batch_0.png'));
    for (const [width, height, filter, sum, weighted] of PILLOW) {
      expect([width, height, ...checksums(resizeImage(image, width, height, filter))]).toEqual([
        width,
        height,
        sum,
        weighted,
      ]);
    }
  });

  it('to the same size changes nothing', () => {
    const image = gray(5, 4);
    for (const filter of ['bilinear', 'nearest'] as const) expect(resizeImage(image, 5, 4, filter)).toEqual(image);
  });

  it('is refused where the result would be empty or huge', () => {
    for (const [width, height] of [
      [0, 3],
      [1e9, 1e9],
      [NaN, 1],
    ] as const) {
      expect(() => resizeImage(gray(2, 2), width, height, 'bilinear')).toThrow(/cannot be resized to/);
    }
  });
});

describe('the centre crop', () => {
  it('takes the middle, an odd rest split half to even', () => {
    // Rests 3 and 1: starts 1.5 → 2 and 0.5 → 0, as Python's round gives.
    expect([...centerCrop(gray(5, 3), 2, 2).data]).toEqual([2, 3, 7, 8]);
    expect([...centerCrop(gray(4, 4), 2, 2).data]).toEqual([5, 6, 9, 10]);
  });
});
