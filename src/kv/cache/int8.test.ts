import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../../base/random.ts';
import { int8ErrorBound, type ScaleType } from './int8-quantize.ts';
import { INT8_DEFAULTS, int8Bytes, Int8Cache, int8Positions } from './int8.ts';
import { bytesPerPosition, type LayerRows, type LayerShape } from './layout.ts';
import { sliceRows } from './rows.ts';

const rowsOf = (layers: readonly LayerShape[], count: number, draw: () => number): LayerRows[] =>
  layers.map(({ heads, keyWidth, valueWidth }) => ({
    key: Float32Array.from({ length: heads * count * keyWidth }, draw),
    value: Float32Array.from({ length: heads * count * valueWidth }, draw),
  }));

/** Rows of all positions, cut into what each run gives. */
const cut = (layers: readonly LayerShape[], rows: readonly LayerRows[], from: number, count: number): LayerRows[] =>
  layers.map(({ heads, keyWidth, valueWidth }, layer) => ({
    key: sliceRows(rows[layer]!.key as Float32Array<ArrayBuffer>, heads, keyWidth, from, count),
    value: sliceRows(rows[layer]!.value as Float32Array<ArrayBuffer>, heads, valueWidth, from, count),
  }));

const UNEVEN: readonly LayerShape[] = [
  { heads: 2, keyWidth: 6, valueWidth: 4 },
  { heads: 1, keyWidth: 3, valueWidth: 8 },
];

