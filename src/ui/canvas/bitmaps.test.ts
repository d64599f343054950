import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitmaps, SIDE, type BitmapView, type Square } from './bitmaps.ts';

interface Fake extends Square {
  closed: boolean;
}

/** Images that know what they show; painting one takes a ms. */
function setUp() {
  let time = 0;
  const painted: Fake[] = [];
  const bitmaps = new Bitmaps<Fake>({
    paint(square) {
      time += 1;
      const image = { ...square, closed: false };
      painted.push(image);
      return image;
    },
    close: (image) => {
      image.closed = true;
    },
    now: () => time,
  });
  return { bitmaps, painted };
}

const viewAt = (x: number, y: number, zoom: number, resting = true): BitmapView => ({
  viewport: { x, y, zoom },
  width: 1000,
  height: 700,
  ratio: 1,
  resting,
});

describe('bitmaps of the drawing', () => {
  it('cover every px of the view without overlap or seam, at every zoom and ratio', () => {
    const place = fc.double({ min: -5000, max: 5000, noNaN: true });
    fc.assert(
      fc.property(
        place,
        place,
        fc.double({ min: 0.05, max: 1.5, noNaN: true }),
        fc.constantFrom(1, 1.25, 2),
        fc.double({ min: 0.7, max: 1.5, noNaN: true }),
        (x, y, zoom, ratio, factor) => {
          const { bitmaps } = setUp();
          bitmaps.frame({ ...viewAt(x, y, zoom), ratio }, Infinity);
          const { images } = bitmaps.frame({ ...viewAt(x, y, zoom * factor, false), ratio }, Infinity);
          let area = 0;
          let twice = 0;
          for (const a of images) {
            area += overlap(a, { x: 0, y: 0, width: Math.round(1000 * ratio), height: Math.round(700 * ratio) });
            for (const b of images) if (a !== b) twice += overlap(a, b);
          }
          expect(twice).toBe(0);
          expect(area).toBe(Math.round(1000 * ratio) * Math.round(700 * ratio));
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });

  it('are moved while the view pans, and painted only where it leaves them', () => {
    const { bitmaps, painted } = setUp();
    bitmaps.frame(viewAt(0, 0, 0.1), Infinity);
    const first = painted.length;
    const { complete } = bitmaps.frame(viewAt(-20, -10, 0.1, false), Infinity);
    expect(complete).toBe(true);
    expect(painted.length).toBe(first);
    bitmaps.frame(viewAt(-4000, 0, 0.1, false), Infinity);
    expect(painted.length).toBeGreaterThan(first);
  });

  it('are stretched while the view zooms, and painted anew when it rests or has gone far', () => {
    const { bitmaps, painted } = setUp();
    bitmaps.frame(viewAt(0, 0, 0.1), Infinity);
    painted.length = 0;
    const { images, complete } = bitmaps.frame(viewAt(0, 0, 0.12, false), Infinity);
    expect(painted).toEqual([]);
    expect(complete).toBe(false);
    expect(images.some(({ width }) => width > SIDE)).toBe(true);
    expect(bitmaps.frame(viewAt(0, 0, 0.12), Infinity).complete).toBe(true);
    expect(painted.every(({ viewport }) => viewport.zoom === 0.12)).toBe(true);
    bitmaps.frame(viewAt(0, 0, 0.3, false), Infinity);
    expect(painted.at(-1)!.viewport.zoom).toBe(0.3);
  });

  it('let the old ones stand in until the new ones are all there, then close them', () => {
    const { bitmaps, painted } = setUp();
    bitmaps.frame(viewAt(0, 0, 0.1), Infinity);
    const old = painted.slice();
    bitmaps.renew();
    const { images, complete } = bitmaps.frame(viewAt(0, 0, 0.1), 1);
    expect(complete).toBe(false);
    expect(images.length).toBeGreaterThan(1);
    expect(old.some(({ closed }) => closed)).toBe(false);
    bitmaps.frame(viewAt(0, 0, 0.1), Infinity);
    expect(old.every(({ closed }) => closed)).toBe(true);
  });

  it('keep to the time they are given, one square at least', () => {
    const { bitmaps, painted } = setUp();
    bitmaps.frame(viewAt(0, 0, 0.1), 0);
    expect(painted).toHaveLength(1);
    bitmaps.frame(viewAt(0, 0, 0.1), 3);
    expect(painted).toHaveLength(4);
    expect(bitmaps.opening).toBe(true);
    bitmaps.frame(viewAt(0, 0, 0.1), Infinity);
    expect(bitmaps.opening).toBe(false);
  });

  it('do not fill the memory on a long walk, and are all closed when another graph comes', () => {
    const { bitmaps, painted } = setUp();
    for (let x = 0; x < 60; x++) bitmaps.frame(viewAt(-x * 300, 0, 0.1, x % 9 === 0), Infinity);
    expect(painted.filter(({ closed }) => !closed).length).toBeLessThan(150);
    bitmaps.drop();
    expect(painted.every(({ closed }) => closed)).toBe(true);
  });
});

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlap(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, across) * Math.max(0, down);
}
