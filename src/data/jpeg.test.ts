import { encode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { decodeJpeg } from './jpeg.ts';

const SIZE = 24;
const smooth = encode(
  {
    width: SIZE,
    height: SIZE,
    data: Uint8Array.from({ length: SIZE * SIZE * 4 }, (_, i) => (i % 4 === 3 ? 255 : 60 + (i % 4) * 50)),
  },
  90,
);
const file = new Uint8Array(smooth.data);
const frameAt = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xc0);

/** The file with bytes of its frame header changed, counted from the marker. */
function patched(changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = file.slice();
  for (const [at, value] of Object.entries(changes)) bytes[frameAt + Number(at)] = value;
  return bytes;
}

/** Means of red, green, blue as Pillow 12.3 (libjpeg-turbo) finds them. */
const MEANS: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  'n01440764_tench.JPEG': [500, 375, 106.4712, 111.2876, 94.7243],
  'n01601694_water_ouzel.JPEG': [500, 375, 108.4468, 108.8, 101.2335],
  'n01682714_American_chameleon.JPEG': [500, 333, 104.6529, 88.397, 53.0574],
  'n01740131_night_snake.JPEG': [400, 296, 124.6834, 112.4952, 96.6324],
};

describe('JPEG', () => {
  it('of one colour comes back within a step or two of it', () => {
    const { width, height, channels, data } = decodeJpeg('x', file);
    expect([width, height, channels]).toEqual([SIZE, SIZE, 3]);
    data.forEach((value, i) => expect(Math.abs(value - (60 + (i % 3) * 50))).toBeLessThanOrEqual(2));
  });

  it.skipIf(!haveShared())('of real photographs has the means that Pillow finds, within 0.2 of 255', () => {
    for (const [name, [width, height, ...means]] of Object.entries(MEANS)) {
      const image = decodeJpeg(name, sharedFile(`real/data/imagenet_samples/${name}`));
      expect([image.width, image.height, image.channels]).toEqual([width, height, 3]);
      means.forEach((mean, channel) => {
        const own =
          image.data.filter((_, i) => i % 3 === channel).reduce((a, b) => a + b, 0) / (image.width * image.height);
        expect(Math.abs(own - mean)).toBeLessThan(0.2);
      });
    }
  });

  it('is refused by name, place and cure when it cannot be read', () => {
    const cases: readonly [Uint8Array, string, RegExp][] = [
      [file.subarray(0, 200), 'bad-file', /^f: it ends before its end marker: it is cut short/],
      [file.subarray(0, file.length - 2), 'bad-file', /cut short/],
      [patched({ 1: 0xc3 }), 'unsupported', /lossless JPEG; baseline and progressive/],
      [patched({ 1: 0xc9 }), 'unsupported', /arithmetic-coded/],
      [patched({ 4: 12 }), 'unsupported', /12 bits a sample/],
      [patched({ 9: 4 }), 'unsupported', /CMYK/],
      [patched({ 5: 0, 6: 0 }), 'bad-file', /24 × 0 pixels/],
      [patched({ 5: 255, 6: 255, 7: 255, 8: 255 }), 'unsupported', /65535 × 65535 pixels are more than 50000000/],
      [Uint8Array.of(1, 2, 3, 4), 'bad-file', /does not begin as a JPEG/],
    ];
    for (const [bytes, code, message] of cases) {
      expect(() => decodeJpeg('f', bytes)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }) as Error,
      );
    }
  });

  it('with many scans of many pixels is refused before the work begins', () => {
    const large = patched({ 5: 0x1b, 6: 0x58, 7: 0x1b, 8: 0x58 });
    const scanAt = large.findIndex((byte, i) => byte === 0xff && large[i + 1] === 0xda);
    const scan = large.subarray(scanAt, large.length - 2);
    const bomb = new Uint8Array([
      ...large.subarray(0, scanAt),
      ...Array.from({ length: 30 }, () => [...scan]).flat(),
      0xff,
      0xd9,
    ]);
    expect(() => decodeJpeg('bomb', bomb)).toThrow(/21 scans of 49000000 pixels are too much work/);
  });

  it('with bytes damaged gives an image or a CodedError', () => {
    const random = seeded(2);
    let refused = 0;
    for (let run = 0; run < 300; run++) {
      const bytes = file.slice();
      for (let i = 0; i < 3; i++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
      try {
        expect(decodeJpeg('x', bytes).data.length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as Error).name).toBe('CodedError');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(30);
  });
});
