import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorPicture } from '../../../engine/detail-types.ts';
import { valueAt } from './paint-picture.ts';
import { boxOf, cellAt, layOut, step } from './picture-geometry.ts';
import { colorOf, rampOf, shadeOf, SHADES } from './ramp.ts';
import { placeOf, subjectOf } from './subject.ts';

const picture = (kind: TensorPicture['kind'], tiles: number, height: number, width: number): TensorPicture => ({
  kind,
  data: Float32Array.from({ length: tiles * height * width }, (_, i) => i),
  tiles,
  height,
  width,
  colors: 1,
  limit: 1,
  from: 0,
  count: tiles,
  channels: 1,
  rows: height,
  columns: width,
  rowStep: 1,
  columnStep: 1,
});
const kernels = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
  .map(([tiles, height, width]) => picture('kernels', tiles, height, width));
const matrices = fc
  .tuple(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 256 }))
  .map(([height, width]) => picture('matrix', 1, height, width));
const room = fc.integer({ min: 220, max: 480 });

describe('where the cells of a picture lie', () => {
  it('fits the room that there is, at any width of the panel', () => {
    fc.assert(
      fc.property(fc.oneof(kernels, matrices), room, (drawn, width) => {
        const geometry = layOut(drawn, width);
        expect(geometry.width).toBeLessThanOrEqual(width);
        expect(geometry.width).toBeGreaterThan(0);
        expect(geometry.height).toBeGreaterThan(0);
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it('finds under the middle of a box the cell that the box is of', () => {
    fc.assert(
      fc.property(fc.oneof(kernels, matrices), room, fc.nat(), (drawn, width, pick) => {
        const geometry = layOut(drawn, width);
        const index = pick % drawn.data.length;
        const column = index % drawn.width;
        const row = Math.floor(index / drawn.width) % drawn.height;
        const cell = { tile: Math.floor(index / (drawn.width * drawn.height)), row, column };
        const [x, y, w, h] = boxOf(geometry, cell);
        expect(cellAt(geometry, x + w / 2, y + h / 2)).toEqual(cell);
        expect(valueAt(drawn, cell)).toBe(index);
      }),
      { seed: 22, numRuns: 300 },
    );
  });

  it('has nothing between tiles, nor outside', () => {
    const geometry = layOut(picture('kernels', 9, 3, 3), 300);
    expect(cellAt(geometry, geometry.tileWidth + geometry.gap / 2, 1)).toBeNull();
    expect(cellAt(geometry, -1, 1)).toBeNull();
    expect(cellAt(geometry, 1, geometry.height)).toBeNull();
  });

  it('is walked by arrows over the edges of tiles, and left by none', () => {
    const geometry = layOut(picture('kernels', 4, 3, 3), 130);
    expect(geometry.across).toBe(2);
    const first = step(geometry, null, 'ArrowRight');
    expect(first).toEqual({ tile: 0, row: 0, column: 0 });
    expect(step(geometry, { tile: 0, row: 0, column: 2 }, 'ArrowRight')).toEqual({ tile: 1, row: 0, column: 0 });
    expect(step(geometry, { tile: 1, row: 2, column: 1 }, 'ArrowDown')).toEqual({ tile: 3, row: 0, column: 1 });
    expect(step(geometry, first, 'ArrowUp')).toEqual(first);
    expect(step(geometry, first, 'Enter')).toBeNull();
    const odd = layOut(picture('kernels', 3, 1, 2), 300);
    const last = { tile: odd.tiles - 1, row: 0, column: 1 };
    expect(step(odd, last, 'ArrowDown')).toEqual(last);
  });
});

describe('colours', () => {
  const ramp = rampOf({
    diverging: ['#000080', '#0000ff', '#8080ff', '#ffffff', '#ff8080', '#ff0000', '#800000'],
    warning: '#ffaa00',
  });
  const channels = (word: number | undefined) => [word! & 255, (word! >> 8) & 255, (word! >> 16) & 255];

  it('have zero in the middle, the limits at the ends, and a colour of its own for NaN', () => {
    expect(shadeOf(0, 3)).toBe((SHADES - 1) / 2);
    expect([shadeOf(-3, 3), shadeOf(3, 3), shadeOf(99, 3), shadeOf(-Infinity, 3)]).toEqual([
      0,
      SHADES - 1,
      SHADES - 1,
      0,
    ]);
    expect(shadeOf(NaN, 3)).toBe(SHADES);
    expect(channels(ramp[shadeOf(0, 3)])).toEqual([255, 255, 255]);
    expect(channels(ramp[0])).toEqual([0, 0, 128]);
    expect(channels(ramp[SHADES - 1])).toEqual([128, 0, 0]);
    expect(channels(ramp[SHADES])).toEqual([255, 170, 0]);
  });

  it('of kernels over red, green and blue have mid-grey for zero', () => {
    expect(channels(colorOf(0, 0, 0, 1))).toEqual([128, 128, 128]);
    expect(channels(colorOf(1, -1, 5, 1))).toEqual([255, 0, 255]);
  });
});

describe('a tensor that is looked into', () => {
  it('names places by their indices', () => {
    expect(placeOf(0, [2, 3, 4])).toBe('[0, 0, 0]');
    expect(placeOf(23, [2, 3, 4])).toBe('[1, 2, 3]');
    expect(placeOf(0, [])).toBe('[]');
  });

  it('is a constant of a known shape, else nothing', () => {
    const port = {
      slot: 'W',
      value: 3,
      optional: false,
      name: 'w',
      type: 'float32 2×3',
      dtype: 'float32',
      shape: [2, 3],
      constant: true,
      bytes: 24,
      isInput: false,
      isOutput: false,
      isInner: false,
      producer: null,
      consumers: [],
      consumerCount: 0,
      channelAxis: 0,
      picture: 'matrix',
      origin: null,
    } as const;
    expect(subjectOf(port)).toMatchObject({ ref: { value: 3 }, axis: 0, picture: 'matrix' });
    expect(subjectOf({ ...port, constant: false })).toBeNull();
    expect(subjectOf({ ...port, shape: ['N', 3] })).toBeNull();
  });
});
