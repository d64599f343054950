import { seeded, type Random } from '../base/random.ts';
import type { DataSet, Image } from './types.ts';

/** A stroke: points in a box of width and height 1, the origin at its upper left. */
type Stroke = readonly (readonly [x: number, y: number])[];

/** Points of an ellipse from one angle to another, in turns; 0 is to the right, ¼ is down. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.max(3, Math.ceil(Math.abs(to - from) * 16));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });
}

/** How each digit may be written, a list of ways for each. */
const GLYPHS: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.3, 0.42, 0, 1)], [arc(0.5, 0.5, 0.22, 0.44, 0, 1)]],
  [
    [
      [
        [0.5, 0.08],
        [0.5, 0.92],
      ],
    ],
    [
      [
        [0.34, 0.26],
        [0.54, 0.08],
        [0.54, 0.92],
      ],
    ],
    [
      [
        [0.36, 0.24],
        [0.54, 0.08],
        [0.54, 0.92],
      ],
      [
        [0.34, 0.92],
        [0.74, 0.92],
      ],
    ],
  ],
  [
    [[...arc(0.5, 0.3, 0.26, 0.22, 0.55, 1.1), [0.24, 0.9], [0.8, 0.9]]],
    [[...arc(0.48, 0.3, 0.26, 0.22, 0.5, 1.15), ...arc(0.36, 0.8, 0.12, 0.1, 0.9, 0.25), [0.8, 0.92]]],
  ],
  [
    [[...arc(0.46, 0.29, 0.26, 0.21, 0.6, 1.2), ...arc(0.46, 0.71, 0.29, 0.22, -0.2, 0.4)]],
    [[[0.24, 0.1], [0.74, 0.1], [0.46, 0.44], ...arc(0.46, 0.68, 0.29, 0.24, -0.25, 0.38)]],
  ],
  [
    [
      [
        [0.62, 0.92],
        [0.62, 0.08],
        [0.2, 0.64],
        [0.84, 0.64],
      ],
    ],
    [
      [
        [0.28, 0.1],
        [0.24, 0.52],
        [0.74, 0.52],
      ],
      [
        [0.7, 0.1],
        [0.68, 0.92],
      ],
    ],
  ],
  [[[[0.76, 0.1], [0.32, 0.1], [0.28, 0.46], ...arc(0.46, 0.66, 0.3, 0.25, -0.3, 0.4)]]],
  [
    [[[0.68, 0.1], [0.4, 0.36], ...arc(0.5, 0.68, 0.27, 0.23, -0.45, 0.55)]],
    [[...arc(0.6, 0.5, 0.36, 0.42, -0.3, -0.62), ...arc(0.5, 0.69, 0.26, 0.22, 0.5, 1.5)]],
  ],
  [
    [
      [
        [0.2, 0.1],
        [0.8, 0.1],
        [0.42, 0.92],
      ],
    ],
    [
      [
        [0.2, 0.12],
        [0.8, 0.1],
        [0.42, 0.92],
      ],
      [
        [0.34, 0.5],
        [0.74, 0.5],
      ],
    ],
  ],
  [[arc(0.5, 0.29, 0.22, 0.2, 0, 1), arc(0.5, 0.7, 0.27, 0.22, 0, 1)]],
  [
    [
      arc(0.5, 0.32, 0.25, 0.22, 0, 1),
      [
        [0.75, 0.34],
        [0.7, 0.92],
      ],
    ],
    [arc(0.48, 0.32, 0.25, 0.22, 0, 1), arc(0.43, 0.42, 0.3, 0.48, 0, 0.32)],
  ],
];

const SIDE = 28;

/**
 * Digits drawn by strokes, each by a hand of its own: written one way or another, turned, slanted, stretched and moved,
 * with a pen of some width. Sample `i` is the same for the same seed, and nothing is kept.
 *
 * @returns images of 28 × 28, white on black, of classes 0 to 9
 */
export function digits(count: number, seed: number): DataSet {
  const labels = Int32Array.from({ length: count }, (_, index) => Math.floor(seeded(seed * 7_919 + index)() * 10));
  return {
    name: 'drawn digits',
    kind: 'images',
    count,
    labels,
    labelNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
    sample: (index) => {
      const random = seeded(seed * 7_919 + index);
      const digit = Math.floor(random() * 10);
      return Promise.resolve({ kind: 'image', image: drawn(digit, random) });
    },
  };
}

function drawn(digit: number, random: Random): Image {
  const ways = GLYPHS[digit] ?? [];
  const strokes = ways[Math.floor(random() * ways.length)] ?? [];
  const between = (low: number, high: number): number => low + (high - low) * random();
  const [turn, slant] = [between(-0.22, 0.22), between(-0.25, 0.25)];
  const [wide, tall] = [between(15, 20), between(17, 21)];
  const [right, down] = [between(-2.2, 2.2), between(-2.2, 2.2)];
  const pen = between(0.9, 1.9);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const placed = strokes.map((stroke) =>
    stroke.map(([x, y]): readonly [number, number] => {
      const [u, v] = [(x - 0.5 + between(-0.02, 0.02)) * wide, (y - 0.5 + between(-0.02, 0.02)) * tall];
      const leaned = u - slant * v;
      return [SIDE / 2 + right + cos * leaned - sin * v, SIDE / 2 + down + sin * leaned + cos * v];
    }),
  );
  // Ink up to the width of the pen, then less over one pixel.
  const reach = pen + 0.5;
  const data = Uint8Array.from(distances(placed, reach), (distance) =>
    Math.round(255 * Math.min(1, Math.max(0, reach - distance))),
  );
  return { width: SIDE, height: SIDE, channels: 1, data };
}

/** From the middle of each pixel to the nearest stroke; Infinity for most of those that are further away than `reach`. */
function distances(strokes: readonly Stroke[], reach: number): Float64Array {
  const least = new Float64Array(SIDE * SIDE).fill(Infinity);
  const first = (low: number): number => Math.max(0, Math.floor(low - reach - 0.5));
  const last = (high: number): number => Math.min(SIDE - 1, Math.ceil(high + reach - 0.5));
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i++) {
      const [[ax, ay], [bx, by]] = [stroke[i - 1]!, stroke[i]!];
      const [dx, dy] = [bx - ax, by - ay];
      const length = dx * dx + dy * dy;
      for (let row = first(Math.min(ay, by)); row <= last(Math.max(ay, by)); row++) {
        for (let column = first(Math.min(ax, bx)); column <= last(Math.max(ax, bx)); column++) {
          const [x, y, at] = [column + 0.5, row + 0.5, row * SIDE + column];
          const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
          least[at] = Math.min(least[at] ?? Infinity, Math.hypot(x - ax - along * dx, y - ay - along * dy));
        }
      }
    }
  }
  return least;
}
