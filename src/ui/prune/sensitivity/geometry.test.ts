import { describe, expect, it } from 'vitest';
import type { CurveLine } from '../../../state/curves.ts';
import { curvePath, nearest, placeAfterKey, scaleOf, xOf, yOf } from './geometry.ts';

const line = (key: string, harms: readonly number[]): CurveLine => ({
  key,
  name: key,
  channels: 100,
  points: harms.map((harm, index) => ({ kept: 100 - 25 * index, removed: 0.25 * index, harm })),
});
const lines = [line('a', [0, 1, 4]), line('b', [0, 0, 1])];
const scale = scaleOf(lines, 100, 40);

describe('the place of a point', () => {
  it('goes by the share removed, and by the square root of harm', () => {
    expect(scale).toMatchObject({ reach: 0.5, worst: 4 });
    expect([xOf(scale, 0), xOf(scale, 0.25), xOf(scale, 0.5)]).toEqual([0, 50, 100]);
    expect([yOf(scale, 0), yOf(scale, 1), yOf(scale, 4)]).toEqual([40, 20, 0]);
    expect(curvePath(scale, lines[0]!)).toBe('M0 40L50 20L100 0');
  });

  it('is on the chart where nothing does harm, and a curve ends where harm is no number', () => {
    const flat = scaleOf([line('a', [0, 0])], 100, 40);
    expect(yOf(flat, 0)).toBe(40);
    const broken = line('a', [0, 1, NaN]);
    expect(curvePath(scaleOf([broken], 100, 40), broken)).toBe('M0 40L50 0');
  });
});

describe('pointing', () => {
  it('finds the measured point that is nearest, never the full width or what is no number', () => {
    expect(nearest(scale, lines, 48, 22)).toEqual({ line: 0, point: 1 });
    expect(nearest(scale, lines, 95, 30)).toEqual({ line: 1, point: 2 });
    expect(nearest(scale, lines, 0, 40)).toEqual({ line: 1, point: 1 });
    expect(nearest(scale, [line('a', [0, NaN])], 50, 20)).toBeNull();
  });
});

describe('arrow keys', () => {
  it('go through groups up and down, and along one left and right, within bounds', () => {
    const walk = (keys: readonly string[]) => {
      const seen: (string | null)[] = [];
      let place: ReturnType<typeof placeAfterKey> = null;
      for (const key of keys) {
        place = placeAfterKey(lines, place, key);
        seen.push(place && `${place.line},${place.point}`);
      }
      return seen;
    };
    expect(walk(['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown'])).toEqual([
      '0,1',
      '0,2',
      '0,2',
      '1,2',
      '1,2',
    ]);
    expect(walk(['ArrowLeft', 'End', 'Home', 'ArrowUp'])).toEqual(['0,1', '0,2', '0,1', '0,1']);
    expect(placeAfterKey(lines, null, 'a')).toBeNull();
    expect(placeAfterKey([], null, 'ArrowUp')).toBeNull();
  });
});
