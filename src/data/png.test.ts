import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { toGray } from './image.ts';
import { decodePng } from './png.ts';

const text = (name: string): number[] => Array.from(name, (char) => char.charCodeAt(0));
const u32 = (value: number): number[] => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const chunk = (name: string, content: ArrayLike<number>): number[] => [
  ...u32(content.length),
  ...text(name),
  ...Array.from(content),
  0,
  0,
  0,
  0,
];

interface Content {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlace?: number;
  readonly palette?: readonly number[];
  /** Filtered rows. */
  readonly rows: Uint8Array;
}

function png({ width, height, depth, colour, interlace = 0, palette, rows }: Content): Uint8Array {
  return Uint8Array.from([
    0x89,
    ...text('PNG'),
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    ...chunk('IHDR', [...u32(width), ...u32(height), depth, colour, 0, 0, interlace]),
    ...(palette ? chunk('PLTE', palette) : []),
    ...chunk('IDAT', zlibSync(rows)),
    ...chunk('IEND', []),
  ]);
}

/** Section 9.2, encoder's side, with filter `y mod 5` on row `y`. */
function filtered(raw: Uint8Array, line: number, unit: number): Uint8Array {
  const height = raw.length / line;
  const out = new Uint8Array(height * (line + 1));
  for (let y = 0; y < height; y++) {
    out[y * (line + 1)] = y % 5;
    for (let x = 0; x < line; x++) {
      const a = x >= unit ? raw[y * line + x - unit]! : 0;
      const b = y > 0 ? raw[(y - 1) * line + x]! : 0;
      const c = y > 0 && x >= unit ? raw[(y - 1) * line + x - unit]! : 0;
      const p = a + b - c;
      const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      out[y * (line + 1) + 1 + x] = raw[y * line + x]! - [0, a, b, (a + b) >> 1, paeth][y % 5]!;
    }
  }
  return out;
}

const noise = (length: number): Uint8Array => {
  const random = seeded(4);
  return Uint8Array.from({ length }, () => random() * 256);
};

describe('PNG', () => {
  it('in gray, RGB and RGBA comes back through all five filters; transparency is dropped', async () => {
    for (const [colour, samples] of [
      [0, 1],
      [2, 3],
      [4, 2],
      [6, 4],
    ] as const) {
      const [width, height] = [7, 11];
      const raw = noise(width * height * samples);
      const image = await decodePng(
        'x',
        png({ width, height, depth: 8, colour, rows: filtered(raw, width * samples, samples) }),
      );
      const channels = samples < 3 ? 1 : 3;
      expect([image.width, image.height, image.channels]).toEqual([7, 11, channels]);
      expect(image.data).toEqual(raw.filter((_, i) => i % samples < channels));
    }
  });

  it('with a palette or gray of fewer than 8 bits is spread to 8', async () => {
    const palette = [10, 20, 30, 40, 50, 60, 70, 80, 90];
    const rows = Uint8Array.of(0, 0b00011000, 0, 0b10000100);
    const coloured = await decodePng('x', png({ width: 3, height: 2, depth: 2, colour: 3, palette, rows }));
    expect([...coloured.data]).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 70, 80, 90, 10, 20, 30, 40, 50, 60]);
    const gray = await decodePng('x', png({ width: 3, height: 2, depth: 2, colour: 0, rows }));
    expect([...gray.data]).toEqual([0, 85, 170, 170, 0, 85]);
  });

  it('interlaced by Adam7 is put together', async () => {
    // 3 × 3: passes 1 (0,0), 4 (2,0), 5 (0,2) (2,2), 6 (1,0) (1,2), 7 (row 1).
    const rows = Uint8Array.of(0, 1, 0, 3, 0, 7, 9, 0, 2, 0, 8, 0, 4, 5, 6);
    const image = await decodePng('x', png({ width: 3, height: 3, depth: 8, colour: 0, interlace: 1, rows }));
    expect([...image.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('is refused by name, place and cure when something is wrong with it', async () => {
    const base = { width: 2, height: 2, depth: 8, colour: 0, rows: new Uint8Array(6) };
    const cases: readonly [Uint8Array, string, RegExp][] = [
      [png(base).subarray(0, 40), 'bad-file', /^f: its chunks end before the closing IEND: it is cut short/],
      [png({ ...base, rows: new Uint8Array(5) }), 'bad-file', /2 × 2 pixels want 6 bytes, 5 are there/],
      [png({ ...base, rows: new Uint8Array(5_000_000) }), 'bad-file', /unpacks to more than the 6 bytes/],
      [png({ ...base, depth: 16 }), 'unsupported', /16 bits a sample/],
      [png({ ...base, width: 2 ** 31 - 1, height: 2 ** 31 - 1 }), 'unsupported', /more than 50000000\. Scale it down/],
      [png({ ...base, colour: 5 }), 'bad-file', /colour type 5/],
      [png({ ...base, colour: 3 }), 'bad-file', /without a palette/],
      [
        png({ ...base, colour: 3, palette: [1, 2, 3], rows: Uint8Array.of(0, 0, 9, 0, 0, 0) }),
        'bad-file',
        /colour 9 is not in its palette/,
      ],
      [png({ ...base, rows: Uint8Array.of(9, 0, 0, 0, 0, 0) }), 'bad-file', /unknown filter 9/],
      [Uint8Array.of(1, 2, 3), 'bad-file', /does not begin as a PNG/],
    ];
    for (const [bytes, code, message] of cases) {
      await expect(decodePng('f', bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  it.skipIf(!haveShared())('of CIFAR-10 has the pixels that Pillow finds', async () => {
    const image = await decodePng('x', sharedFile('real/data/cifar10/cifar10_batch_0.png'));
    expect([image.width, image.height, image.channels]).toEqual([1024, 1000, 3]);
    expect(image.data.reduce((a, b) => a + b, 0)).toBe(370453111);
    expect([...image.data.subarray(0, 12)]).toEqual([59, 62, 63, 43, 46, 45, 50, 48, 43, 68, 54, 42]);
    expect(toGray(image).data.reduce((a, b) => a + b, 0)).toBe(125556113);
  });
});