describe('the INT8 cache', () => {
  it('is as large as its formula says, at every length, whatever the runs', () => {
    for (const scales of ['float16', 'float32'] as const) {
      const options = { group: 4, residual: 3, scales };
      const cache = new Int8Cache(UNEVEN, options);
      const draw = normal(seeded(1));
      for (const count of [1, 2, 1, 9, 1, 1, 30, 0, 1]) {
        cache.append(count, rowsOf(UNEVEN, count, draw));
        const formula = UNEVEN.reduce((sum, shape) => sum + int8Bytes(shape, cache.length, options), 0);
        expect(cache.bytes).toBe(formula);
      }
      expect(cache.length).toBe(46);
    }
  });

  it('is at least 3.5 times smaller than float32 at every length from 1024 on, for heads of 64 and wider', () => {
    for (const width of [64, 80, 96, 128, 256]) {
      const shape: LayerShape = { heads: 3, keyWidth: width, valueWidth: width };
      for (let length = 1024; length <= 8192; length++) {
        const ratio = (length * bytesPerPosition([shape])) / int8Bytes(shape, length, INT8_DEFAULTS);
        if (ratio < 3.5) expect.fail(`${ratio} at ${length} positions of ${width}`);
      }
    }
  });

  it('holds these bytes in fact: 1024 positions of two heads of 64', () => {
    const shape: LayerShape = { heads: 2, keyWidth: 64, valueWidth: 64 };
    const cache = new Int8Cache([shape]);
    cache.append(1024, rowsOf([shape], 1024, normal(seeded(2))));
    expect(cache.bytes).toBe(int8Bytes(shape, 1024, INT8_DEFAULTS));
    expect((1024 * bytesPerPosition([shape])) / cache.bytes).toBeGreaterThanOrEqual(3.5);
  });

  it.each<ScaleType>(['float16', 'float32'])(
    'keeps each number within half a step of its strip with %s scales, and the last ones as they were',
    (scales) => {
      const options = { group: 4, residual: 3, scales };
      fc.assert(
        fc.property(fc.integer(), fc.double({ min: -6, max: 5, noNaN: true }), (seed, magnitude) => {
          const gauss = normal(seeded(seed));
          const rows = rowsOf(UNEVEN, 26, () => gauss() * 10 ** magnitude);
          const cache = new Int8Cache(UNEVEN, options);
          for (const [from, count] of [
            [0, 11],
            [11, 1],
            [12, 1],
            [13, 13],
          ] as const)
            cache.append(count, cut(UNEVEN, rows, from, count));
          const { keys, values } = int8Positions(26, options);
          const held = cache.gather();
          UNEVEN.forEach(({ heads, keyWidth, valueWidth }, layer) => {
            for (let head = 0; head < heads; head++) {
              for (let position = 0; position < 26; position++) {
                for (let channel = 0; channel < keyWidth; channel++) {
                  const at = (p: number): number => (head * 26 + p) * keyWidth + channel;
                  const group = position - (position % 4);
                  const strip = [0, 1, 2, 3].map((i) => rows[layer]!.key[at(group + i)]!);
                  within(rows[layer]!.key, held[layer]!.key, at(position), position < keys ? strip : null, scales);
                }
                const start = (head * 26 + position) * valueWidth;
                const strip = [...rows[layer]!.value.subarray(start, start + valueWidth)];
                for (let i = start; i < start + valueWidth; i++) {
                  within(rows[layer]!.value, held[layer]!.value, i, position < values ? strip : null, scales);
                }
              }
            }
          });
        }),
        { numRuns: 60, seed: 5 },
      );
    },
  );

  it('quantizes alike whether rows come at once or one by one', () => {
    const rows = rowsOf(UNEVEN, 40, normal(seeded(3)));
    const [whole, single] = [new Int8Cache(UNEVEN), new Int8Cache(UNEVEN)];
    whole.append(40, rows);
    for (let at = 0; at < 40; at++) single.append(1, cut(UNEVEN, rows, at, 1));
    expect(single.parts()).toEqual(whole.parts());
  });

  it('goes back within its floats and by whole groups, and refuses to go into one', () => {
    const options = { group: 4, residual: 3, scales: 'float16' as const };
    const rows = rowsOf(UNEVEN, 26, normal(seeded(4)));
    const cache = new Int8Cache(UNEVEN, options);
    cache.append(26, rows);
    const before = cache.gather();
    cache.truncate(21);
    expect(cache.gather()).toEqual(cut(UNEVEN, before, 0, 21));
    expect(() => cache.truncate(19)).toThrow(/quantized in groups of 4.*Begin a new one/);
    cache.truncate(16);
    cache.append(10, cut(UNEVEN, rows, 16, 10));
    expect(cache.gather()).toEqual(before);
  });

  it('gives its memory back, and takes no more', () => {
    const cache = new Int8Cache(UNEVEN);
    cache.append(40, rowsOf(UNEVEN, 40, normal(seeded(6))));
    cache.release();
    expect(cache.bytes).toBe(0);
    expect(() =>
      cache.append(
        0,
        rowsOf(UNEVEN, 0, () => 0),
      ),
    ).toThrow('released: open another one');
  });

  it('refuses numbers that eight bits cannot tell', () => {
    const shape: LayerShape = { heads: 1, keyWidth: 1, valueWidth: 1 };
    const cache = new Int8Cache([shape], { group: 1, residual: 0, scales: 'float16' });
    const one = (key: number): LayerRows[] => [{ key: Float32Array.of(key), value: Float32Array.of(1) }];
    expect(() => cache.append(1, one(NaN))).toThrow(/NaN cannot be kept in eight bits.*leaves its range/);
    expect(() => cache.append(1, one(1e8))).toThrow(/with float16 scales. Choose float32 scales/);
    cache.append(1, one(8e6));
    expect(cache.gather()[0]!.key[0]! / 8e6).toBeCloseTo(1, 2);
  });
});

/** `strip`: the numbers that share its scale; null: it is kept as it is. */
function within(
  source: Float32Array,
  held: Float32Array,
  at: number,
  strip: readonly number[] | null,
  scales: ScaleType,
): void {
  const bound = strip === null ? 0 : int8ErrorBound(Math.max(...strip.map(Math.abs)), scales);
  // Float32's rounding of q · scale comes on top.
  const error = Math.abs(source[at]! - held[at]!);
  if (error > bound + Math.abs(source[at]!) * (strip === null ? 0 : 2 ** -23)) {
    expect.fail(`${source[at]} became ${held[at]} at ${at}: off by ${error}, ${bound} is allowed`);
  }
}
